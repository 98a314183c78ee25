/** The three forms of YANG-CBOR (RFC 9254 §3.2, §3.3, §9.2): SIDs, names, and bodies with both. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { fromHex, toHex } from "../../../gateway/base/index.ts";
import { CborWriter, CORECONF, decodeItem, writeItem } from "../../../gateway/wire/cbor/index.ts";
import {
  decodeAlone,
  decodeData,
  decodeIdentifiers,
  decodeInstances,
  decodeTree,
  encodeAlone,
  encodeData,
  encodeIdentifiers,
  encodeInstances,
  encodeTree,
  type Form,
} from "../../../gateway/yang/codec/index.ts";
import { planOf } from "../../../gateway/yang/codec/plan.ts";
import type { Instance, InstanceId, Tree, Value } from "../../../gateway/yang/tree.ts";
import { encodeOtherwise, PARTLY_NUMBERED, type Style, ZOO, zooTree } from "../../support/arbitrary-tree.ts";
import { anydata, container, handSchema, IETF, leaf, leafList, list } from "../../support/hand-schema.ts";
import { at, set, tree } from "../../support/trees.ts";

const bytesOf = (hex: string): Uint8Array => fromHex(hex.replaceAll(" ", ""))!;
const text = (value: string): string => {
  const writer = new CborWriter();
  writer.text(value);
  return toHex(writer.finish());
};
/** The same item with its keys in canonical order. */
const sorted = (hex: string): string => {
  const writer = new CborWriter();
  writeItem(writer, decodeItem(bytesOf(hex), CORECONF));
  return toHex(writer.finish());
};

const AUGMENTED = handSchema([
  container("example-foomod:top", 1, [leaf("foo", 2, "uint8"), leaf("example-barmod:bar", 3, "boolean")]),
]);

/** As the RFC prints them. */
const NAMED: ReadonlyArray<readonly [name: string, schema: typeof IETF, hex: string, tree: Tree]> = [
  [
    "CC-V20: §3.3, a name is qualified where the module changes",
    AUGMENTED,
    `a1${text("example-foomod:top")}a2${text("foo")}1836${text("example-barmod:bar")}f5`,
    tree([1, tree([2, 54], [3, true])]),
  ],
  [
    "CC-V1: §4.1.2, a leaf",
    IETF,
    "a174696574662d73797374656d3a686f73746e616d65726d79686f73742e6578616d706c652e636f6d",
    tree([1752, "myhost.example.com"]),
  ],
  [
    "CC-V1: §4.2.2, containers",
    IETF,
    `a1${text("ietf-system:system-state")}a1${text("clock")}a2${text("current-datetime")}${text("2015-10-02T14:47:24Z-05:00")}${text("boot-datetime")}${text("2015-09-15T09:12:58Z-05:00")}`,
    tree([1720, tree([1721, tree([1722, "2015-09-15T09:12:58Z-05:00"], [1723, "2015-10-02T14:47:24Z-05:00"])])]),
  ],
  [
    "CC-V5: §4.3.2, a leaf-list",
    IETF,
    "a172696574662d73797374656d3a7365617263688268696574662e6f726768696565652e6f7267",
    tree([1746, ["ietf.org", "ieee.org"]]),
  ],
  [
    "CC-V3 CC-V4 CC-V13: §4.4.2, a list; its enumeration stays a number",
    IETF,
    `a1${text("ietf-system:server")}82a5${text("name")}${text("NRC TIC server")}${text("udp")}a2${text("address")}${text("tic.nrc.ca")}${text("port")}187b${text("association-type")}00${text("iburst")}f4${text("prefer")}f5a2${text("name")}${text("NRC TAC server")}${text("udp")}a1${text("address")}${text("tac.nrc.ca")}`,
    tree([
      1756,
      [
        tree(
          [1757, 0],
          [1758, false],
          [1759, "NRC TIC server"],
          [1760, true],
          [1761, tree([1762, "tic.nrc.ca"], [1763, 123])],
        ),
        tree([1759, "NRC TAC server"], [1761, tree([1762, "tac.nrc.ca"])]),
      ],
    ]),
  ],
  [
    "CC-V6: §4.5.2, anydata",
    IETF,
    `a1${text("event-log:last-event")}a1${text("example-port:example-port-fault")}a2${text("port-name")}${text("0/4/21")}${text("port-fault")}${text("Open pin 2")}`,
    tree([60123, tree([60200, tree([60201, "0/4/21"], [60202, "Open pin 2"])])]),
  ],
  ["CC-V7: §4.6.2, anyxml", IETF, "a16e6261722d6d6f64756c653a62617283f5f6f5", tree([60000, bytesOf("83f5f6f5")])],
  [
    "CC-V8 CC-V16 CC-K4: §5.2, a structure; identities of its own module go without it",
    IETF,
    `a1${text("ietf-coreconf:error")}a4${text("error-tag")}${text("invalid-value")}${text("error-app-tag")}${text("not-in-range")}${text("error-data-node")}${text("/ietf-system:system/clock/timezone-utc-offset")}${text("error-message")}${text("Maximum exceeded")}`,
    tree([1024, tree([1025, 1018], [1026, at(1740)], [1027, "Maximum exceeded"], [1028, 1011])]),
  ],
  [
    "CC-V16: §6.10.2, an identity of another module",
    IETF,
    `a1${text("ietf-interfaces:interface")}81a2${text("name")}${text("eth0")}${text("type")}${text("iana-if-type:ethernetCsmacd")}`,
    tree([1533, [tree([1537, "eth0"], [1538, 1880])]]),
  ],
];

test.each(NAMED)("%s, by name both ways", (_name, schema, hex, data) => {
  for (const form of ["name", "any"] as const) expect(decodeTree(bytesOf(hex), schema, form)).toEqual(data);
  expect(toHex(encodeTree(data, schema, "name"))).toBe(sorted(hex));
  expect(toHex(encodeTree(data, schema, "any"))).toBe(toHex(encodeTree(data, schema)));
});

test("CC-V20: a qualified name is read where a simple one would do, also inside an anydata", () => {
  const qualified = `a1${text("example-foomod:top")}a1${text("example-foomod:foo")}01`;
  expect(decodeTree(bytesOf(qualified), AUGMENTED, "name")).toEqual(tree([1, tree([2, 1])]));
  const own = handSchema([anydata("m:any", 5), container("m:top", 6)]);
  for (const inner of ["top", "m:top"]) {
    const body = `a1${text("m:any")}a1${text(inner)}a0`;
    expect(decodeTree(bytesOf(body), own, "name")).toEqual(tree([5, tree([6, tree()])]));
  }
});

/** Some of the nodes have no SID. */
const PARTS = handSchema(
  [
    container("p:top", 100, [
      leaf("kind", 101, { base: "identityref", identityBases: ["p:kind"] }),
      leaf("where", 102, "instance-identifier"),
      container("bare", -1, [leaf("deep", 300, "uint8"), leaf("loose", -2, "uint8")]),
      leafList("q:added", -3, "uint8"),
      leaf("back", 90, "uint8"),
    ]),
    list(
      "p:row",
      -4,
      ["id"],
      [leaf("id", -5, { base: "identityref", identityBases: ["p:kind"] }), leaf("n", 401, "uint8")],
    ),
  ],
  [
    ["p:kind", -10],
    ["p:local", -11, "p:kind"],
    ["q:other", -12, "p:kind"],
    ["p:known", 500, "p:kind"],
  ],
);

const MIXED: ReadonlyArray<readonly [name: string, hex: string, tree: Tree]> = [
  [
    "CC-V2: below a name deltas begin at 0 again; below them they count from their node",
    `a11864a1${text("bare")}a2 19012c07 ${text("loose")}08`,
    tree([100, tree([-1, tree([300, 7], [-2, 8])])]),
  ],
  [
    "CC-V20: numbers first, then negative ones, then names, the shorter first",
    `a2 1864a4 01 1901f4 29 05 ${text("bare")}a0 ${text("q:added")}8101 ${text("p:row")}80`,
    tree([-4, []], [100, tree([-3, [1]], [-1, tree()], [90, 5], [101, 500])]),
  ],
  [
    "CC-V16: an identity without SID goes by its name, its module said where it is another",
    `a2 1864a101${text("local")} ${text("p:row")}82a2 190191 01 ${text("id")}${text("q:other")} a1${text("id")}1901f4`,
    tree([100, tree([101, -11])], [-4, [tree([-5, -12], [401, 1]), tree([-5, 500])]]),
  ],
  [
    "CC-K4: an identifier of a node without SID is a path, one with a SID an array",
    `a11864a102 82190191${text("local")}`,
    tree([100, tree([102, at(401, -11)])]),
  ],
  ["CC-K4: a path", `a11864a102${text("/p:top/bare/loose")}`, tree([100, tree([102, at(-2)])])],
];

test.each(MIXED)("%s", (_name, hex, data) => {
  const bytes = toHex(bytesOf(hex));
  expect(toHex(encodeTree(data, PARTS, "any"))).toBe(bytes);
  expect(decodeTree(bytesOf(bytes), PARTS, "any")).toEqual(data);
  expect(decodeTree(encodeTree(data, PARTS, "name"), PARTS, "name")).toEqual(data);
});

test("CC-V2: the entries of a list under a name restart at 0 as well, absolute SIDs stay what they are", () => {
  const row = (key: string) => bytesOf(`a1${text("p:row")}81a2${text("id")}${text("local")}${key}05`);
  const data = tree([-4, [tree([-5, -11], [401, 5])]]);
  for (const key of ["190191", "d82f190191", text("n"), text("p:n")]) {
    expect(decodeTree(row(key), PARTS, "any")).toEqual(data);
  }
});

test.each<readonly [name: string, data: Tree, where: InstanceId]>([
  ["a leaf", tree([100, tree([-1, tree()])]), at(-1)],
  ["a list", tree([-4, []]), at(-4)],
  ["an identity", tree([100, tree([101, -11])]), at(0)],
  ["an identifier", tree([100, tree([102, at(-2)])]), at(-2)],
])("CC-V1: %s without SID is refused where there are only SIDs", (_name, data, where) => {
  expect(() => encodeTree(data, PARTS)).toThrow(expect.objectContaining({ code: "yang.sid-unassigned", at: where }));
});

const REFUSED: ReadonlyArray<readonly [name: string, form: Form, hex: string, code: string, where: InstanceId]> = [
  ["CC-M10: a name among SIDs", "sid", `a1${text("p:top")}a0`, "yang.malformed-message", at(0)],
  ["CC-M10: a name deep among SIDs", "sid", `a11864a1${text("kind")}1901f4`, "yang.malformed-message", at(100)],
  ["CC-M10: a SID among names", "name", "a11864a0", "yang.malformed-message", at(0)],
  ["CC-M10: a tagged SID among names", "name", `a1${text("p:top")}a1d82f186501`, "yang.malformed-message", at(100)],
  [
    "CC-V16: an identity by SID among names",
    "name",
    `a1${text("p:top")}a1${text("kind")}1901f4`,
    "yang.invalid-datatype",
    at(101),
  ],
  ["CC-V16: an identity by name among SIDs", "sid", `a11864a101${text("p:known")}`, "yang.invalid-datatype", at(101)],
  ["CC-V16: an identity nobody has", "any", `a11864a101${text("p:nothing")}`, "yang.invalid-datatype", at(101)],
  [
    "CC-K4: an identifier by SID among names",
    "name",
    `a1${text("p:top")}a1${text("where")}1864`,
    "yang.invalid-datatype",
    at(102),
  ],
  ["CC-K4: a path among SIDs", "sid", `a11864a102${text("/p:top")}`, "yang.invalid-datatype", at(102)],
  ["CC-K4: a path that leads nowhere", "any", `a11864a102${text("/p:nothing")}`, "yang.invalid-datatype", at(102)],
  ["CC-V20: a name that nobody has", "any", `a11864a1${text("nothing")}00`, "yang.unknown-element", at(100)],
  ["CC-V20: a name without its module at the top", "name", `a1${text("top")}a0`, "yang.unknown-element", at(0)],
  [
    "CC-V20: a name without its module where that changes",
    "name",
    `a1${text("p:top")}a1${text("added")}80`,
    "yang.unknown-element",
    at(100),
  ],
  ["CC-V1: a local number", "any", "a120a0", "yang.unknown-element", at(0)],
  ["CC-V1: a local number with tag 47", "any", "a1d82f20a0", "yang.invalid-datatype", at(0)],
  ["CC-V1: a key that is neither number nor name", "any", "a14101a0", "yang.invalid-datatype", at(0)],
  [
    "CC-V22: a leaf by name that does not fit",
    "any",
    `a1${text("p:row")}81a2${text("id")}${text("local")}${text("n")}f5`,
    "yang.invalid-datatype",
    at(401, -11),
  ],
];

test.each(REFUSED)("%s is refused (%s)", (_name, form, hex, code, where) => {
  expect(() => decodeTree(bytesOf(hex), PARTS, form)).toThrow(expect.objectContaining({ code, at: where }));
});

test("CC-V1: a node by number and by name is there twice", () => {
  expect(() => decodeTree(bytesOf(`a11864a2 181e07 ${text("bare")}a0`), PARTS, "any")).toThrow(
    expect.objectContaining({ code: "yang.unknown-element" }),
  );
  expect(() => decodeTree(bytesOf(`a2 1864a0 ${text("p:top")}a0`), PARTS, "any")).toThrow(
    expect.objectContaining({ code: "cbor.duplicate-key" }),
  );
});

test("CC-V20: a fragment whose name belongs to another node is not written by name", () => {
  const twice = handSchema([
    container("t:a", 1, [leaf("x", 2, "uint8")]),
    container("t:b", 3, [leaf("x", 4, "uint8")]),
  ]);
  expect(toHex(encodeTree(tree([2, 7]), twice, "name"))).toBe(`a1${text("t:x")}07`);
  expect(() => encodeTree(tree([4, 7]), twice, "name")).toThrow(
    expect.objectContaining({ code: "yang.malformed-message", at: at(4) }),
  );
});

const SEQUENCES: ReadonlyArray<readonly [name: string, form: Form, hex: string, instances: readonly Instance[]]> = [
  [
    "CC-K4: instances under paths",
    "name",
    `a1${text("/p:top/back")}05 a1${text("/p:row[id='p:local']")}a1${text("n")}01 a1${text("/p:top/bare/loose")}f6`,
    [set(at(90), 5), set(at(-4, -11), tree([401, 1])), { id: at(-2), value: undefined }],
  ],
  [
    "CC-V2: instances under either, deltas below a path from 0",
    "any",
    `a1185a05 a1${text("/p:row[id='p:local']")}a119019101 a1${text("/p:top/bare")}a119012c07 a11864a12905`,
    [set(at(90), 5), set(at(-4, -11), tree([401, 1])), set(at(-1), tree([300, 7])), set(at(100), tree([90, 5]))],
  ],
];

test.each(SEQUENCES)("%s (%s)", (_name, form, hex, instances) => {
  const bytes = toHex(bytesOf(hex));
  expect(decodeInstances(bytesOf(bytes), PARTS, "input", form)).toEqual(instances);
  expect(toHex(encodeInstances(instances, PARTS, form))).toBe(bytes);
  const ids = instances.map(({ id }) => id);
  expect(decodeIdentifiers(encodeIdentifiers(ids, PARTS, form), PARTS, form)).toEqual(ids);
});

test("CC-A1 CC-A3: an operation by name", () => {
  const hex = `a1${text("/example-ops:reboot")}a1${text("delay")}184d`;
  const call = [set(at(61000), tree([61001, 77]))];
  expect(decodeInstances(bytesOf(hex), IETF, "input", "name")).toEqual(call);
  expect(toHex(encodeInstances(call, IETF, "name"))).toBe(hex);
  const reset = `a1${text("/example-server-farm:server[name='s']/reset")}a1${text("reset-finished-at")}${text("now")}`;
  const answer = [set(at(62002, "s"), tree([62004, "now"]))];
  expect(decodeInstances(bytesOf(reset), IETF, "output", "name")).toEqual(answer);
  expect(toHex(encodeInstances(answer, IETF, "name"))).toBe(reset);
});

test("CC-V1: the contents of one node, in each form", () => {
  const node = PARTS.bySid(100)!;
  const contents = tree([101, 500], [-3, [1]]);
  expect(toHex(encodeData(contents, PARTS, node, "any"))).toBe(`a2011901f4${text("q:added")}8101`);
  for (const form of ["name", "any"] as const) {
    expect(decodeData(encodeData(contents, PARTS, node, form), PARTS, node, form)).toEqual(contents);
  }
});

test.each<readonly [form: Form, hex: string]>([
  ["sid", `a1190400a2 011903fa 041903f3`],
  [
    "name",
    `a1${text("ietf-coreconf:error")}a2${text("error-tag")}${text("invalid-value")}${text("error-app-tag")}${text("not-in-range")}`,
  ],
  ["any", `a1190400a2 011903fa 041903f3`],
])("CC-V8: a structure by itself is a map of one pair (%s)", (form, hex) => {
  const alone = { node: IETF.bySid(1024)!, contents: tree([1025, 1018], [1028, 1011]) };
  expect(decodeAlone(bytesOf(hex), IETF, form)).toEqual(alone);
  expect(toHex(encodeAlone(alone, IETF, form))).toBe(toHex(bytesOf(hex)));
});

test.each(["a0", "a2190400a01906b8a0", "a11906d86161"])("CC-V8: %s is no node by itself", (hex) => {
  expect(() => decodeAlone(bytesOf(hex), IETF)).toThrow(expect.objectContaining({ code: "yang.malformed-message" }));
});

const STYLES: readonly Style[] = [false, true].flatMap((absolute) =>
  [false, true].flatMap((indefinite) =>
    (["all", "some"] as const).map((names) => ({ absolute, indefinite, reversed: indefinite !== absolute, names })),
  ),
);
const RUNS = { numRuns: 30 };

test("CC-V2 CC-V18 CC-V20: names, deltas after names and tag 47 give the same tree, which has one encoding in each form", () => {
  const plan = planOf(ZOO);
  fc.assert(
    fc.property(zooTree, (data) => {
      const canonical = toHex(encodeTree(data, ZOO));
      expect(toHex(encodeTree(data, ZOO, "any"))).toBe(canonical);
      const named = toHex(encodeTree(data, ZOO, "name"));
      expect(decodeTree(fromHex(named)!, ZOO, "name")).toEqual(data);
      expect(sorted(named)).toBe(named);
      for (const style of STYLES) {
        const decoded = decodeTree(fromHex(encodeOtherwise(data, plan, style))!, ZOO, "any");
        expect(decoded).toEqual(data);
        expect(toHex(encodeTree(decoded, ZOO))).toBe(canonical);
        expect(toHex(encodeTree(decoded, ZOO, "name"))).toBe(named);
      }
    }),
    RUNS,
  );
});

test("CC-V20: what has no SID travels by name, and is found by its SID where it has one", () => {
  const plan = planOf(PARTLY_NUMBERED, "any");
  fc.assert(
    fc.property(zooTree, (data) => {
      const named = encodeTree(data, ZOO, "name");
      const partly: Value = decodeTree(named, PARTLY_NUMBERED, "name");
      expect(toHex(encodeTree(partly, PARTLY_NUMBERED, "name"))).toBe(toHex(named));
      const mixed = encodeTree(partly, PARTLY_NUMBERED, "any");
      expect(sorted(toHex(mixed))).toBe(toHex(mixed));
      expect(decodeTree(mixed, PARTLY_NUMBERED, "any")).toEqual(partly);
      expect(decodeTree(mixed, ZOO, "any")).toEqual(data);
      for (const style of STYLES) {
        const other = fromHex(encodeOtherwise(partly, plan, style))!;
        expect(decodeTree(other, PARTLY_NUMBERED, "any")).toEqual(partly);
      }
    }),
    RUNS,
  );
});
