/** The datastore of a simulated room that serves it, and its messages: bodies in and out. */
import { expect, test } from "@jest/globals";
import { type Config, NO_CONFIG, Refusal, roomDatastore } from "../../gateway/sim/serving/datastore.ts";
import { decodeCoap, encodeCoap, uint, uintOf } from "../../gateway/sim/serving/message.ts";
import { readSids } from "../../gateway/sim/speech/sids.ts";
import { bytes, hex } from "../support/services.ts";

const datastore = roomDatastore(readSids());
const measured = { temperature: 2150, humidity: 45 };
const set = (...patches: readonly string[]): Config =>
  patches.reduce((config, patch) => datastore.patch(bytes(patch), config), NO_CONFIG);

const GETS: ReadonlyArray<readonly [name: string, patches: readonly string[], body: string]> = [
  ["what it measures", [], "a1 19eb29 a2 01 c482211908 66 02 182d"],
  ["a leaf that was set", ["a1 19eb2c c482 21 190898"], "a1 19eb29 a3 01 c482211908 66 02 182d 03 c48221190898"],
  [
    "an entry, by its identifier",
    ["a1 82 19eb32 65 30363a3030 a1 02 c482 21 190834"],
    "a1 19eb29 a3 01 c48221190866 02 182d 09 81 a2 01 65 30363a3030 02 c48221190834",
  ],
  [
    "an entry and its removal",
    ["a1 19eb32 a2 01 65 30363a3030 02 c482 21 190834", "a1 82 19eb32 65 30363a3030 f6"],
    "a1 19eb29 a2 01 c48221190866 02 182d",
  ],
  [
    "the container as a whole",
    ["a1 19eb31 01", "a1 19eb29 a1 03 c482 21 190898"],
    "a1 19eb29 a3 01 c48221190866 02 182d 03 c48221190898",
  ],
  ["a leaf that was set and taken away", ["a1 19eb31 01", "a1 19eb31 f6"], "a1 19eb29 a2 01 c48221190866 02 182d"],
];
test.each(GETS)("GET shows %s", (_name, patches, body) => {
  expect(hex(datastore.get(measured, set(...patches)))).toBe(hex(bytes(body)));
});

const FETCHES: ReadonlyArray<readonly [name: string, ids: string, answers: string]> = [
  ["a leaf", "19eb2a", "a1 19eb2a c48221190866"],
  ["a setting and what is not there", "19eb31 19eb2c", "a1 19eb31 01 a1 19eb2c f6"],
  ["an entry by its key", "82 19eb32 65 30363a3030", "a1 19eb32 a2 01 65 30363a3030 02 c48221190834"],
  ["an entry that is not there", "82 19eb32 65 32323a3030", "a1 19eb32 f6"],
];
test.each(FETCHES)("FETCH of %s", (_name, ids, answers) => {
  const config = set("a1 19eb31 01", "a1 82 19eb32 65 30363a3030 a1 02 c482 21 190834");
  expect(hex(datastore.fetch(bytes(ids), measured, config))).toBe(hex(bytes(answers)));
});

const REFUSED: ReadonlyArray<readonly [name: string, patch: string, code: string, body: string]> = [
  ["a value out of range", "a1 19eb2c c482 21 190fa0", "4.00", "a1 190400 a3 01 1903fa 02 19eb2c 04 1903f3"],
  ["state", "a1 19eb2a c482 21 190898", "4.05", "a1 190400 a2 02 19eb2a 04 1903ff"],
  ["what it does not know", "a1 1903e7 01", "4.00", "a1 190400 a2 02 1903e7 04 1903ff"],
  ["an entry without its key", "a1 19eb32 a1 02 c482 21 190834", "4.00", "a1 190400 a3 01 1903f8 02 19eb32 04 1903f6"],
  ["what is no CBOR", "a1 19", "4.00", "a1 190400 a2 01 1903f4 04 1903fb"],
];
test.each(REFUSED)("iPATCH refuses %s, and changes nothing", (_name, patch, code, body) => {
  const before = set("a1 19eb31 01");
  let refusal: unknown;
  try {
    datastore.patch(Buffer.concat([bytes("a1 19eb31 02"), bytes(patch)]), before);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(Refusal);
  const { code: said, body: container } = refusal as Refusal;
  expect([said, hex(container), [...before.leaves]]).toEqual([code, hex(bytes(body)), [[60209, 1]]]);
});

test("a message and its bytes", () => {
  const payload = bytes("a0");
  const options = [{ number: 12, value: uint(140) }];
  const message = { type: "ACK", id: 0x1234, token: bytes("0a0b"), code: "2.05", options, payload } as const;
  const encoded = encodeCoap(message);
  expect(hex(encoded)).toBe(hex(bytes("62 45 1234 0a0b c1 8c ff a0")));
  expect(decodeCoap(encoded)).toEqual({ ...message, token: encoded.subarray(4, 6), payload });
  expect([uintOf(uint(0)), uintOf(uint(142)), uintOf(uint(61616))]).toEqual([0, 142, 61616]);
});

test.each([
  ["too short", "40 01"],
  ["another version", "80 01 0001"],
  ["a token that is not there", "44 01 0001 aa"],
  ["a token that is too long", "49 01 0001 000000000000000000"],
])("no message: %s", (_name, datagram) => expect(decodeCoap(bytes(datagram))).toBeUndefined());
