/** The inventory of a large fleet: most nodes are bytes, and nobody can tell. */
import { expect, test } from "@jest/globals";
import { type LogFacts, millis, minutes, type NodeId, type Peer, SILENT } from "../../../gateway/base/index.ts";
import { Presence, Registry } from "../../../gateway/service/registry/index.ts";
import { encodePlain, type Fact, Ledger, memoryJournal, memoryState } from "../../../gateway/store/index.ts";
import {
  builtInModels,
  decodeTree,
  encodeTree,
  fixedSchema,
  loadModels,
  type Schema,
} from "../../../gateway/yang/index.ts";
import { bytes, hex } from "../../support/services.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const schema: Schema = await loadModels({ folder: builtInModels(), log: SILENT });
const WAKE = minutes(15);
const T0 = millis(1_790_000_000_000);
const registry = (): Registry => new Registry({ schemas: fixedSchema(schema), wakeInterval: WAKE, log: SILENT });
const id = (number: number): NodeId => `n-${number}` as NodeId;
/** {60201: {1: 4([-2, t]), 2: 40}}: a reading of two bytes. */
const data = (reading: number): Uint8Array => {
  const report = Buffer.from(bytes("a119eb29a201c48221190000021828"));
  report.writeUInt16BE(reading, 10);
  return new Uint8Array(report);
};
const joined = (number: number): Fact => ({
  seq: number,
  at: T0,
  type: "node.joined",
  node: id(number),
  endpoint: `room-${number}`,
  name: `Room ${number}`,
  actor: "test",
});
const reported = (number: number, report: number, at = T0): Fact => ({
  seq: 1,
  at,
  type: "node.reported",
  node: id(number),
  report,
  request: 7,
  data: data(1000 + report),
  reply: bytes("a0"),
  state: "asleep",
  nextWake: millis(at + WAKE),
});
const FLEET = 3_000;

test("a fleet larger than what is kept decoded keeps every report, name and reply", () => {
  const nodes = registry();
  for (let i = 1; i <= FLEET; i++) nodes.apply(joined(i));
  for (let i = 1; i <= FLEET; i++) nodes.apply(reported((i * 7) % FLEET || FLEET, i));
  for (const i of [1, 2, FLEET])
    nodes.apply({ seq: 1, at: T0, type: "node.renamed", node: id(i), name: "x", actor: "" });
  nodes.apply({ seq: 1, at: T0, type: "node.removed", node: id(2), actor: "test" });
  expect(nodes.size).toBe(FLEET - 1);
  expect(nodes.find("n-2")).toBeUndefined();
  expect(nodes.byEndpoint("room-2")).toBeUndefined();
  expect([...nodes.ids()].length).toBe(FLEET - 1);
  let seen = 0;
  for (const { id: node, name, slot, tree, reach } of nodes.nodes()) {
    const number = Number(node.slice(2));
    if (number !== 1 && number !== FLEET && name !== `Room ${number}`) throw new Error(`${node} is called ${name}`);
    const report = slot?.report ?? 0;
    if ((report * 7) % FLEET !== number % FLEET) throw new Error(`${node} has report ${report}`);
    if (hex(encodeTree(tree, schema)) !== hex(data(1000 + report))) throw new Error(`${node} has another tree`);
    if (reach.lastSeen !== T0) throw new Error(`${node} was seen ${reach.lastSeen}`);
    seen += 1;
  }
  expect(seen).toBe(FLEET - 1);
  expect(nodes.byEndpoint("room-1")?.name).toBe("x");
  expect(nodes.countByState()).toEqual({ unknown: 0, awake: 0, asleep: FLEET - 1, overdue: 0, lost: 0 });
});

test("what is drained in slices is a whole inventory after a restart", async () => {
  const nodes = registry();
  for (let i = 1; i <= FLEET; i++) nodes.apply(joined(i));
  for (let i = 1; i <= FLEET; i += 3) nodes.apply(reported(i, i));
  nodes.apply({ seq: 1, at: T0, type: "node.removed", node: id(5), actor: "test" });
  const state = memoryState();
  for (let seq = 1; ; seq++) {
    const changes = nodes.drain(500);
    await state.commit("registry", seq, changes);
    if (changes.length < 500) break;
  }
  expect(nodes.drain(500)).toEqual([]);
  const again = registry();
  await again.load(state);
  expect(again.drain()).toEqual([]);
  expect(again.size).toBe(FLEET - 1);
  expect(again.countByState()).toEqual(nodes.countByState());
  for (const node of nodes.nodes()) expect(again.find(node.id)).toEqual(node);
});

test("a row of version 0.1 is read, and written in today's form when the node changes", async () => {
  const old = {
    id: "n-1",
    endpoint: "room-1",
    name: "Room",
    joined: T0,
    reach: ["asleep", T0 + 5, 0, WAKE, 0],
    slot: [9, 7, bytes("a1")],
    tree: data(2000),
  };
  const state = memoryState();
  await state.commit("registry", 1, [{ table: "node", key: "n-1", value: encodePlain(old) }]);
  const nodes = registry();
  await nodes.load(state);
  const node = nodes.byEndpoint("room-1");
  expect(node).toMatchObject({
    id: "n-1",
    name: "Room",
    joined: T0,
    reach: { state: "asleep", lastSeen: T0 + 5, nextWake: undefined, interval: WAKE },
    slot: { report: 9, request: 7, reply: bytes("a1") },
    tree: decodeTree(data(2000), schema),
  });
  nodes.apply({ seq: 2, at: T0, type: "node.renamed", node: id(1), name: "Hall", actor: "test" });
  await state.commit("registry", 2, nodes.drain());
  const again = registry();
  await again.load(state);
  expect(again.find("n-1")).toEqual(node && { ...node, name: "Hall" });
});

test("what a module that is gone has stored is told once and left out", async () => {
  const events: Array<LogFacts | undefined> = [];
  const log = { ...SILENT, warn: (_event: string, facts?: LogFacts) => void events.push(facts) };
  const writer = registry();
  writer.apply(joined(1));
  const state = memoryState();
  // {60201: …, 99999: 1}
  const tree = Buffer.concat([Buffer.of(0xa2), data(2000).subarray(1), Buffer.from("1a0001869f01", "hex")]);
  const row = { id: "n-1", endpoint: "e", name: "e", joined: T0, reach: ["unknown", 0, 0, WAKE, 0], slot: null, tree };
  await state.commit("registry", 1, [{ table: "node", key: "n-1", value: encodePlain(row) }]);
  const nodes = new Registry({ schemas: fixedSchema(schema), wakeInterval: WAKE, log });
  await nodes.load(state);
  for (let i = 0; i < 3; i++) expect(nodes.find("n-1")?.tree).toEqual(decodeTree(data(2000), schema));
  expect([...nodes.nodes()][0]?.tree).toEqual(decodeTree(data(2000), schema));
  expect(events).toEqual([{ owner: "n-1", sid: 99999, reason: expect.any(String) }]);
});

test("only late nodes are found, again until a fact says so", () => {
  const nodes = registry();
  for (let i = 1; i <= 100; i++) {
    nodes.apply(joined(i));
    if (i <= 60) nodes.apply(reported(i, i, millis(T0 + (i % 2 === 0 ? 0 : WAKE))));
  }
  const late = millis(T0 + 2 * WAKE);
  expect(nodes.overdue(millis(T0 + WAKE))).toEqual([]);
  const found = nodes.overdue(late);
  expect(found.map(({ node, reach }) => [node.id, reach.state])).toEqual(
    Array.from({ length: 30 }, (_, i) => [id(2 * i + 2), "overdue"]),
  );
  expect(nodes.overdue(late)).toHaveLength(30);
  nodes.apply({
    seq: 1,
    at: late,
    type: "node.reachability",
    node: id(2),
    from: "asleep",
    to: "overdue",
    missedWakes: 1,
  });
  expect(nodes.overdue(late)).toHaveLength(29);
  expect(nodes.countByState()).toMatchObject({ unknown: 40, asleep: 59, overdue: 1 });
});

test("whoever fetches blocks is not late, known by its path or by its security context", () => {
  const nodes = registry();
  for (const i of [1, 2, 3]) {
    nodes.apply(joined(i));
    nodes.apply(reported(i, 1));
    nodes.seenAt(id(i), `10.0.0.${i}:5683`);
  }
  const late = millis(T0 + 2 * WAKE);
  const peer: Peer = { identity: undefined, nodeId: undefined, path: "10.0.0.1:5683", validated: false };
  nodes.heard(peer, millis(late - 1000));
  nodes.heard({ ...peer, nodeId: id(2), path: "elsewhere" }, millis(late - 1000));
  expect(
    nodes
      .overdue(late)
      .filter(({ reach }) => reach.state === "overdue")
      .map(({ node }) => node.id),
  ).toEqual([id(3)]);
});

test("a fleet that falls silent at once is looked at in parts, and each node becomes one fact", async () => {
  const clock = new VirtualClock();
  const nodes = registry();
  const journal = memoryJournal();
  const ledger = await Ledger.open({ journal, state: memoryState(), projections: [nodes], clock, log: SILENT });
  const start = clock.now();
  for (let i = 1; i <= 1000; i++) {
    nodes.apply(joined(i));
    nodes.apply(reported(i, 1, start));
  }
  const presence = new Presence(nodes, ledger, clock, minutes(1), () => false);
  await clock.advance(millis(WAKE * 1.5 - 1));
  expect(journal.last).toBe(0);
  await clock.advance(minutes(1));
  expect(journal.last).toBe(1000);
  expect(nodes.countByState()).toMatchObject({ asleep: 0, overdue: 1000 });
  presence.close();
  await ledger.close();
});
