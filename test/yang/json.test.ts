/** RFC 7951: names and where they are qualified, fragments, single values, anyxml. */
import { expect, test } from "@jest/globals";
import { CORECONF } from "../../gateway/wire/cbor/index.ts";
import type { Json } from "../../gateway/yang/api.ts";
import { decodeTree, encodeTree } from "../../gateway/yang/codec/index.ts";
import { fromJson, toJson, valueFromJson, valueToJson } from "../../gateway/yang/json.ts";
import type { InstanceId, Tree, Value } from "../../gateway/yang/tree.ts";
import { anydata, container, handSchema, IETF, leaf, leafList, list, SIDGATE } from "../support/hand-schema.ts";
import { at, tree } from "../support/trees.ts";

const AUGMENTED = handSchema([
  container("example-foomod:top", 1, [leaf("foo", 2, "uint8"), leaf("example-barmod:bar", 3, "boolean")]),
]);

const ROWS: ReadonlyArray<readonly [name: string, schema: typeof IETF, tree: Tree, json: Json]> = [
  [
    "CC-7951-4: a name is qualified at the top and where the module changes (RFC 9254 §3.3)",
    AUGMENTED,
    tree([1, tree([2, 54], [3, true])]),
    { "example-foomod:top": { foo: 54, "example-barmod:bar": true } },
  ],
  [
    "CC-7951-5: a fragment: nodes deep in the schema at the top",
    IETF,
    tree([1721, tree([1723, "now"])], [1533, [tree([1537, "eth0"], [1538, 1880], [1544, 3])]]),
    {
      "ietf-system:clock": { "current-datetime": "now" },
      "ietf-interfaces:interface": [{ name: "eth0", type: "iana-if-type:ethernetCsmacd", "oper-status": "testing" }],
    },
  ],
  [
    "CC-7951-5.5: anydata: qualified again inside",
    IETF,
    tree([60123, tree([60200, tree([60201, "0/4/21"])])]),
    { "event-log:last-event": { "example-port:example-port-fault": { "port-name": "0/4/21" } } },
  ],
  [
    "CC-7951-6.1 CC-7951-6.4 CC-7951-6.5: a room: decimals and bits as strings, enums by name",
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
])("CC-7951-5.6: anyxml keeps %j", (json) => {
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

const NAMES = handSchema([
  container("p:__proto__", 1, [leaf("constructor", 2, "uint8"), leafList("many", 3, "uint8")]),
  list("p:log", 4, [], [leaf("n", 5, "uint8")], { config: false }),
  anydata("p:any", 6),
]);

test("CC-7951-4: names that JavaScript has plans for are names like others", () => {
  const json: Json = JSON.parse('{"p:__proto__": {"constructor": 7, "many": []}}');
  const data = tree([1, tree([2, 7], [3, []])]);
  expect(fromJson(json, NAMES)).toEqual(data);
  expect(JSON.stringify(toJson(data, NAMES))).toBe('{"p:__proto__":{"constructor":7,"many":[]}}');
  expect(() => fromJson({ "p:toString": 1 }, NAMES)).toThrow(expect.objectContaining({ code: "yang.unknown-element" }));
});

test("CC-7951-5.4: a list without keys keeps entries that are alike", () => {
  const data = tree([4, [tree([5, 1]), tree([5, 1]), tree()]]);
  expect(fromJson({ "p:log": [{ n: 1 }, { n: 1 }, {}] }, NAMES)).toEqual(data);
  expect(toJson(data, NAMES)).toEqual({ "p:log": [{ n: 1 }, { n: 1 }, {}] });
});

test.each<readonly [name: string, sid: number, tree: Tree, json: Json, alias?: Json]>([
  [
    "the input of an rpc",
    61009,
    tree([61001, 77]),
    { "example-ops:input": { delay: 77 } },
    { "example-ops:reboot": { delay: 77 } },
  ],
  ["an output with nothing in it", 61010, tree(), { "example-ops:output": {} }],
  ["the input of an action", 62008, tree([62003, "now"]), { "example-server-farm:input": { "reset-at": "now" } }],
  ["a notification", 60200, tree([60201, "0/4/21"]), { "example-port:example-port-fault": { "port-name": "0/4/21" } }],
  ["a structure", 1024, tree([1027, "no"]), { "ietf-coreconf:error": { "error-message": "no" } }],
])("CC-8040-3.6: a document of its own: %s", (_name, sid, data, json, alias = json) => {
  const scope = IETF.bySid(sid)!;
  expect(toJson(data, IETF, scope)).toEqual(json);
  expect(fromJson(json, IETF, scope)).toEqual(data);
  expect(fromJson(alias, IETF, scope)).toEqual(data);
});

test.each<readonly [json: Json]>([
  [{}],
  [[]],
  [{ delay: 1 }],
  [{ "example-ops:output": {} }],
  [{ "example-ops:input": {}, "a:b": 1 }],
])("CC-8040-3.6: %j is no document of an rpc's input", (json) => {
  expect(() => fromJson(json, IETF, IETF.bySid(61009))).toThrow(
    expect.objectContaining({ code: "yang.malformed-message", at: at(61009) }),
  );
});

test("CC-7952-5.2: metadata annotations are read over", () => {
  const note = { "ietf-origin:origin": "ietf-origin:learned" };
  const json = {
    "@": note,
    "@p:__proto__": note,
    "p:__proto__": { "@": note, "@constructor": note, constructor: 7, many: [1, 2], "@many": [null, note] },
    "p:log": [{ "@": note, n: 1 }],
  };
  expect(fromJson(json, NAMES)).toEqual(tree([1, tree([2, 7], [3, [1, 2]])], [4, [tree([5, 1])]]));
});

test.each<readonly [name: string, json: Json, code: string, where: InstanceId]>([
  ["of a name that nobody has", { "@p:nothing": {} }, "yang.unknown-element", at(0)],
  ["that is no object", { "p:__proto__": { "@constructor": 1 } }, "yang.invalid-datatype", at(2)],
  ["that is null", { "p:__proto__": { "@constructor": null } }, "yang.invalid-datatype", at(2)],
  ["one of a leaf-list that is no object", { "p:__proto__": { "@many": [1] } }, "yang.invalid-datatype", at(3)],
  ["an array for a leaf", { "p:__proto__": { "@constructor": [{}] } }, "yang.invalid-datatype", at(2)],
])("CC-7952-5.2: an annotation is refused: %s", (_name, json, code, where) => {
  expect(() => fromJson(json, NAMES)).toThrow(expect.objectContaining({ code, at: where }));
});

test.each<readonly [name: string, json: Json, code: string, where: InstanceId]>([
  ["CC-7951-5.1: a leaf that is null", { "p:__proto__": { constructor: null } }, "yang.invalid-datatype", at(2)],
  ["CC-7951-5.3: a leaf-list that is no array", { "p:__proto__": { many: 1 } }, "yang.invalid-datatype", at(3)],
  ["CC-7951-5.4: a list that is an object", { "p:log": { n: 1 } }, "yang.invalid-datatype", at(4)],
  ["CC-7951-5.4: an entry that is no object", { "p:log": [1] }, "yang.invalid-datatype", at(4)],
  ["CC-7951-5.2: a container that is an array", { "p:__proto__": [] }, "yang.invalid-datatype", at(1)],
  ["CC-7951-5.5: what no module knows in an anydata", { "p:any": { "no:one": 1 } }, "yang.unknown-element", at(6)],
  ["CC-7951-4: a document that is no object", [], "yang.invalid-datatype", at(0)],
])("%s is refused", (_name, json, code, where) => {
  expect(() => fromJson(json, NAMES)).toThrow(expect.objectContaining({ code, at: where }));
});

const nested = (levels: number, inner: Json, wrap: (json: Json) => Json): Json =>
  levels === 0 ? inner : wrap(nested(levels - 1, inner, wrap));

test.each<readonly [name: string, (levels: number) => Json, schema: typeof IETF]>([
  ["an anydata in an anydata", (levels) => nested(levels, {}, (json) => ({ "p:any": json })), NAMES],
  ["an anyxml", (levels) => ({ "bar-module:bar": nested(levels - 1, [], (json) => [json]) }), IETF],
])("CC-limits: JSON nests as deep as our CBOR and no deeper: %s", (_name, make, schema) => {
  const deepest = CORECONF.maxDepth - 1;
  const data = fromJson(make(deepest), schema);
  expect(decodeTree(encodeTree(data, schema), schema)).toEqual(data);
  expect(() => fromJson(make(deepest + 1), schema)).toThrow(
    expect.objectContaining({ code: "yang.malformed-message" }),
  );
  expect(() => fromJson(make(5_000), schema)).toThrow(expect.objectContaining({ code: "yang.malformed-message" }));
});

test("CC-7951-6.2: half a character is no text", () => {
  const json: Json = { "ietf-system:hostname": "a\ud800b" };
  expect(() => fromJson(json, IETF)).toThrow(expect.objectContaining({ code: "yang.invalid-datatype", at: at(1752) }));
});
