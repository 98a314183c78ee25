/** Resolved types → the type table of the image: equal types share one row, leafrefs lead to their target's row. */
import { refuse } from "../finding.ts";
import type { TypeImage } from "../image.ts";
import { MAX_CHAIN } from "../limits.ts";
import type { Draft } from "../tree/draft.ts";
import { checkReference, type Leafref, leafrefTarget } from "./leafref.ts";
import type { NamedValue } from "./named-values.ts";
import { intervalsOf, type ResolvedType } from "./resolve-type.ts";

export interface TypeTable {
  readonly rows: readonly TypeImage[];
  /** The row of a leaf's type. */
  rowOf(leaf: Draft): number | undefined;
  /** The type that a leafref among the types of a leaf leads to. */
  targetOf(type: ResolvedType, leaf: Draft): ResolvedType | undefined;
}

/** An empty table; `roots` is the finished tree in which leafrefs are followed. */
export function openTypeTable(roots: readonly Draft[]): TypeTable {
  const rows: TypeImage[] = [];
  const known = new Map<string, number>();
  /** Types that mean the same wherever they stand, because no leafref is among them. */
  const constant = new Map<ResolvedType, number>();
  const rowsOfLeafs = new Map<Draft, number>();
  /** Leafs whose rows are being made, against circles. */
  const open = new Set<Draft>();

  const intern = (type: ResolvedType, leaf: Draft, ofLeaf: Map<ResolvedType, number>): number => {
    const before = constant.get(type) ?? ofLeaf.get(type);
    if (before !== undefined) return before;
    const row = rowFor(type, leaf, ofLeaf);
    const text = JSON.stringify(row);
    const index = known.get(text) ?? rows.push(row) - 1;
    known.set(text, index);
    const isConstant = type.base !== "leafref" && (type.members ?? []).every((member) => constant.has(member));
    (isConstant ? constant : ofLeaf).set(type, index);
    return index;
  };

  const rowFor = (type: ResolvedType, leaf: Draft, ofLeaf: Map<ResolvedType, number>): TypeImage => {
    const { base, bounds, leafref } = type;
    const intervals = bounds && intervalsOf(bounds);
    const isLength = base === "string" || base === "binary";
    return {
      base,
      typedef: type.typedef,
      range: isLength ? undefined : intervals,
      length: isLength ? intervals : undefined,
      boundsSay: type.boundsSay,
      patterns: type.patterns,
      fractionDigits: type.fractionDigits,
      enums: type.enums && present(type.enums).map(({ name, value }) => ({ name, value })),
      bits: type.bits && present(type.bits).map(({ name, value }) => ({ name, position: value })),
      identityBases: type.identityBases,
      path: leafref?.path,
      target: leafref && targetRow(type, leafref, leaf),
      requireInstance: type.requireInstance,
      members: type.members?.map((member) => intern(member, leaf, ofLeaf)),
    };
  };

  const targetRow = (type: ResolvedType, leafref: Leafref, leaf: Draft): number => {
    const target = leafrefTarget(leaf, leafref, roots);
    if (open.has(target)) refuse(leafref.at, "the path leads round in a circle");
    if (open.size > MAX_CHAIN) refuse(leafref.at, `leafrefs lead on for more than ${MAX_CHAIN} steps`);
    checkReference(leaf, leafref, type.requireInstance ?? true, target);
    return rowOf(target) ?? refuse(leafref.at, "the path must lead to a leaf or leaf-list");
  };

  const rowOf = (leaf: Draft): number | undefined => {
    if (leaf.type === undefined) return undefined;
    const before = rowsOfLeafs.get(leaf);
    if (before !== undefined) return before;
    open.add(leaf);
    const row = intern(leaf.type, leaf, new Map());
    open.delete(leaf);
    rowsOfLeafs.set(leaf, row);
    return row;
  };

  const targetOf = (type: ResolvedType, leaf: Draft): ResolvedType | undefined =>
    type.leafref && leafrefTarget(leaf, type.leafref, roots).type;

  return { rows, rowOf, targetOf };
}

const present = (values: readonly NamedValue[]): readonly NamedValue[] => values.filter((each) => each.present);
