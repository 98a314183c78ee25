/** How edits fare, from acceptance to the node's word or the end of their time: states, facts, and what the datastore shows. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { days, type NodeId } from "../../gateway/base/index.ts";
import type { Response } from "../../gateway/coap/index.ts";
import { EditExpiry } from "../../gateway/service/mailbox/index.ts";
import { type Fact, openFileImages } from "../../gateway/store/index.ts";
import { decodeInstances, type JsonObject, valueToJson } from "../../gateway/yang/index.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";

let folder: string;
let services: Services;
let node: NodeId;
let facts: Fact[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-edits-"));
  services = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }) });
  node = await services.join("room-1");
  facts = [];
  services.ledger.onFact((fact) => facts.push(fact));
});
afterEach(() => rm(folder, { recursive: true }));

const checkIn = async (payload: string): Promise<Response> => {
  const answer = services.checkIn.answer(
    ANYBODY,
    request("POST", "c", { query: ["ep=room-1"], contentFormat: 142, payload: bytes(payload) }),
  );
  if (answer === undefined) throw new Error("the lane did not take it");
  return answer;
};
const patch = async (payload: string): Promise<Response> =>
  services.handler(ANYBODY, request("iPATCH", `n/${node}/c`, { contentFormat: 142, payload: bytes(payload) }));
const SET_POINT_20 = "a1 19eb2c c482211907d0";
const SET_POINT_22_5 = "a1 19eb2c c482211908ca";
const ECONOMY = "a1 19eb31 01";
/** Report 1: the set-point is 20.00. */
const REPORT = "a1 19ea61 a2 02 01 05 a1 18c3 a1 03 c482211907d0";

const states = () =>
  services.mailbox.box(node).edits.map(({ path, status: { state } }) => [path.split("/").at(-1), state]);
const told = () =>
  facts.flatMap((fact) => (fact.type === "edit.state" ? [[fact.to, ...fact.edits.map((edit) => edit.revision)]] : []));
const setPoint = () => (services.registry.get(node).tree.get(60201) as Map<number, unknown>).get(60204);

test("an edit waits, is delivered, is applied; each step is a fact", async () => {
  await checkIn(REPORT);
  await patch(SET_POINT_22_5);
  await patch(ECONOMY);
  expect(states()).toEqual([
    ["set-point", "waiting"],
    ["mode", "waiting"],
  ]);
  await checkIn("a1 19ea61 a1 02 02");
  expect(states()).toEqual([
    ["set-point", "delivered"],
    ["mode", "delivered"],
  ]);
  await checkIn("a1 19ea61 a1 02 03"); // the answer was lost: the same again, and nothing new to tell
  await checkIn("a1 19ea61 a2 02 04 03 02");
  expect(states()).toEqual([
    ["set-point", "applied"],
    ["mode", "applied"],
  ]);
  expect(told()).toEqual([
    ["delivered", 1, 2],
    ["applied", 1, 2],
  ]);
});

test("what the node rejects goes out no more, and the datastore shows what the node has", async () => {
  await checkIn(REPORT);
  await patch(SET_POINT_22_5);
  await patch(ECONOMY);
  await checkIn("a1 19ea61 a1 02 02");
  expect(setPoint()).toBe(2250n);
  // {2: report 3, 3: applied 2, 20: [{1: 60204 (set-point), 2: 1018 (not-in-range)}]}
  const answer = await checkIn("a1 19ea61 a3 02 03 03 02 14 81 a2 01 19eb2c 02 1903fa");
  expect(hex(answer.payload)).toBe(hex(bytes("a1 19ea61 a1 0b 1a6b0187c0")));
  expect(setPoint()).toBe(2000n);
  expect(states()).toEqual([
    ["set-point", "rejected"],
    ["mode", "applied"],
  ]);
  expect(facts.find((fact) => fact.type === "edit.state" && fact.to === "rejected")).toMatchObject({
    edits: [{ revision: 1, path: "/sidgate-building:room/set-point" }],
    reason: "not-in-range",
    pending: 1,
  });
  // Said again it changes nothing; a new value of the same leaf goes out as any other.
  await checkIn("a1 19ea61 a3 02 04 03 02 14 81 a1 01 19eb2c");
  expect(told().filter(([to]) => to === "rejected")).toHaveLength(1);
  await patch(SET_POINT_22_5);
  expect(services.mailbox.pending(node)).toBe(1);
});

test("managers read the edits of a node in the gateway's datastore", async () => {
  await checkIn(REPORT);
  await patch(SET_POINT_22_5);
  await patch(ECONOMY);
  await checkIn("a1 19ea61 a1 02 02");
  await checkIn("a1 19ea61 a3 02 03 03 02 14 81 a2 01 19eb2c 02 1903fa");
  await patch(SET_POINT_20);
  const payload = bytes("19eb96"); // 60310: the list of nodes
  const answer = await services.handler(ANYBODY, request("FETCH", "c", { contentFormat: 141, payload }));
  const [nodes] = decodeInstances(answer.payload ?? new Uint8Array(), services.schema, "output");
  const [row] = valueToJson(nodes?.value ?? null, 60310, services.schema) as JsonObject[];
  const at = "2026-11-21T12:00:00Z";
  expect(row?.["edit"]).toEqual([
    { revision: 2, path: "/sidgate-building:room/mode", state: "applied", since: at, by: "manager:lab" },
    {
      revision: 3,
      path: "/sidgate-building:room/set-point",
      state: "waiting",
      since: at,
      by: "manager:lab",
      expires: "2026-12-21T12:00:00Z",
    },
  ]);
});

test("a rejection in a report that is refused itself changes nothing", async () => {
  await checkIn(REPORT);
  await patch(SET_POINT_22_5);
  await checkIn("a1 19ea61 a1 02 02");
  const refused = "a1 19ea61 a4 02 03 03 01 05 a1 18c3 a1 02 18ff 14 81 a1 01 19eb2c"; // humidity 255
  expect(await checkIn(refused)).toMatchObject({ code: "4.00" });
  expect([states(), setPoint()]).toEqual([[["set-point", "delivered"]], 2250n]);
});

test("an edit that restores what the node has ends the wait at once", async () => {
  await checkIn(REPORT);
  await patch(SET_POINT_22_5);
  await patch(SET_POINT_20);
  expect([services.mailbox.pending(node), states()]).toEqual([0, [["set-point", "applied"]]]);
  expect(facts.at(-1)).toMatchObject({ type: "datastore.edited", pending: 0 });
});

test("an edit that waits for too long expires, one that was delivered does not", async () => {
  await checkIn(REPORT);
  await patch(SET_POINT_22_5);
  await checkIn("a1 19ea61 a1 02 02");
  await patch(ECONOMY);
  const look = new EditExpiry(services.mailbox, services.ledger, services.clock);
  services.clock.advance(days(30) - 1);
  look.look();
  expect(told()).toEqual([["delivered", 1]]);
  services.clock.advance(1000);
  look.look();
  expect(states()).toEqual([
    ["set-point", "delivered"],
    ["mode", "expired"],
  ]);
  expect(services.registry.get(node).tree.get(60201)).not.toHaveProperty("60209");
  expect(told()).toEqual([
    ["delivered", 1],
    ["expired", 2],
  ]);
});

test("states survive a restart", async () => {
  await checkIn(REPORT);
  await patch(SET_POINT_22_5);
  await patch(ECONOMY);
  await checkIn("a1 19ea61 a1 02 02");
  await checkIn("a1 19ea61 a3 02 03 03 02 14 81 a1 01 19eb2c");
  const before = services.mailbox.box(node);
  const images = await openFileImages({ folder, cacheBytes: 1 << 20 });
  expect((await openServices({ images, on: services })).mailbox.box(node)).toEqual(before);
  await services.ledger.checkpoint();
  const again = (await openServices({ images, on: services })).mailbox.box(node);
  expect(again).toMatchObject({
    revision: 2,
    applied: 2,
    edits: before.edits.map(({ revision, status: { state } }) => ({ revision, status: { state } })),
  });
});
