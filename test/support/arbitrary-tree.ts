/** fast-check arbitraries: trees that fit a schema, and other encodings of the same tree. */
import fc from "fast-check";
import { toHex } from "../../gateway/base/index.ts";
import { CborWriter } from "../../gateway/wire/cbor/index.ts";
import { leafIn, type Plan, type PlanNode } from "../../gateway/yang/codec/plan-node.ts";
import type { LeafType, Schema, SchemaNode } from "../../gateway/yang/schema.ts";
import type { LeafValue, Tree, Value } from "../../gateway/yang/tree.ts";
import { anydata, bits, container, enums, handSchema, leaf, leafList, list } from "./hand-schema.ts";

const IDENTITY: LeafType = { base: "identityref", identityBases: ["z:base"] };

const zoo = (top: number, kind: number, id: number, two: number, away: number): Schema =>
  handSchema(
    [
      container("z:top", top, [
        leaf("small", 4990, "int8"),
        leaf("counter", 5001, "uint64"),
        leaf("offset", 5002, "int64"),
        leaf("ratio", 5003, { base: "decimal64", fractionDigits: 4 }),
        leaf("name", 5004, "string"),
        leaf("flag", 5005, "boolean"),
        leaf("kind", kind, enums("a", "b", "c")),
        leaf("alarms", 5300, {
          base: "bits",
          bits: [
            { name: "x", position: 0 },
            { name: "y", position: 7 },
            { name: "z", position: 60 },
          ],
        }),
        leaf("key", 5301, "binary"),
        leaf("who", 5302, IDENTITY),
        leaf("where", 5303, "instance-identifier"),
        leaf("empty", 5304, "empty"),
        leaf("any-of", 5305, {
          base: "union",
          members: [{ base: "uint8" }, enums("unbounded"), bits("p", "q"), IDENTITY, { base: "instance-identifier" }],
        }),
        leafList("words", 80_000, "string"),
        list(
          "row",
          80_001,
          ["id", "name"],
          [leaf("name", 80_002, "string"), leaf("id", id, "uint16"), leaf("v", 6, "int32")],
        ),
      ]),
      container("z:far", 4_294_967_296, [leaf("away", away, "uint8"), anydata("rest", 4_294_967_300)]),
    ],
    [
      ["z:base", 9000],
      ["z:one", 9001, "z:base"],
      ["z:two", two, "z:one"],
    ],
  );

/** A schema in which every built-in type occurs, SIDs on both sides of their parents. */
export const ZOO = zoo(5000, 5006, 80_003, 9002, 4_294_967_297);
/** The same with a container, leafs, a key and an identity that no .sid file covers. */
export const PARTLY_NUMBERED = zoo(-1, -2, -3, -4, -5);

const LEAVES: { readonly [base in LeafType["base"]]: (type: LeafType) => fc.Arbitrary<LeafValue> } = {
  int8: () => fc.integer({ min: -128, max: 127 }),
  int16: () => fc.integer({ min: -32_768, max: 32_767 }),
  int32: () => fc.integer(),
  int64: () => fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  uint8: () => fc.nat({ max: 255 }),
  uint16: () => fc.nat({ max: 65_535 }),
  uint32: () => fc.nat({ max: 4_294_967_295 }),
  uint64: () => fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  decimal64: () => fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  string: () => fc.string({ unit: "grapheme", maxLength: 40 }),
  boolean: () => fc.boolean(),
  enumeration: (type) => fc.constantFrom(...(type.enums ?? []).map(({ value }) => value)),
  bits: (type) => fc.subarray((type.bits ?? []).map(({ name }) => name)).map((names) => names.join(" ")),
  binary: () => fc.uint8Array({ maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)),
  leafref: (type) => arbitraryLeaf(type.target ?? { base: "string" }),
  identityref: () => fc.constantFrom(9001, 9002),
  empty: () => fc.constant(null),
  union: (type) =>
    fc.oneof(
      ...(type.members ?? []).map((inner, member) =>
        arbitraryLeaf(inner).map((value) => ({ member, value }) as LeafValue),
      ),
    ),
  "instance-identifier": () =>
    fc.oneof(
      fc.constant({ sid: 5001, keys: [] }),
      fc
        .tuple(
          fc.nat({ max: 65_535 }),
          fc.string({ unit: "grapheme", maxLength: 8 }).filter((name) => !/["']/.test(name)),
        )
        .map((keys) => ({
          sid: 6,
          keys,
        })),
    ),
};

const arbitraryLeaf = (type: LeafType): fc.Arbitrary<LeafValue> => LEAVES[type.base](type);

function arbitraryValue(node: SchemaNode): fc.Arbitrary<Value> {
  switch (node.kind) {
    case "leaf":
      return arbitraryLeaf(node.type ?? { base: "string" });
    case "leaf-list":
      return fc.uniqueArray(arbitraryLeaf(node.type ?? { base: "string" }), { maxLength: 4 });
    case "list":
      return fc.uniqueArray(arbitraryMembers(node, node.keys ?? []), {
        maxLength: 3,
        selector: (entry) => JSON.stringify([...entry].filter(([sid]) => sid !== 6).sort(([a], [b]) => a - b)),
      });
    case "anydata":
      return arbitraryTree(
        [node.parent?.children.find((child) => child.kind === "leaf")].filter((child) => child !== undefined),
      );
    default:
      return arbitraryMembers(node, []);
  }
}

function arbitraryMembers(node: SchemaNode, always: readonly string[]): fc.Arbitrary<Tree> {
  return arbitraryTree(node.children, always);
}

/** Some of the nodes, in any order. */
export function arbitraryTree(nodes: readonly SchemaNode[], always: readonly string[] = []): fc.Arbitrary<Tree> {
  const pairs = nodes.map((node) => {
    const value = arbitraryValue(node).map((made) => [node.sid ?? 0, made] as const);
    return always.includes(node.name) ? value : fc.option(value, { nil: undefined });
  });
  return fc.tuple(...pairs).chain((chosen) =>
    fc
      .shuffledSubarray(
        chosen.filter((pair) => pair !== undefined),
        { minLength: 0 },
      )
      .map((some) => complete(some, chosen, nodes, always)),
  );
}

function complete(
  some: ReadonlyArray<readonly [number, Value]>,
  chosen: ReadonlyArray<readonly [number, Value] | undefined>,
  nodes: readonly SchemaNode[],
  always: readonly string[],
): Tree {
  const tree = new Map(some);
  for (const [index, node] of nodes.entries()) {
    const pair = chosen[index];
    if (always.includes(node.name) && pair !== undefined) tree.set(...pair);
  }
  return tree;
}

export const zooTree = arbitraryTree(ZOO.roots);

/** How another encoder may write the same tree (RFC 9254 §3, §4.2.1). */
export interface Style {
  readonly absolute: boolean;
  readonly indefinite: boolean;
  readonly reversed: boolean;
  /** Names as keys: every time, or every other time. */
  readonly names?: "all" | "some";
}

export function encodeOtherwise(tree: Tree, plan: Plan, style: Style): string {
  return members(tree, plan.root, plan, style, 0);
}

const hexOf = (fill: (writer: CborWriter) => void): string => {
  const writer = new CborWriter();
  fill(writer);
  return toHex(writer.finish());
};

function members(tree: Tree, node: PlanNode, plan: Plan, style: Style, reference: number): string {
  const pairs = style.reversed ? [...tree].reverse() : [...tree];
  const body = pairs.map(([sid, value], index) => {
    const child = plan.nodes.get(sid)!;
    if (sid < 0 || style.names === "all" || (style.names === "some" && index % 2 === 1)) {
      const { module, name } = child.schema;
      const simple = !node.open && module === node.schema.module && index % 3 !== 0;
      const key = hexOf((writer) => writer.text(simple ? name : `${module}:${name}`));
      return key + encodedValue(value, child, plan, style, 0);
    }
    const key = style.absolute
      ? `d82f${hexOf((writer) => writer.integer(sid))}`
      : hexOf((writer) => writer.integer(sid - reference));
    return key + encodedValue(value, child, plan, style, child.reference);
  });
  return style.indefinite ? `bf${body.join("")}ff` : hexOf((writer) => writer.map(tree.size)) + body.join("");
}

function encodedValue(value: Value, node: PlanNode, plan: Plan, style: Style, reference: number): string {
  if (value instanceof Map) return members(value, node, plan, style, reference);
  if (!Array.isArray(value)) return encodedLeaf(value as LeafValue, node, plan, style);
  const body = value.map((item: Tree | LeafValue) =>
    item instanceof Map
      ? members(item, node, plan, style, reference)
      : encodedLeaf(item as LeafValue, node, plan, style),
  );
  return style.indefinite ? `9f${body.join("")}ff` : hexOf((writer) => writer.array(body.length)) + body.join("");
}

function encodedLeaf(value: LeafValue, node: PlanNode, plan: Plan, style: Style): string {
  const plain = hexOf((writer) => leafIn(node, plan).write(writer, value));
  if (!style.indefinite) return plain;
  if (typeof value === "string" && node.schema.type?.base === "string") return value === "" ? "7fff" : `7f${plain}ff`;
  return value instanceof Uint8Array ? `5f${plain}ff` : plain;
}
