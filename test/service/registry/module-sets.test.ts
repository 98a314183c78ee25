/** Nodes of different module sets in one inventory, and what becomes of their trees when schemas are exchanged. */
import { beforeAll, beforeEach, expect, test } from "@jest/globals";
import { type LogFacts, millis, minutes, type NodeId, SILENT } from "../../../gateway/base/index.ts";
import { Registry } from "../../../gateway/service/registry/index.ts";
import { decodePlain, type Fact, memoryState } from "../../../gateway/store/index.ts";
import {
  encodeInstances,
  encodeTree,
  fromJson,
  type JsonObject,
  type Schema,
  toJson,
} from "../../../gateway/yang/index.ts";
import { threeSchemas } from "../../support/building-2.ts";
import { ChangingSchemas } from "../../support/model-sets.ts";

const T0 = millis(1_790_000_000_000);
const ROOM = "sidgate-building:room";
const id = (number: number): NodeId => `n-${number}` as NodeId;

let first: Schema;
let second: Schema;
let nameless: Schema;
beforeAll(async () => {
  ({ first, second, nameless } = await threeSchemas());
});

let schemas: ChangingSchemas;
let nodes: Registry;
let logged: Array<LogFacts | undefined>;
beforeEach(() => {
  schemas = new ChangingSchemas(first, { "building-2": second, air: nameless });
  nodes = registryOn(schemas);
  for (const number of [1, 2, 3]) nodes.apply(joined(number));
  nodes.apply(moved(2, "building-2"));
});

function registryOn(source: ChangingSchemas): Registry {
  logged = [];
  const log = { ...SILENT, warn: (_event: string, facts?: LogFacts) => void logged.push(facts) };
  const registry = new Registry({ schemas: source, wakeInterval: minutes(15), log });
  source.onChange((set, before) => registry.exchanged(set, before));
  return registry;
}

const joined = (number: number): Fact => ({
  ...{ seq: number, at: T0, type: "node.joined", node: id(number) },
  ...{ endpoint: `room-${number}`, name: `Room ${number}`, actor: "test" },
});
const moved = (number: number, set?: string): Fact => ({
  ...{ seq: 9, at: T0, type: "node.models", node: id(number), actor: "test" },
  ...(set === undefined ? {} : { set }),
});
const reported = (number: number, json: JsonObject, schema: Schema): Fact => ({
  ...{ seq: 9, at: T0, type: "node.reported", node: id(number), report: 1, request: 1, state: "asleep" },
  ...{ reply: new Uint8Array(), data: encodeTree(fromJson(json, schema), schema, "any") },
});
const view = (number: number, registry = nodes): unknown => {
  const node = registry.get(id(number));
  return toJson(node.tree, registry.schemaOf(node));
};
/** What the disk has of each node. */
async function stored(): Promise<ReturnType<typeof memoryState>> {
  const state = memoryState();
  await state.commit("registry", 1, nodes.drain());
  return state;
}

test("each node has the data of its own revision, over a restart too", async () => {
  nodes.apply(reported(1, { [ROOM]: { humidity: 40 } }, first));
  nodes.apply(reported(2, { [ROOM]: { humidity: 50, co2: 412 } }, second));
  const again = registryOn(schemas);
  await again.load(await stored());
  for (const registry of [nodes, again]) {
    expect(view(1, registry)).toEqual({ [ROOM]: { humidity: 40 } });
    expect(view(2, registry)).toEqual({ [ROOM]: { humidity: 50, co2: 412 } });
    expect([1, 2].map((number) => registry.setOf(id(number)))).toEqual([undefined, "building-2"]);
    expect(registry.countBySet()).toEqual(new Map([["building-2", 1]]));
  }
  expect(logged).toEqual([]);
});

test("a node of the default set costs not a byte for it", async () => {
  const rows = new Map(await (await stored()).entries("node"));
  expect(decodePlain(rows.get("n-1") ?? new Uint8Array())).toHaveLength(6);
  expect(decodePlain(rows.get("n-2") ?? new Uint8Array())).toHaveLength(7);
});

test("a node that goes to another set keeps what that set does not take, and has it when it comes back", () => {
  nodes.apply(reported(2, { [ROOM]: { humidity: 50, co2: 412 }, "sidgate-node:node": { model: "m" } }, second));
  nodes.apply(moved(2));
  expect(view(2)).toEqual({ "sidgate-node:node": { model: "m" } });
  expect(logged).toEqual([{ owner: "n-2", sid: 60201, reason: expect.any(String) }]);
  nodes.apply(reported(2, { [ROOM]: { humidity: 51 } }, first));
  nodes.apply(moved(2, "building-2"));
  expect(view(2)).toEqual({ [ROOM]: { humidity: 51, co2: 412 }, "sidgate-node:node": { model: "m" } });
  expect(nodes.countBySet()).toEqual(new Map([["building-2", 1]]));
  nodes.apply({ seq: 10, at: T0, type: "node.removed", node: id(2), actor: "test" });
  expect(nodes.countBySet()).toEqual(new Map());
});

test("trees follow an exchange whatever numbers the new schema gives, at work or asleep", async () => {
  schemas.exchange(undefined, nameless);
  nodes.apply(reported(1, { "acme-air:air": { pm10: 17 }, [ROOM]: { humidity: 40 } }, nameless));
  const { nameless: other } = await threeSchemas(); // the same modules, compiled anew
  schemas.exchange(undefined, other);
  expect(view(1)).toEqual({ "acme-air:air": { pm10: 17 }, [ROOM]: { humidity: 40 } });
  const again = registryOn(schemas);
  await again.load(await stored());
  expect(view(1, again)).toEqual({ "acme-air:air": { pm10: 17 }, [ROOM]: { humidity: 40 } });
});

test("nodes of a set that is taken away work with the default set until it is there again", async () => {
  nodes.apply(reported(2, { [ROOM]: { humidity: 50, co2: 412 } }, second));
  schemas.exchange("building-2", undefined);
  for (let look = 0; look < 3; look++) expect(view(2)).toEqual({});
  expect(logged).toHaveLength(1);
  nodes.apply(reported(2, { [ROOM]: { humidity: 60 } }, first));
  expect(view(2)).toEqual({ [ROOM]: { humidity: 60 } });
  const again = registryOn(schemas);
  await again.load(await stored());
  schemas.exchange("building-2", second);
  for (const registry of [nodes, again]) expect(view(2, registry)).toEqual({ [ROOM]: { humidity: 60, co2: 412 } });
});

test("facts of a former schema are folded as far as today's takes them, and the rest is kept", () => {
  nodes.apply(reported(1, { [ROOM]: { humidity: 50, co2: 412 }, "sidgate-node:node": { model: "m" } }, second));
  expect(view(1)).toEqual({ "sidgate-node:node": { model: "m" } });
  nodes.apply(moved(1, "building-2"));
  expect(view(1)).toEqual({ [ROOM]: { humidity: 50, co2: 412 }, "sidgate-node:node": { model: "m" } });
});

test("the gateway's own leaves follow too", async () => {
  const sid = first.byPath("/sidgate-gateway:gateway/name")?.sid ?? 0;
  const patch = encodeInstances([{ id: { sid, keys: [] }, value: "Hall" }], first);
  nodes.apply({ seq: 11, at: T0, type: "datastore.edited", root: "gateway", patch, actor: "test" });
  schemas.exchange(undefined, second);
  expect(toJson(nodes.gatewayTree, second)).toEqual({ "sidgate-gateway:gateway": { name: "Hall" } });
});
