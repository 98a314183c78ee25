/** The check-in by its bytes: what a node sends, what it gets, what survives, what is refused. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Trace } from "../../gateway/app/status/trace.ts";
import type { NodeId } from "../../gateway/base/index.ts";
import type { Response } from "../../gateway/coap/index.ts";
import { openFileImages } from "../../gateway/store/index.ts";
import { startCampaign } from "../support/campaign.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";

let folder: string;
let services: Services;
let node: NodeId;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-check-in-"));
  services = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }) });
  node = await services.join("room-1");
});
afterEach(() => rm(folder, { recursive: true }));

/** `{60001: {2: REPORT, …}}` as a POST to /c. */
const checkIn = async (payload: string, on = services, endpoint = "room-1"): Promise<Response> => {
  const answer = on.checkIn.answer(
    ANYBODY,
    request("POST", "c", { query: [`ep=${endpoint}`], contentFormat: 142, payload: bytes(payload) }),
  );
  if (answer === undefined) throw new Error("the lane did not take it");
  return answer;
};

/** report 1, data {room: {temperature: 21.5, humidity: 45}} */
const TWO_READINGS = "a1 19ea61 a2 02 01 05 a1 18c3 a2 01 c4 82 21 190866 02 182d";
/** {60001: {11: 2026-11-21T12:00:00Z}} */
const TIME = "a1 19ea61 a1 0b 1a 6b0187c0";

test("a report is stored and answered with the time", async () => {
  const answer = await checkIn(TWO_READINGS);
  expect(answer).toMatchObject({ code: "2.04", contentFormat: 142 });
  expect(hex(answer.payload)).toBe(hex(bytes(TIME)));
  expect([...(services.registry.get(node).tree.get(60201) as Map<number, unknown>)]).toEqual([
    [60202, 2150n],
    [60203, 45],
  ]);
});

test("a brief node with nothing waiting hears nothing but 2.04: sleep now", async () => {
  const answer = await checkIn("a1 19ea61 a2 02 01 09 f6");
  expect(answer).toEqual({ code: "2.04" });
});

test("a repeated report gets the same bytes and leaves one fact, after a restart too", async () => {
  const first = await checkIn(TWO_READINGS);
  const facts = services.journal.last;
  services.clock.advance(5000);
  expect(hex((await checkIn(TWO_READINGS)).payload)).toBe(hex(first.payload));
  const restarted = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }), on: services });
  expect(hex((await checkIn(TWO_READINGS, restarted)).payload)).toBe(hex(first.payload));
  expect(services.journal.last).toBe(facts);
});

test("a repeat that overtakes the first answer waits with it and is no second report", async () => {
  const facts = services.journal.last;
  const [first, second] = await Promise.all([checkIn(TWO_READINGS), checkIn(TWO_READINGS)]);
  expect(hex(second.payload)).toBe(hex(first.payload));
  expect(services.journal.last).toBe(facts + 1);
});

test("the same number with other bytes is a new series, an older number is stale", async () => {
  await checkIn("a1 19ea61 a1 02 05");
  expect((await checkIn("a1 19ea61 a2 02 05 05 a1 18c3 a1 02 182e")).code).toBe("2.04");
  expect((await checkIn("a1 19ea61 a1 02 04")).code).toBe("4.09");
  expect((await checkIn("a1 19ea61 a1 02 00")).code).toBe("2.04");
});

test("edits wait, go out oldest first within the reply size, and end when the node applied them", async () => {
  const patch = async (payload: string): Promise<void> => {
    const answer = await services.handler(
      ANYBODY,
      request("iPATCH", `n/${node}/c`, { contentFormat: 142, payload: bytes(payload) }),
    );
    expect(answer).toEqual({ code: "2.04" });
  };
  // set-point 22.5, mode economy, set-point 23.0: the last set-point replaces the first
  await patch("a1 19eb2c c4 82 21 1908ca");
  await patch("a1 19eb31 01");
  await patch("a1 19eb2c c4 82 21 1908fc");
  expect(services.mailbox.pending(node)).toBe(2);
  // 32 bytes take one of them: {11: time, 13: revision 2, 14: h'a1 19eb31 01', 19: more}
  const small = await checkIn("a1 19ea61 a2 02 01 04 1820");
  expect(hex(small.payload)).toBe(hex(bytes("a1 19ea61 a4 0b 1a6b0187c0 0d 02 0e 45 a119eb3101 13 f6")));
  const rest = await checkIn("a1 19ea61 a2 02 02 03 02");
  expect(hex(rest.payload)).toBe(hex(bytes("a1 19ea61 a3 0b 1a6b0187c0 0d 03 0e 4a a119eb2c c482211908fc")));
  expect(hex((await checkIn("a1 19ea61 a2 02 03 03 03")).payload)).toBe(hex(bytes(TIME)));
  expect(services.mailbox.pending(node)).toBe(0);
});

test("what a manager set outranks what the node still has, until the node has it", async () => {
  const setPoint = () => (services.registry.get(node).tree.get(60201) as Map<number, unknown>).get(60204);
  const report = (n: string, applied: string, value: string) =>
    checkIn(`a1 19ea61 a3 02 ${n} 03 ${applied} 05 a1 18c3 a2 02 182d 03 c48221 ${value}`);
  await services.handler(
    ANYBODY,
    request("iPATCH", `n/${node}/c`, { contentFormat: 142, payload: bytes("a1 19eb2c c482211908ca") }),
  );
  await report("01", "00", "1907d0"); // 20.00 is what it still keeps
  expect(setPoint()).toBe(2250n);
  await report("02", "01", "1908ca"); // applied
  expect(setPoint()).toBe(2250n);
  await report("03", "01", "190834"); // somebody turned the knob
  expect(setPoint()).toBe(2100n);
});

test("an edit of the wake interval comes back as the next wake", async () => {
  await services.handler(
    ANYBODY,
    request("iPATCH", `n/${node}/c`, { contentFormat: 142, payload: bytes("a1 19ea81 190e10") }),
  );
  const answer = await checkIn("a1 19ea61 a1 02 01");
  expect(hex(answer.payload)).toContain("0c190e10");
});

const REFUSED: ReadonlyArray<readonly [name: string, payload: string, code: string, bodyContains: string]> = [
  ["malformed CBOR", "a1 19ea61 a2 02", "4.00", ""],
  ["an unknown data node", "a1 19ea61 a2 02 01 05 a1 18ff 01", "4.00", "19 03ff"],
  ["a wrong type", "a1 19ea61 a2 02 01 05 a1 18c3 a1 02 6161", "4.00", "19 03f3"],
  ["a value out of range", "a1 19ea61 a2 02 01 05 a1 18c3 a1 02 1865", "4.00", "19 03fa"],
  ["data of the gateway", "a1 19ea61 a2 02 01 05 a1 190127 a1 01 61 78", "4.04", "1903ff"],
  ["data of the gateway in a sample", "a1 19ea61 a2 02 01 06 81 a2 01 0a 02 a1 190124 a1 01 61 78", "4.04", "1903ff"],
  ["no report number", "a1 19ea61 a1 03 01", "4.00", "19 03f6"],
  ["a list entry without its key", "a1 19ea61 a2 02 01 05 a1 18c3 a1 09 81 a1 02 c48221190866", "4.00", "19 03f8"],
];

test.each(REFUSED)("%s is refused and nothing is kept", async (name, payload, code, contains) => {
  const facts = services.journal.last;
  const before = services.registry.get(node);
  const answer = await checkIn(payload);
  expect([name, answer.code, answer.contentFormat]).toEqual([name, code, 140]);
  expect(hex(answer.payload)).toContain(contains.replace(" ", ""));
  expect(services.journal.last).toBe(facts);
  expect(services.registry.get(node)).toBe(before);
});

test("a refusal that is longer than max-reply comes without its words", async () => {
  // {report: 1, max-reply: 64, data: {room: {humidity: 101}}}
  const answer = await checkIn("a1 19ea61 a3 02 01 04 1840 05 a1 18c3 a1 02 1865");
  expect([answer.code, hex(answer.payload)]).toEqual(["4.00", hex(bytes("a1 190400 a2 01 1903fa 04 1903f3"))]);
  await checkIn("a1 19ea61 a1 02 09");
  const stale = await checkIn("a1 19ea61 a2 02 08 04 1820");
  expect([stale.code, hex(stale.payload)]).toEqual(["4.09", hex(bytes("a1 190400 a1 04 1903ed"))]);
});

test("a check-in from an unknown node is 4.01 and leaves nothing", async () => {
  const facts = services.journal.last;
  expect((await checkIn(TWO_READINGS, services, "stranger")).code).toBe("4.01");
  expect(services.journal.last).toBe(facts);
});

test("samples keep the time at which they were taken", async () => {
  // sample [{age: 600, data: {room: {temperature: 20.00}}}]; data below the sample's own anydata 60009
  const answer = await checkIn("a1 19ea61 a2 02 01 06 81 a2 01 190258 02 a1 18c0 a1 01 c4 82 21 1907d0");
  expect(answer.code).toBe("2.04");
  const [fact] = (await services.journal.read(services.journal.last, 1)).slice(-1);
  expect(fact).toMatchObject({ type: "node.reported", samples: [{ at: services.clock.now() - 600_000 }] });
  // Nothing newer was said of it, so the sample is what the datastore shows, after a restart too.
  const restarted = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }), on: services });
  for (const { registry } of [services, restarted]) {
    expect(registry.get(node).tree.get(60201)).toEqual(new Map([[60202, 2000n]]));
  }
});

test("a sample from before the previous report is history: kept, and no news of the datastore", async () => {
  await checkIn("a1 19ea61 a2 02 01 05 a1 18c3 a1 01 c4 82 21 190866"); // 21.50, now
  services.clock.advance(900_000);
  // sample [{age: 600, {temperature: 20.00}}, {age: 1800, {temperature: 19.00, humidity: 40}}]: the second is older
  const backlog =
    "06 82 a2 01 190258 02 a1 18c0 a1 01 c4 82 21 1907d0 a2 01 190708 02 a1 18c0 a2 01 c4 82 21 19076c 02 1828";
  expect((await checkIn(`a1 19ea61 a2 02 02 ${backlog}`)).code).toBe("2.04");
  const [fact] = (await services.journal.read(services.journal.last, 1)).slice(-1);
  const now = services.clock.now();
  expect(fact).toMatchObject({ samples: [{ at: now - 1_800_000, past: true }, { at: now - 600_000 }] });
  const restarted = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }), on: services });
  for (const { registry } of [services, restarted]) {
    expect(registry.get(node).tree.get(60201)).toEqual(new Map([[60202, 2000n]]));
  }
  const trace = new Trace(() => services.schema);
  if (fact !== undefined) trace.take(fact);
  expect(trace.of(node)[0]?.text).toMatch(
    /^report 2: nothing new and 2 samples, 1 of them from before the last report;/,
  );
});

test("what the journal refuses is 5.xx, for a node with an offer too, and nothing shows it", async () => {
  await checkIn("a1 19ea61 a2 02 01 05 a1 1818 a1 01 63747276"); // model "trv"
  const bytesOf = (async function* () {
    yield Buffer.from("firmware");
  })();
  const claim = { name: "fw", model: "trv", version: "2" };
  const image = await services.images.add(bytesOf, claim, "test", services.ledger);
  await startCampaign({ image, nodes: [{ id: node }] }, services);
  await services.journal.close();
  const before = services.registry.get(node);
  expect((await checkIn("a1 19ea61 a2 02 02 05 a1 18c3 a1 02 1828")).code).toBe("5.00");
  expect((await checkIn("a1 19ea61 a2 02 02 05 a1 18c3 a1 02 1828")).code).toBe("5.00"); // the repeat, too
  expect(services.registry.get(node)).toBe(before);
});

test("a check-in with conditions or another Accept is not the lane's", () => {
  const payload = bytes(TWO_READINGS);
  const base = { query: ["ep=room-1"], contentFormat: 142, payload };
  for (const more of [{ ifNoneMatch: true }, { ifMatch: [new Uint8Array(1)] }, { accept: 50 }]) {
    expect(services.checkIn.answer(ANYBODY, request("POST", "c", { ...base, ...more }))).toBeUndefined();
  }
});
