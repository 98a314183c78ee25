/** Stored trees across changes of their schema: what is left out of the view is not lost. */
import { beforeAll, expect, test } from "@jest/globals";
import {
  encodeKept,
  encodeTree,
  fromJson,
  type JsonObject,
  type KeptTree,
  NOTHING_LEFT,
  readKept,
  type Schema,
  toJson,
} from "../../../gateway/yang/index.ts";
import { threeSchemas } from "../../support/building-2.ts";

let first: Schema;
let second: Schema;
let nameless: Schema;
beforeAll(async () => {
  ({ first, second, nameless } = await threeSchemas());
});

const ROOM = "sidgate-building:room";
const kept = (json: JsonObject, schema: Schema): KeptTree => ({ tree: fromJson(json, schema), left: NOTHING_LEFT });
const view = ({ tree }: KeptTree, schema: Schema): unknown => toJson(tree, schema);

test("nothing is nothing, and a tree that fits is stored as the root map that it is", () => {
  expect(encodeKept(kept({}, first), first)).toHaveLength(0);
  expect(readKept(new Uint8Array(), first)).toEqual({ tree: new Map(), left: [], dropped: [] });
  const room = kept({ [ROOM]: { humidity: 40 } }, first);
  expect(encodeKept(room, first)).toEqual(encodeTree(room.tree, first));
  expect(readKept(encodeKept(room, first), first)).toEqual({ ...room, dropped: [] });
});

test("what a former revision does not take comes back with the revision that does", () => {
  const stored = encodeKept(
    kept({ [ROOM]: { humidity: 40, co2: 412 }, "sidgate-node:node": { model: "m" } }, second),
    second,
  );
  const poor = readKept(stored, first);
  expect(view(poor, first)).toEqual({ "sidgate-node:node": { model: "m" } });
  expect(poor.dropped.map(({ sid }) => sid)).toEqual([60201]);
  const again = readKept(encodeKept(poor, first), second);
  expect(view(again, second)).toEqual({ [ROOM]: { humidity: 40, co2: 412 }, "sidgate-node:node": { model: "m" } });
  expect(again.left).toEqual([]);
  expect(encodeKept(again, second)).toEqual(stored);
});

test("what was said meanwhile is newer than what was left out, leaf by leaf", () => {
  const poor = readKept(encodeKept(kept({ [ROOM]: { humidity: 40, co2: 412 } }, second), second), first);
  const meanwhile = { ...poor, tree: fromJson({ [ROOM]: { humidity: 50, valve: 5 } }, first) };
  const again = readKept(encodeKept(meanwhile, first), second);
  expect(view(again, second)).toEqual({ [ROOM]: { humidity: 50, valve: 5, co2: 412 } });
});

test("nodes without a SID are stored by name, and read under the numbers of another schema", () => {
  const stored = encodeKept(kept({ "acme-air:air": { pm10: 17 }, [ROOM]: { humidity: 40 } }, nameless), nameless);
  const poor = readKept(stored, first);
  expect(view(poor, first)).toEqual({ [ROOM]: { humidity: 40 } });
  expect(poor.dropped.map(({ sid }) => sid)).toEqual([undefined]);
  const again = readKept(encodeKept(poor, first), nameless);
  expect(view(again, nameless)).toEqual({ "acme-air:air": { pm10: 17 }, [ROOM]: { humidity: 40 } });
});

test("the layers of many changes are bounded", () => {
  let bytes = encodeKept(kept({ [ROOM]: { co2: 0 } }, second), second);
  for (let turn = 1; turn <= 20; turn++) {
    const poor = readKept(bytes, first);
    // As if each change had brought data of its own that the next one does not take.
    const own = readKept(encodeKept(kept({ [ROOM]: { co2: turn } }, second), second), first);
    bytes = encodeKept({ tree: poor.tree, left: [...own.left, ...poor.left].slice(0, 8) }, first);
  }
  const again = readKept(bytes, first);
  expect(again.left).toHaveLength(8);
  expect(view(readKept(bytes, second), second)).toEqual({ [ROOM]: { co2: 20 } });
});
