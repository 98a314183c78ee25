/** Resolved types → the type table of the image: equal types share one row, leafrefs lead to their target's row. */

import { refuse } from "../finding.ts";
import type { TypeImage } from "../image.ts";
import type { Draft } from "../tree/draft.ts";
import { leafrefTarget } from "./leafref.ts";
import { intervalsOf, type ResolvedType } from "./resolve-type.ts";

export interface TypeTable {
  readonly rows: readonly TypeImage[];
  /** The row of a leaf's type. */
  rowOf(leaf: Draft): number | undefined;
}

/** An empty table; `roots` is the finished tree in which leafrefs are followed. */
export function openTypeTable(roots: readonly Draft[]): TypeTable {
  const rows: TypeImage[] = [];
  const known = new Map<string, number>();

  const intern = (type: ResolvedType, leaf: Draft, via: readonly Draft[]): number => {
    const row = rowFor(type, leaf, via);
    const text = JSON.stringify(row);
    const index = known.get(text) ?? rows.push(row) - 1;
    known.set(text, index);
    return index;
  };

  const rowFor = (type: ResolvedType, leaf: Draft, via: readonly Draft[]): TypeImage => {
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
      enums: type.enums,
      bits: type.bits?.map(({ name, value }) => ({ name, position: value })),
      identityBases: type.identityBases,
      path: leafref?.path,
      target: leafref && targetRow(leafref, leaf, via),
      requireInstance: type.requireInstance,
      members: type.members?.map((member) => intern(member, leaf, via)),
    };
  };

  const targetRow = (leafref: NonNullable<ResolvedType["leafref"]>, leaf: Draft, via: readonly Draft[]): number => {
    const target = leafrefTarget(leaf, leafref, roots);
    if (via.includes(target) || target.type === undefined)
      return refuse(leafref.at, "the path leads round in a circle");
    return intern(target.type, target, [...via, target]);
  };

  return { rows, rowOf: (leaf) => (leaf.type === undefined ? undefined : intern(leaf.type, leaf, [leaf])) };
}
