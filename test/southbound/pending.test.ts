/** Nodes without the check-in: the hint on each answer, and fetching what waits by plain CORECONF (docs/check-in.md). */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { NodeId } from "../../gateway/base/index.ts";
import { hours } from "../../gateway/base/index.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import { HINTS } from "../../gateway/southbound/coreconf/index.ts";
import { openFileImages } from "../../gateway/store/index.ts";
import { OPTION } from "../../gateway/wire/coap/index.ts";
import { startCampaign as startPlain } from "../support/campaign.ts";
import { ack, con, stage } from "../support/lockstep.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";

const IMAGE = Buffer.alloc(3000, 7);
const DIGEST = createHash("sha256").update(IMAGE).digest("hex");
let folder: string;
let services: Services;
let node: NodeId;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-pending-"));
  services = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }) });
  node = await services.join("room-1");
});
afterEach(() => rm(folder, { recursive: true }));

const ask = async (method: Request["method"], path: string, more: Partial<Request> = {}): Promise<Response> =>
  services.handler(ANYBODY, request(method, path, more));
const asNode = (method: Request["method"], more: Partial<Request> = {}): Promise<Response> =>
  ask(method, "c", { query: ["ep=room-1"], ...more });
const fetchPending = (): Promise<Response> => asNode("FETCH", { contentFormat: 141, payload: bytes("19ea88") }); // 60040
const say = (payload: string): Promise<Response> => asNode("iPATCH", { contentFormat: 142, payload: bytes(payload) });
const setWindowControl = (): Promise<Response> =>
  ask("iPATCH", `n/${node}/c`, { contentFormat: 142, payload: bytes("a1 19eb31 01") });

async function startCampaign(): Promise<string> {
  const { ledger, images, registry } = services;
  async function* source() {
    yield IMAGE;
  }
  const image = await images.add(source(), { name: "trv.bin", model: "trv", version: "2" }, "test", ledger);
  const nodes = [...registry.nodes()].map(({ id }) => ({ id }));
  await startPlain({ image, nodes, stopAtPct: 10, silentAfter: 8 }, services);
  return image.id;
}

test("with nothing waiting a node hears: sleep now", async () => {
  expect(await asNode("GET")).toMatchObject({ code: "2.05", hint: 0 });
});

test("edits and firmware are bits of the hint", async () => {
  await setWindowControl();
  expect((await asNode("GET")).hint).toBe(1);
  await startCampaign();
  expect((await asNode("GET")).hint).toBe(3);
});

test("managers, refusals and check-ins carry no hint", async () => {
  expect((await ask("GET", "c")).hint).toBeUndefined();
  expect(await asNode("GET", { path: ["nowhere"] })).not.toHaveProperty("hint");
  const checkIn = request("POST", "c", {
    query: ["ep=room-1"],
    contentFormat: 142,
    payload: bytes("a1 19ea61 a1 02 01"),
  });
  expect(await services.checkIn.answer(ANYBODY, checkIn)).not.toHaveProperty("hint");
});

test("a node fetches its edits, applies them, says so, and may sleep", async () => {
  await setWindowControl();
  const waiting = await fetchPending();
  // {60040: {2 (revision): 1, 3 (edits): {60209: 1}}}
  expect(hex(waiting.payload)).toBe(hex(bytes("a1 19ea88 a2 02 01 03 45 a119eb3101")));
  expect(waiting.hint).toBe(1);
  const said = await say("a1 19ea89 01"); // 60041: revision 1 is applied
  expect(said).toMatchObject({ code: "2.04", hint: 0 });
  expect(services.mailbox.pending(node)).toBe(0);
  expect(hex((await fetchPending()).payload)).toBe(hex(bytes("a1 19ea88 a1 01 01")));
});

test("a revision that was never issued is refused, and moves nothing", async () => {
  await setWindowControl();
  const before = services.mailbox.box(node);
  const facts = services.journal.last;
  expect(await say("a1 19ea89 1863")).toMatchObject({ code: "4.09" });
  expect(services.mailbox.box(node)).toBe(before);
  expect(services.journal.last).toBe(facts);
});

test("a node that will not have an edit says so beside what it has applied, and its managers see what it has", async () => {
  await setWindowControl();
  await fetchPending();
  // 60040: {1 (applied): 1, -15 (rejected): [{1: 0, 2: 60209, 3: 1018 (not-in-range)}]}
  expect(await say("a1 19ea88 a2 01 01 2e 81 a3 01 00 02 19eb31 03 1903fa")).toMatchObject({ code: "2.04", hint: 0 });
  const { edits } = services.mailbox.box(node);
  expect(edits).toMatchObject([{ status: { state: "rejected", reason: "not-in-range" } }]);
  const seen = await ask("FETCH", `n/${node}/c`, { contentFormat: 141, payload: bytes("19eb31 19ea79") });
  // Neither the edit nor what the node said of it stays as data; the leaf has its default.
  expect(hex(seen.payload)).toBe(hex(bytes("a1 19eb31 02 a1 19ea79 f6")));
  expect(hex((await fetchPending()).payload)).toBe(hex(bytes("a1 19ea88 a1 01 01")));
});

test("said alone, a rejection is on disk before it is answered", async () => {
  await setWindowControl();
  await fetchPending();
  expect(await say("a1 82 19ea79 00 a2 01 00 02 19eb31")).toMatchObject({ code: "2.04" });
  const after = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }), on: services });
  expect(after.mailbox.box(node).edits).toMatchObject([{ status: { state: "rejected", reason: "unsaid" } }]);
});

test("what was said applied survives a restart", async () => {
  await setWindowControl();
  await say("a1 19ea89 01");
  const after = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }), on: services });
  expect(after.mailbox.pending(node)).toBe(0);
});

test("a manager does not see what waits as data, and cannot confirm for the node", async () => {
  await setWindowControl();
  const path = `n/${node}/c`;
  const seen = await ask("FETCH", path, { contentFormat: 141, payload: bytes("19ea88") });
  expect(hex(seen.payload)).toBe(hex(bytes("a1 19ea88 f6")));
  const confirmed = await ask("iPATCH", path, { contentFormat: 142, payload: bytes("a1 19ea89 01") });
  expect(confirmed.code).toBe("4.05");
  expect(services.mailbox.pending(node)).toBe(1);
});

test("a node finds its firmware offer, fetches it, and its report ends the campaign", async () => {
  const id = await startCampaign();
  const waiting = await fetchPending();
  const uri = Buffer.from(`f/${id}`).toString("hex");
  expect(hex(waiting.payload)).toBe(hex(bytes(`a1 19ea88 a1 04 a3 01 5820${DIGEST} 02 190bb8 03 68${uri}`)));
  // What it runs it says by a check-in from the new image: {2 (report): 1, 5 (data): {60101: {1: digest}}}.
  const report = bytes(`a1 19ea61 a2 02 01 05 a1 185f a1 01 5820${DIGEST}`);
  const checkIn = request("POST", "c", { query: ["ep=room-1"], contentFormat: 142, payload: report });
  expect(await services.checkIn.answer(ANYBODY, checkIn)).toMatchObject({ code: "2.04" });
  expect(services.campaigns.phaseOf(node)).toBe("done");
  expect(await asNode("GET")).toMatchObject({ hint: 0 });
});

test("a manager sees how often a node wakes, how sure that is, and when it is expected", async () => {
  for (let report = 1; report <= 10; report++) {
    if (report > 1) services.clock.advance(hours(1));
    const payload = bytes(`a1 19ea61 a1 02 ${report.toString(16).padStart(2, "0")}`);
    const checkIn = request("POST", "c", { query: ["ep=room-1"], contentFormat: 142, payload });
    await services.checkIn.answer(ANYBODY, checkIn);
  }
  const ids = [60322, 60323, 60317].map((sid) => `82 19${sid.toString(16)} 66${Buffer.from(node).toString("hex")}`);
  const answer = await ask("FETCH", "c", { contentFormat: 141, payload: bytes(ids.join("")) });
  const next = Buffer.from("2026-11-21T22:00:00Z").toString("hex");
  expect(hex(answer.payload)).toBe(hex(bytes(`a119eba2190e10 a119eba3184d a119eb9d74${next}`)));
});

/** Bytes on the wire: 3 when nothing waits, 4 otherwise; old nodes skip the option, it is elective. */
const HINTED: ReadonlyArray<readonly [name: string, hint: number, value: string]> = [
  ["nothing waits, sleep now", 0, ""],
  ["edits wait", HINTS.config, "01"],
  ["edits and firmware wait", HINTS.config | HINTS.firmware, "03"],
];
test.each(HINTED)("on the wire: %s", async (_name, hint, value) => {
  const { node: peer } = await stage({ handler: () => ({ code: "2.04", hint }) });
  await peer.sends(con("iPATCH", "c"));
  await peer.expects(ack("2.04").option(OPTION.pending, bytes(value)));
});

test("the hint is said with the first block of an answer alone", async () => {
  const body = new Uint8Array(100);
  const { node: peer } = await stage({ handler: () => ({ code: "2.05", payload: body, hint: HINTS.config }) });
  await peer.sends(con("GET", "c").block2(0, 0, 64));
  const first = ack("2.05").block2(0, 1, 64).etag().size2(100).payload(body.subarray(0, 64));
  await peer.expects(first.option(OPTION.pending, bytes("01")));
  await peer.sends(con("GET", "c").block2(1, 0, 64));
  await peer.expects(ack("2.05").block2(1, 0, 64).etag().payload(body.subarray(64)));
});
