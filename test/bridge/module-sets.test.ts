/** docs/mqtt.md, "Data" — each node's data in the revisions of its module set, and what an exchange does to it. */
import { beforeAll, beforeEach, expect, test } from "@jest/globals";
import { type Message, parsePayload } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { ViewStore } from "../../cloud-bridge/mqtt/outbox/view-store.ts";
import { render, renderRow } from "../../cloud-bridge/mqtt/render/render.ts";
import { type TreesOf, treesFrom, treesOf } from "../../cloud-bridge/mqtt/render/trees.ts";
import { keysOf } from "../../cloud-bridge/mqtt/render/view.ts";
import { type Fact, memoryState, type NewFact } from "../../gateway/store/index.ts";
import { encodeTree, fromJson, type JsonObject, type Schema } from "../../gateway/yang/index.ts";
import { atSecond, joined, nodeId, SITE } from "../support/bridge-site.ts";
import { threeSchemas } from "../support/building-2.ts";
import { ChangingSchemas } from "../support/model-sets.ts";

const ROOM = "sidgate-building:room";
const NODE = nodeId(1);

let first: Schema;
let second: Schema;
let nameless: Schema;
beforeAll(async () => {
  ({ first, second, nameless } = await threeSchemas());
});

let schemas: ChangingSchemas;
let trees: TreesOf;
let view: ViewStore;
let seq: number;
beforeEach(async () => {
  schemas = new ChangingSchemas(first, { "building-2": second, air: nameless });
  trees = treesFrom(schemas);
  view = await ViewStore.load(memoryState(), trees);
  schemas.onChange((set, before) => view.exchanged(set, treesOf(before)));
  seq = 0;
  take(joined(1));
});

function take(newFact: NewFact): readonly Message[] {
  seq += 1;
  const fact: Fact = { ...newFact, seq };
  const { slice, messages } = render(view.slice(keysOf(fact)), fact, { site: SITE.site, epoch: SITE.epoch, trees });
  view.put(keysOf(fact), slice);
  return messages;
}
const move = (set?: string): readonly Message[] =>
  take({ type: "node.models", at: atSecond(50), node: NODE, actor: "cli", ...(set === undefined ? {} : { set }) });
const report = (json: JsonObject, schema: Schema): readonly Message[] =>
  take({
    ...{ type: "node.reported", at: atSecond(10), node: NODE, report: seq, request: 1, state: "asleep" },
    ...{ reply: new Uint8Array(), data: encodeTree(fromJson(json, schema), schema, "any") },
  });
/** Data messages by module; undefined = taken from the broker. */
const data = (messages: readonly Message[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    messages.flatMap(({ kind, topic, payload }) => {
      if (kind !== "nodeData") return [];
      const { "sidgate-mqtt:meta": _meta, ...rest } = payload.length === 0 ? {} : parsePayload(payload);
      return [[topic.split("/").at(-1), payload.length === 0 ? undefined : rest]];
    }),
  );
const rowOf = (): Readonly<Record<string, unknown>> => {
  const { node } = view.slice({ node: NODE });
  return data(renderRow({ node }, seq, { site: SITE.site, epoch: SITE.epoch, trees }));
};
const RICH = { [ROOM]: { humidity: 40, co2: 412 }, "sidgate-node:node": { model: "m" } };

test("a node's data is told in the revisions of its set", () => {
  move("building-2");
  expect(data(report(RICH, second))).toEqual({
    "sidgate-building": { [ROOM]: { humidity: 40, co2: 412 } },
    "sidgate-node": { "sidgate-node:node": { model: "m" } },
  });
});

test("a move tells what looks otherwise now, takes away what is gone, and brings it back with its time", () => {
  move("building-2");
  report(RICH, second);
  const away = move();
  expect(away.map(({ kind }) => kind)).toEqual(["event", "nodeData", "nodeBirth"]);
  expect(data(away)).toEqual({ "sidgate-building": undefined });
  expect(rowOf()).toMatchObject({ "sidgate-building": undefined });
  const back = move("building-2");
  expect(data(back)).toEqual({ "sidgate-building": { [ROOM]: { humidity: 40, co2: 412 } } });
  const told = back.find(({ kind }) => kind === "nodeData");
  expect(told && parsePayload(told.payload)["sidgate-mqtt:meta"]).toEqual({
    seq: String(seq),
    epoch: SITE.epoch,
    observed: "2026-11-21T13:00:10Z",
  });
});

test("trees follow an exchange when their node is looked at, with other numbers for what has no SID", async () => {
  move("air");
  report({ "acme-air:air": { pm10: 17 }, [ROOM]: { humidity: 40 } }, nameless);
  const { nameless: other } = await threeSchemas();
  schemas.exchange("air", first); // the module is gone,
  schemas.exchange("air", other); // and there again
  expect(data(report({ [ROOM]: { humidity: 41 } }, first))).toEqual({
    "sidgate-building": { [ROOM]: { humidity: 41 } },
  });
  expect(rowOf()).toMatchObject({ "acme-air": { "acme-air:air": { pm10: 17 } } });
});

test("rows that were not looked at since are written by the numbers that they have, and read by those of the day", async () => {
  move("building-2");
  report(RICH, second);
  schemas.exchange("building-2", undefined);
  const state = memoryState();
  await state.commit("mqtt", 1, view.drain());
  const poor = await ViewStore.load(state, trees);
  expect(poor.slice({ node: NODE }).node).toMatchObject({ set: "building-2", left: [expect.anything()] });
  schemas.exchange("building-2", second);
  view = await ViewStore.load(state, trees);
  expect(rowOf()).toMatchObject({ "sidgate-building": { [ROOM]: { humidity: 40, co2: 412 } } });
});
