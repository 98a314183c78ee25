/** Bytes explained: diagnostic notation with path, SID, delta or name, type, meaning and the rule that is broken. */
import { expect, test } from "@jest/globals";
import { fromHex, toHex } from "../../gateway/base/index.ts";
import { encodeTree } from "../../gateway/yang/codec/index.ts";
import { type AnnotatedForm, annotate } from "../../gateway/yang/diagnostic.ts";
import { bits, container, enums, handSchema, IETF, leaf, leafList, list, SIDGATE } from "../support/hand-schema.ts";
import { at, tree } from "../support/trees.ts";

/** Lines without their padding. */
const explain = (hex: string, form: AnnotatedForm, schema = SIDGATE): string[] =>
  annotate(fromHex(hex)!, schema, form)
    .text.split("\n")
    .map((line) => line.replace(/ +#/, " #"));

test("CC-V2: a check-in is explained with paths, SIDs, deltas and types", () => {
  expect(explain("a119ea61a2021901f405a118c3a201c48221190866021830", 142)).toEqual([
    "{",
    "  60001: { # /sidgate-node:check-in (SID 60001) rpc",
    "    2: 500, # /sidgate-node:check-in/report (SID 60003, delta 2) uint32",
    "    5: { # /sidgate-node:check-in/data (SID 60006, delta 5) anydata",
    "      195: { # /sidgate-building:room (SID 60201, delta 195) container",
    "        1: 4([-2, 2150]), # /sidgate-building:room/temperature (SID 60202, delta 1) decimal64 = 21.5",
    "        2: 48, # /sidgate-building:room/humidity (SID 60203, delta 2) uint8",
    "      },",
    "    },",
    "  },",
    "}",
  ]);
});

test("identifiers and instances are explained with their keys", () => {
  expect(explain("821906c2646a61636b19ea74", 141, IETF)).toEqual([
    "[1730, \"jack\"] # /ietf-system:system/authentication/user[name='jack']",
    "60020 # SID 60020 is unknown here",
  ]);
  expect(explain("a1821906c2646a61636bf6", 142, IETF)).toEqual([
    "{",
    "  [1730, \"jack\"]: null # /ietf-system:system/authentication/user[name='jack'] (SID 1730) deleted or absent",
    "}",
  ]);
});

test.each<readonly [name: string, hex: string, form: AnnotatedForm, mark: string, rule: string]>([
  ["a value out of range", "a119eb29a1021865", 140, "<== yang.not-in-range", "RFC 7950 §9.2.4"],
  ["an unknown SID", "a119eb29a118ff00", 140, "SID 60456 is unknown here  <== yang.unknown-element", "RFC 9254 §3.2"],
  ["a missing key", "a119eb29a10981a0", 140, "<== yang.missing-key", "RFC 7950 §7.8.2"],
  ["bytes that end too early", "a119eb29a102", 140, "[cbor.truncated]", "RFC 8949"],
])("the explanation names the rule: %s", (_name, hex, form, mark, rule) => {
  const lines = explain(hex, form);
  expect(lines.join("\n")).toContain(mark);
  expect(lines.at(-1)).toContain(`# violates ${rule}`);
});

test.each<readonly [name: string, hex: string, form: AnnotatedForm, broken: string | undefined]>([
  ["a check-in", "a119ea61a2021901f405a118c3a201c48221190866021830", 142, undefined],
  ["a cut check-in", "a119ea61a20201", 142, "cbor.truncated"],
  ["the empty tree", "a0", 140, undefined],
  ["a tree of nothing known", "a1190400f5", 140, "yang.unknown-element"],
])("the explanation of %s (%s, %s) breaks %s", (_name, hex, form, broken) => {
  const annotation = annotate(fromHex(hex)!, SIDGATE, form);
  expect(annotation.broken).toBe(broken);
  expect(annotation.text.includes("# violates")).toBe(broken !== undefined);
});

const MIXED = handSchema(
  [
    container("d:top", 100, [
      leaf("limit", 101, {
        base: "union",
        members: [{ base: "uint8" }, enums("unbounded"), { base: "union", members: [bits("a", "b")] }],
      }),
      leafList("kinds", 102, { base: "identityref", identityBases: ["d:kind"] }),
      container("bare", -1, [
        leaf("deep", 104, { base: "uint8" }, { units: "metres" }),
        leaf("where", -2, "instance-identifier"),
      ]),
      list("row", -3, ["id"], [leaf("id", -4, "uint8")]),
    ]),
  ],
  [
    ["d:kind", -10],
    ["d:one", 500, "d:kind"],
    ["d:two", -11, "d:kind"],
  ],
);
const MIXED_TREE = tree([
  100,
  tree([101, { member: 1, value: 0 }], [102, [500, -11]], [-1, tree([104, 7], [-2, at(-2)])], [-3, [tree([-4, 1])]]),
]);

test("CC-V2 CC-V17 CC-V20: names, deltas after names, unions and local identities are explained", () => {
  const hex = toHex(encodeTree(MIXED_TREE, MIXED, "any"));
  expect(explain(hex, 340, MIXED)).toEqual([
    "{",
    "  100: { # /d:top (SID 100, delta 100) container",
    '    1: 44("unbounded"), # /d:top/limit (SID 101, delta 1) union (enumeration)',
    '    2: [500, "two"], # /d:top/kinds (SID 102, delta 2) leaf-list of identityref = d:one, d:two',
    '    "row": [ # /d:top/row (no SID, by name) list',
    "      {",
    '        "id": 1, # /d:top/row/id (no SID, by name) uint8',
    "      },",
    "    ],",
    '    "bare": { # /d:top/bare (no SID, by name) container',
    "      104: 7, # /d:top/bare/deep (SID 104, delta 104) uint8 metres",
    '      "where": "/d:top/bare/where", # /d:top/bare/where (no SID, by name) instance-identifier',
    "    },",
    "  },",
    "}",
  ]);
});

test("CC-V1 CC-V17: a body of names, and a union in a union", () => {
  const data = tree([100, tree([101, { member: 2, value: { member: 0, value: "a b" } }])]);
  expect(explain(toHex(encodeTree(data, MIXED, "name")), 341, MIXED)).toEqual([
    "{",
    '  "d:top": { # /d:top (SID 100, by name) container',
    '    "limit": 43("a b"), # /d:top/limit (SID 101, by name) union (bits)',
    "  },",
    "}",
  ]);
});

test("CC-V6: tag 47 in an anydata is an absolute SID", () => {
  expect(explain("a119eadba1d82f19eb28a10166302f342f3231", 140, IETF)).toEqual([
    "{",
    "  60123: { # /event-log:last-event (SID 60123, delta 60123) anydata",
    "    47(60200): { # /example-port:example-port-fault (SID 60200, absolute) notification",
    '      1: "0/4/21", # /example-port:example-port-fault/port-name (SID 60201, delta 1) string',
    "    },",
    "  },",
    "}",
  ]);
});

test.each<readonly [name: string, hex: string, format: AnnotatedForm, mark: string]>([
  ["CC-M10: a name among SIDs", "a165643a746f70a0", 140, "<== yang.malformed-message"],
  ["CC-M10: a SID among names", "a11864a0", 341, "<== yang.malformed-message"],
  ["CC-V20: a name nobody has", "a11864a1616e01", 340, "nobody has this name here  <== yang.unknown-element"],
  ["CC-V22: the same key twice", "a21864a01864a0", 140, "[cbor.duplicate-key]"],
  ["CC-V17: a union that nobody takes", "a11864a101d82c6178", 140, "<== yang.invalid-datatype"],
])("%s is pointed at", (_name, hex, format, mark) => {
  const { text, broken } = annotate(fromHex(hex)!, MIXED, format);
  expect(text).toContain(mark);
  expect(broken).toBeDefined();
});
