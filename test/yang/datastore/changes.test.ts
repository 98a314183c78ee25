/** What became of each instance, as a YANG patch tells it, and a part of a datastore by its path. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  changesBetween,
  decodeChanges,
  EMPTY_TREE,
  encodeChanges,
  encodeTree,
  formatResourceId,
  fromJson,
  type JsonObject,
  merge,
  parseNodePath,
  type Schema,
  subtreeAt,
  type Tree,
  targetToJson,
  toJson,
  withChanges,
} from "../../../gateway/yang/index.ts";
import { PARTLY_NUMBERED, ZOO, zooTree } from "../../support/arbitrary-tree.ts";
import { container, handSchema, leaf, leafList, list } from "../../support/hand-schema.ts";

const HEATING = handSchema([
  container("h:heating", 100, [
    leaf("mode", 101, "string"),
    leaf("flow", 103, "int32", { config: false }),
    leaf("off", 105, "empty"),
    leaf("any-of", 106, { base: "union", members: [{ base: "uint8" }, { base: "empty" }] }),
    leafList("day", 104, "string"),
    list("step", 110, ["id"], [leaf("id", 111, "uint8"), leaf("to", 113, "int32")], { orderedByUser: true }),
    list(
      "room",
      120,
      ["floor", "id"],
      [
        leaf("id", 121, "string"),
        leaf("floor", 122, "int8"),
        leaf("is", 123, "int32", { config: false }),
        list("valve", 130, ["name"], [leaf("name", 131, "string"), leaf("open", 132, "uint8")]),
      ],
    ),
    list("log", 150, [], [leaf("line", 151, "string")], { config: false }),
    container("eco", 140, [leaf("until", 141, "string")], { presence: true }),
    container("limits", 160, [leaf("high", 161, "int32")]),
  ]),
  container("g:gas", 200, [leaf("used", 201, "uint64", { config: false })]),
]);
const heating = (json: JsonObject): Tree => fromJson({ "h:heating": json }, HEATING);

/** As the edits of a patch, one line each. */
const patch = (before: Tree, after: Tree, schema: Schema = HEATING): readonly string[] =>
  changesBetween(before, after, schema).map((change) => {
    const target = formatResourceId(change.id, schema);
    return change.op === "delete"
      ? `delete ${target}`
      : `${change.op} ${target} ${JSON.stringify(targetToJson(change, schema))}`;
  });

type Row = readonly [name: string, before: JsonObject, after: JsonObject, edits: readonly string[]];
const ROWS: readonly Row[] = [
  ["nothing for the same", { flow: 1, room: [{ floor: 0, id: "a" }] }, { room: [{ floor: 0, id: "a" }], flow: 1 }, []],
  [
    "§3.7: leaf by leaf, what went first",
    { flow: 1, mode: "a" },
    { flow: 2, limits: { high: 5 } },
    ["delete /h:heating/mode", 'replace /h:heating/flow {"h:flow":2}', 'create /h:heating/limits/high {"h:high":5}'],
  ],
  [
    "list entries as wholes when they come or go, else leaf by leaf; RFC 8040 §3.5.3: what is reserved is encoded",
    {
      room: [
        { floor: -1, id: "a,b/c", is: 5, valve: [{ name: "x" }] },
        { floor: 2, id: "(d)'é" },
      ],
    },
    {
      room: [
        { floor: -1, id: "a,b/c", is: 6, valve: [{ name: "x", open: 4 }, { name: "" }] },
        { floor: 3, id: "e", is: 1 },
      ],
    },
    [
      "delete /h:heating/room=2,%28d%29%27%C3%A9",
      'replace /h:heating/room=-1,a%2Cb%2Fc/is {"h:is":6}',
      'create /h:heating/room=-1,a%2Cb%2Fc/valve=x/open {"h:open":4}',
      'create /h:heating/room=-1,a%2Cb%2Fc/valve= {"h:valve":[{"name":""}]}',
      'create /h:heating/room=3,e {"h:room":[{"floor":3,"id":"e","is":1}]}',
    ],
  ],
  ["a leaf-list as a whole", { day: ["x", "y"] }, { day: ["y"] }, ['replace /h:heating/day {"h:day":["y"]}']],
  ["a list without keys as a whole", {}, { log: [{ line: "b" }] }, ['create /h:heating/log {"h:log":[{"line":"b"}]}']],
  [
    "an order that users made, as a whole list",
    { step: [{ id: 1 }, { id: 2 }] },
    { step: [{ id: 2 }, { id: 1, to: 4 }] },
    ['replace /h:heating/step {"h:step":[{"id":2},{"id":1,"to":4}]}'],
  ],
  ["presence that went", { eco: { until: "x" }, flow: 1 }, { flow: 1 }, ["delete /h:heating/eco"]],
  ["presence that came", {}, { eco: {} }, ['create /h:heating/eco {"h:eco":{}}']],
  [
    "RFC 7951 §6.9: leaves of type empty, alone and in a union",
    { "any-of": 7 },
    { off: [null], "any-of": [null] },
    ['create /h:heating/off {"h:off":[null]}', 'replace /h:heating/any-of {"h:any-of":[null]}'],
  ],
];
test.each(ROWS)("RFC 8641, RFC 8072: %s", (_name, before, after, edits) => {
  const [was, is] = [heating(before), heating(after)];
  expect(patch(was, is).toSorted()).toEqual(edits.toSorted());
  const stored = encodeChanges(changesBetween(was, is, HEATING), HEATING);
  const { changes, incomplete } = decodeChanges(stored, HEATING);
  expect(incomplete).toBe(false);
  expect(patch(withChanges(was, changes, HEATING), is)).toEqual([]);
});

test("what went is told before what came", () => {
  const ops = changesBetween(heating({ mode: "a", flow: 1 }), heating({ flow: 2, off: [null] }), HEATING);
  expect(ops.map(({ op }) => op)).toEqual(["delete", "replace", "create"]);
});

test.each([
  ["by SIDs", ZOO],
  ["by names where there are none", PARTLY_NUMBERED],
])("the changes between two states lead from the one to the other, also as they are stored %s", (_name, schema) => {
  fc.assert(
    fc.property(zooTree, zooTree, (before, after) => {
      const known = (tree: Tree): Tree => merge(EMPTY_TREE, fromJson(toJson(tree, ZOO), schema), schema);
      const [was, is] = [known(before), known(after)];
      const { changes, incomplete } = decodeChanges(encodeChanges(changesBetween(was, is, schema), schema), schema);
      expect(incomplete).toBe(false);
      expect(changesBetween(withChanges(was, changes, schema), is, schema)).toEqual([]);
    }),
    { numRuns: 40, seed: 8641 },
  );
});

test("what a later schema does not know is left out, and that is said", () => {
  const stored = encodeChanges(changesBetween(heating({}), heating({ flow: 1, mode: "x" }), HEATING), HEATING);
  const later = handSchema([container("h:heating", 100, [leaf("flow", 103, "int32", { config: false })])]);
  const { changes, incomplete } = decodeChanges(stored, later);
  expect(incomplete).toBe(true);
  expect(changes.map(({ id }) => id.sid)).toEqual([103]);
});

const BUILDING = heating({
  flow: 3,
  room: [
    { floor: 0, id: "a", is: 1, valve: [{ name: "x", open: 4 }] },
    { floor: 1, id: "a", is: 2 },
  ],
});
test.each([
  ["/h:heating/flow", { flow: 3 }],
  ["/h:heating/mode", undefined],
  [
    "/h:heating/room/is",
    {
      room: [
        { id: "a", floor: 0, is: 1 },
        { id: "a", floor: 1, is: 2 },
      ],
    },
  ],
  ["/h:heating/room[floor='1'][id='a']", { room: [{ id: "a", floor: 1, is: 2 }] }],
  ["/h:heating/room[floor='9'][id='a']", undefined],
  ["/h:heating/room/valve[name='x']/open", { room: [{ id: "a", floor: 0, valve: [{ name: "x", open: 4 }] }] }],
  ["/g:gas", undefined],
])("a part of a datastore: %s", (path, expected) => {
  const part = subtreeAt(BUILDING, parseNodePath(path, HEATING));
  expect(toJson(part, HEATING)["h:heating"]).toEqual(expected);
  expect(encodeTree(part, HEATING).length).toBeGreaterThan(0);
});
