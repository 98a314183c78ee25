/** Questions about values: equality, the keys of list entries, which case of a choice is there. */
import type { LeafValue, Tree, Value } from "../tree.ts";
import type { PlanNode } from "./plan-node.ts";

export function equalLeaf(a: LeafValue, b: LeafValue): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (b instanceof Uint8Array) return false;
  if ("sid" in a) return "sid" in b && a.sid === b.sid && equalLeaves(a.keys, b.keys);
  return "member" in b && a.member === b.member && equalLeaf(a.value, b.value);
}

export const equalLeaves = (a: readonly LeafValue[], b: readonly LeafValue[]): boolean =>
  a.length === b.length && a.every((value, index) => equalLeaf(value, b[index]!));

/** Entries and values of a list in the same order. */
export function equalValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false;
    return [...(a as Tree)].every(([sid, value]) => b.has(sid) && equalValue(value, b.get(sid)));
  }
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((value: Value, at) => equalValue(value, b[at]));
  }
  if (b instanceof Map || Array.isArray(b)) return false;
  return equalLeaf(a as LeafValue, b as LeafValue);
}

/** Equal to the default of a leaf or leaf-list? */
export function isFallback(value: Value, node: PlanNode): boolean {
  const { fallback } = node;
  if (fallback === undefined) return false;
  if (node.kind === "leaf-list") return equalLeaves(leavesIn(value), leavesIn(fallback));
  return equalLeaf(value as LeafValue, fallback as LeafValue);
}

export const treeIn = (value: Value | undefined): Tree | undefined => (value instanceof Map ? value : undefined);
export const entriesIn = (value: Value | undefined): readonly Tree[] =>
  Array.isArray(value) ? (value as readonly Tree[]) : [];
export const leavesIn = (value: Value | undefined): readonly LeafValue[] =>
  Array.isArray(value) ? (value as readonly LeafValue[]) : [];

/** A list or leaf-list without anything in it is not there (RFC 7951 §5.3, §5.4), although a body may say so. */
export const isThere = (tree: Tree, { sid }: PlanNode): boolean => {
  const value = tree.get(sid);
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
};

/** The keys of an entry; undefined when one is missing. */
export function keysOf(entry: Tree, list: PlanNode): LeafValue[] | undefined {
  const keys: LeafValue[] = [];
  for (const key of list.keys) {
    const value = entry.get(key.sid) as LeafValue | undefined;
    if (value === undefined) return undefined;
    keys.push(value);
  }
  return keys;
}

/** The choices that a node stems from, from the outside in, each told from all others below the same parent. */
export function choicesOf(node: PlanNode): ReadonlyArray<{ readonly choice: string; readonly case: string }> {
  let path = "";
  return (node.schema.cases ?? []).map((level) => {
    const choice = `${path}/${level.choice}`;
    path = `${choice}/${level.case}`;
    return { choice, case: level.case };
  });
}

/** Do the two stand in different cases of one choice? */
export function excludes(a: PlanNode, b: PlanNode): boolean {
  if (a.schema.cases === undefined || b.schema.cases === undefined) return false;
  const others = choicesOf(b);
  return choicesOf(a).some((level, index) => {
    const other = others[index];
    return other !== undefined && other.choice === level.choice && other.case !== level.case;
  });
}

/**
 * Does the default of `node` count inside `parent`? Only when the cases it stems from are chosen, or are the default
 * of a choice of which nothing is there (RFC 7950 §7.9.3).
 */
export function defaultApplies(node: PlanNode, parent: Tree): boolean {
  const { cases } = node.schema;
  if (cases === undefined) return true;
  const siblings = node.parent?.children ?? [];
  const mine = choicesOf(node);
  return cases.every((level, index) => {
    const present = siblings.filter(
      (sibling) => isThere(parent, sibling) && choicesOf(sibling)[index]?.choice === mine[index]!.choice,
    );
    if (present.length === 0) return level.isDefault;
    return present.some((sibling) => choicesOf(sibling)[index]!.case === level.case);
  });
}
