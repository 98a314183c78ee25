/** Echo values and who proved itself (RFC 9175 §2). */
import { expect, test } from "@jest/globals";
import { millis, minutes } from "../../../gateway/base/index.ts";
import { ECHO_BYTES, EchoValues, PROOF_LIFETIME, ProvenPaths } from "../../../gateway/coap/limits/echo.ts";

const NOW = millis(1_790_000_000_000);
const HERE = { address: "203.0.113.9", port: 5683 };
const values = new EchoValues(new Uint8Array(32));

test("a value proves the address that it was made for, for a minute or two", () => {
  const value = values.make(HERE, NOW);
  expect(value).toHaveLength(ECHO_BYTES);
  expect(values.proves(value, HERE, NOW)).toBe(true);
  expect(values.proves(value, HERE, millis(NOW + minutes(1)))).toBe(true);
  expect(values.proves(value, HERE, millis(NOW + minutes(2)))).toBe(false);
});

test.each([
  ["another port", { ...HERE, port: 5684 }],
  ["another address", { ...HERE, address: "203.0.113.10" }],
])("a value proves nothing for %s", (_name, there) => {
  expect(values.proves(values.make(HERE, NOW), there, NOW)).toBe(false);
});

test.each([
  ["nothing", new Uint8Array(0)],
  ["one byte less", values.make(HERE, NOW).subarray(1)],
  ["one byte more", Uint8Array.of(...values.make(HERE, NOW), 0)],
  ["zeros", new Uint8Array(ECHO_BYTES)],
])("%s is no value of ours", (_name, value) => expect(values.proves(value, HERE, NOW)).toBe(false));

test("another process makes other values", () => {
  expect(new EchoValues().proves(values.make(HERE, NOW), HERE, NOW)).toBe(false);
});

test("proofs hold ten minutes, and the newest of too many stay", () => {
  const proven = new ProvenPaths(100);
  for (let i = 0; i < 1000; i++) proven.add(`p${i}`, NOW);
  expect(proven.size).toBe(100);
  expect(proven.has("p999", NOW)).toBe(true);
  expect(proven.has("p899", NOW)).toBe(false);
  expect(proven.has("p999", millis(NOW + PROOF_LIFETIME))).toBe(false);
  proven.purge(millis(NOW + PROOF_LIFETIME));
  expect(proven.size).toBe(0);
});
