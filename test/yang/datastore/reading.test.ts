/** Two states of a foreign datastore and what lies between them; and a body that the schema knows only in part. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  decodeKnown,
  EMPTY_TREE,
  encodeIdentifiers,
  encodeTree,
  formatInstanceId,
  fromJson,
  type JsonObject,
  merge,
  readingBetween,
  select,
  type Tree,
  toJson,
  withoutInstances,
} from "../../../gateway/yang/index.ts";
import { ZOO, zooTree } from "../../support/arbitrary-tree.ts";
import { container, handSchema, leaf, leafList, list } from "../../support/hand-schema.ts";
import { tree } from "../../support/trees.ts";

const HEATING = handSchema([
  container("h:heating", 100, [
    leaf("mode", 101, "string", { defaults: ["eco"] }),
    leaf("flow", 103, "int32", { config: false }),
    leafList("day", 104, "string"),
    list("step", 110, ["id"], [leaf("id", 111, "uint8"), leaf("to", 113, "int32")], { orderedByUser: true }),
    list("room", 120, ["id"], [leaf("id", 121, "uint8"), leaf("is", 123, "int32", { config: false })]),
    list("log", 125, [], [leaf("line", 126, "string")], { config: false }),
    container("eco", 140, [leaf("until", 141, "string")], { presence: true }),
  ]),
]);
const heating = (json: JsonObject): Tree => fromJson({ "h:heating": json }, HEATING);

const between = (before: JsonObject, after: JsonObject, trimmed = false) => {
  const { data, gone } = readingBetween(heating(before), heating(after), HEATING, { trimmed });
  return {
    data: (toJson(data, HEATING)["h:heating"] ?? {}) as JsonObject,
    gone: gone.map((id) => formatInstanceId(id, HEATING).replace("/h:heating", "")),
  };
};

type Row = readonly [name: string, before: JsonObject, after: JsonObject, data: JsonObject, gone: readonly string[]];
const ROWS: readonly Row[] = [
  ["nothing for the same", { flow: 1, room: [{ id: 1 }] }, { room: [{ id: 1 }], flow: 1 }, {}, []],
  ["state and configuration alike", { flow: 1, mode: "a" }, { flow: 2, mode: "b" }, { flow: 2, mode: "b" }, []],
  ["what went, by itself", { flow: 1, mode: "a" }, { mode: "a" }, {}, ["/flow"]],
  [
    "an entry that came, one that changed and one that went",
    {
      room: [
        { id: 1, is: 5 },
        { id: 2, is: 6 },
      ],
    },
    { room: [{ id: 2, is: 7 }, { id: 3 }] },
    { room: [{ id: 2, is: 7 }, { id: 3 }] },
    ["/room[id='1']"],
  ],
  ["a state of one entry that went", { room: [{ id: 1, is: 5 }] }, { room: [{ id: 1 }] }, {}, ["/room[id='1']/is"]],
  ["a leaf-list as a whole", { day: ["x", "y"] }, { day: ["y"] }, { day: ["y"] }, []],
  ["a list without keys as a whole", { log: [{ line: "a" }] }, { log: [{ line: "b" }] }, { log: [{ line: "b" }] }, []],
  [
    "an order that users made, as a whole list",
    { step: [{ id: 1 }, { id: 2 }] },
    { step: [{ id: 2 }, { id: 1 }] },
    { step: [{ id: 2 }, { id: 1 }] },
    ["/step"],
  ],
  ["presence that went", { eco: {}, flow: 1 }, { flow: 1 }, {}, ["/eco"]],
  ["presence that came", { flow: 1 }, { flow: 1, eco: {} }, { eco: {} }, []],
];
test.each(ROWS)("between two states: %s", (_name, before, after, data, gone) => {
  expect(between(before, after)).toEqual({ data, gone });
});

test("a trimmed state does not tell a value that equals its default, and it stays", () => {
  expect(between({ mode: "eco", flow: 1 }, { flow: 1 }, true)).toEqual({ data: {}, gone: [] });
  expect(between({ mode: "eco" }, {}, true)).toEqual({ data: {}, gone: [] });
  expect(between({ mode: "warm", flow: 1 }, { flow: 1 }, true).gone).toEqual(["/mode"]);
});

const ordered = (value: Tree): unknown => encodeTree(value, ZOO, "any");
test("what lies between two states leads from the one to the other", () => {
  fc.assert(
    fc.property(zooTree, zooTree, (before, after) => {
      const [was, is] = [merge(EMPTY_TREE, before, ZOO), merge(EMPTY_TREE, after, ZOO)];
      const { data, gone } = readingBetween(was, is, ZOO);
      encodeIdentifiers(gone, ZOO, "any");
      const led = merge(withoutInstances(was, gone, ZOO), data, ZOO);
      expect(readingBetween(led, is, ZOO)).toEqual({ data: new Map(), gone: [] });
      expect(readingBetween(is, led, ZOO)).toEqual({ data: new Map(), gone: [] });
      expect(ordered(was)).toEqual(ordered(merge(EMPTY_TREE, before, ZOO))); // nothing was changed in place
    }),
    { numRuns: 60 },
  );
});

const body = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
test.each([
  ["a member at the top", "a2 1864 a1 03 05 1903e7 01", { flow: 5 }, ["/999"]],
  ["a leaf inside a container", "a1 1864 a2 03 05 183c 01", { flow: 5 }, ["/heating/160"]],
  ["a value of the wrong type", "a1 1864 a2 03 6161 01 6161", { mode: "a" }, ["/heating/flow"]],
  ["an entry without its key", "a1 1864 a1 14 82 a1 01 05 a1 03 06", { room: [{ id: 5 }] }, ["/heating/room"]],
  ["a leaf inside an entry", "a1 1864 a1 14 81 a2 01 05 02 06", { room: [{ id: 5 }] }, ["/heating/room/122"]],
  ["an entry that is there twice", "a2 1864 a1 03 05 1878 82 a1 01 05 a1 01 05", { flow: 5 }, ["/120"]],
])("passed over by itself: %s", (_name, hex, kept, paths) => {
  const known = decodeKnown(body(hex), HEATING);
  expect(toJson(known.tree, HEATING)["h:heating"]).toEqual(kept);
  expect(known.passedOver.map(({ path }) => path)).toEqual(paths);
});

test("what all is known passes nothing over", () => {
  const whole = tree([100, tree([103, 5])]);
  expect(decodeKnown(encodeTree(whole, HEATING), HEATING)).toEqual({ tree: whole, passedOver: [] });
});

test.each([
  ["no CBOR", "ff", "cbor.malformed"],
  ["no map", "83 01 02 03", "yang.invalid-datatype"],
  ["an end in the middle", "a1 1864 a2 03", "cbor.truncated"],
])("believed in nothing: %s", (_name, hex, code) => {
  expect(() => decodeKnown(body(hex), HEATING)).toThrow(expect.objectContaining({ code }));
});

test("CC-K7: what is in an entry without keys is read with its list, and by no identifier of its own", () => {
  const data = heating({ log: [{ line: "a" }] });
  expect(select(data, { sid: 125, keys: [] }, HEATING)).toHaveLength(1);
  expect(select(data, { sid: 126, keys: [] }, HEATING)).toBeUndefined();
});
