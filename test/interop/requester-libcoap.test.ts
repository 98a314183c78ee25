/** What the table of peers does not ask: our requester on a socket of its own, and libcoap's slow and its small answers. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Closable, millis, SILENT, seconds, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { openRequester, type Question, type RequestPeer, type Requests } from "../../gateway/coap/index.ts";
import { freeUdpPort } from "../bench/measure.ts";
import { imageOf } from "../support/lockstep-images.ts";

const SERVER = "/usr/bin/coap-server-notls";
const withLibcoap = existsSync(SERVER) ? test : test.skip;

const clock = systemClock();
let server: ChildProcess | undefined;
let requester: (Requests & Closable) | undefined;
let peer: RequestPeer = { remote: { address: "127.0.0.1", port: 1 } };

const soon = () => ({ deadline: millis(clock.now() + seconds(60)) });
const ask = (question: Omit<Question, "method">, method: Question["method"] = "GET", szx?: RequestPeer["szx"]) =>
  (requester as Requests).request(szx === undefined ? peer : { ...peer, szx }, { method, ...question }, soon());
const textOf = ({ payload }: { readonly payload: Uint8Array }): string => new TextDecoder().decode(payload);

beforeAll(async () => {
  const port = await freeUdpPort();
  peer = { remote: { address: "127.0.0.1", port } };
  if (existsSync(SERVER)) {
    server = spawn(SERVER, ["-A", "127.0.0.1", "-p", String(port), "-d", "4", "-v", "0"], { stdio: "ignore" });
  }
  requester = await openRequester({ clock, random: seededRandom(8), log: SILENT, towards: "127.0.0.1" });
});
afterAll(async () => {
  await requester?.close();
  server?.kill();
});

/** A server that is not up yet is asked again: what a retransmission is for. */
withLibcoap("GET (needs coap-server-notls)", async () => {
  expect(textOf(await ask({ path: [] }))).toContain("libcoap");
});

withLibcoap("a separate response, a second later (needs coap-server-notls)", async () => {
  expect(await ask({ path: ["async"], query: ["1"] })).toMatchObject({ code: "2.05" });
});

withLibcoap.each([[2], [5]] as const)("an answer in blocks, szx %s (needs coap-server-notls)", async (szx) => {
  expect(await ask({ path: ["example_data"] }, "GET", szx)).toMatchObject({ code: "2.05", payload: { length: 1500 } });
});

withLibcoap("a body in blocks, and back (needs coap-server-notls)", async () => {
  const payload = imageOf(3000);
  expect(await ask({ path: ["made"], payload }, "PUT", 4)).toMatchObject({ code: "2.01" });
  expect((await ask({ path: ["made"] })).payload).toEqual(Buffer.from(payload));
});

withLibcoap("an observation, until it is closed (needs coap-server-notls)", async () => {
  const told: string[] = [];
  let enough: () => void = () => undefined;
  const both = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const notified = (answer: { readonly payload: Uint8Array }): void => {
    told.push(textOf(answer));
    if (told.length === 2) enough();
  };
  const observing = await (requester as Requests).observe(peer, { method: "GET", path: ["time"] }, soon(), {
    notified,
    ended: enough,
  });
  await both;
  expect(new Set(told).size).toBe(2);
  await observing.close();
});

test("a port where nobody is: over at the deadline", async () => {
  const nobody = { remote: { address: "127.0.0.1", port: await freeUdpPort() } };
  const deadline = millis(clock.now() + 50);
  const asked = (requester as Requests).request(nobody, { method: "GET", path: [] }, { deadline });
  await expect(asked).rejects.toMatchObject({ code: "request.timeout" });
});
