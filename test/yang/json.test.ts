/** RFC 7951: names and where they are qualified, fragments, single values, anyxml. */
import { expect, test } from "@jest/globals";
import type { Json } from "../../gateway/yang/api.ts";
import { fromJson, toJson, valueFromJson, valueToJson } from "../../gateway/yang/json.ts";
import type { Tree, Value } from "../../gateway/yang/tree.ts";
import { container, handSchema, IETF, leaf, SIDGATE } from "../support/hand-schema.ts";
import { tree } from "../support/trees.ts";

const AUGMENTED = handSchema([
  container("example-foomod:top", 1, [leaf("foo", 2, "uint8"), leaf("example-barmod:bar", 3, "boolean")]),
]);

const ROWS: ReadonlyArray<readonly [name: string, schema: typeof IETF, tree: Tree, json: Json]> = [
  [
    "a name is qualified at the top and where the module changes (RFC 9254 §3.3)",
    AUGMENTED,
    tree([1, tree([2, 54], [3, true])]),
    { "example-foomod:top": { foo: 54, "example-barmod:bar": true } },
  ],
  [
    "a fragment: nodes deep in the schema at the top",
    IETF,
    tree([1721, tree([1723, "now"])], [1533, [tree([1537, "eth0"], [1538, 1880], [1544, 3])]]),
    {
      "ietf-system:clock": { "current-datetime": "now" },
      "ietf-interfaces:interface": [{ name: "eth0", type: "iana-if-type:ethernetCsmacd", "oper-status": "testing" }],
    },
  ],
  [
    "anydata: qualified again inside",
    IETF,
    tree([60123, tree([60200, tree([60201, "0/4/21"])])]),
    { "event-log:last-event": { "example-port:example-port-fault": { "port-name": "0/4/21" } } },
  ],
  [
    "a room: decimals and bits as strings, enums by name",
    SIDGATE,
    tree([60201, tree([60202, -550n], [60203, 47], [60206, false], [60208, "frost"], [60209, 0])]),
    {
      "sidgate-building:room": { temperature: "-5.5", humidity: 47, occupancy: false, alarm: "frost", mode: "off" },
    },
  ],
];

test.each(ROWS)("%s", (_name, schema, data, json) => {
  expect(toJson(data, schema)).toEqual(json);
  expect(fromJson(json, schema)).toEqual(data);
});

test.each<readonly [Json]>([
  [[true, null, true]],
  ["text"],
  [{ a: 1, b: [1.5, -2, "x", { c: null }] }],
  [9007199254740991],
])("anyxml keeps %j", (json) => {
  expect(toJson(fromJson({ "bar-module:bar": json }, IETF), IETF)).toEqual({ "bar-module:bar": json });
});

test.each<readonly [name: string, sid: number, value: Value, json: Json]>([
  ["a leaf", 60204, 2050n, "20.5"],
  ["a leaf-list", 1746, ["a", "b"], ["a", "b"]],
  ["a list", 60210, [tree([60211, "06:00"])], [{ start: "06:00" }]],
  ["one entry of a list", 60210, tree([60211, "06:00"]), { start: "06:00" }],
  ["a container", 60201, tree([60209, 1]), { mode: "economy" }],
])("the value of one node: %s", (_name, sid, value, json) => {
  const schema = sid > 60_000 ? SIDGATE : IETF;
  expect(valueToJson(value, sid, schema)).toEqual(json);
  expect(valueFromJson(json, sid, schema)).toEqual(value);
});

test("a single value that does not fit names its node", () => {
  expect(() => valueFromJson("99", 60204, SIDGATE)).toThrow(
    expect.objectContaining({ code: "yang.not-in-range", at: { sid: 60204, keys: [] } }),
  );
  expect(() => valueFromJson(1, 65535, SIDGATE)).toThrow(expect.objectContaining({ code: "yang.unknown-element" }));
});
