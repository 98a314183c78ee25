/** The part of a datastore that an instance path names, with the keys of the lists on its way: still a datastore tree. */
import { equalLeaves } from "../codec/value.ts";
import type { NodePath } from "../path.ts";
import type { SchemaNode } from "../schema.ts";
import { EMPTY_TREE, isTree, type LeafValue, type MutableTree, type Tree, type Value } from "../tree.ts";

/** Empty when nothing of it is there. */
export function subtreeAt(tree: Tree, { node, keys }: NodePath): Tree {
  return pick(tree, { line: lineOf(node), keys }, 0, 0);
}

interface Way {
  readonly line: readonly SchemaNode[];
  /** Of each list on the way; undefined = all of its entries. */
  readonly keys: NodePath["keys"];
}

function lineOf(node: SchemaNode): readonly SchemaNode[] {
  const line: SchemaNode[] = [];
  for (let at: SchemaNode | undefined = node; at !== undefined; at = at.parent) line.unshift(at);
  return line;
}

/** `lists`: how many of them lie above. */
function pick(tree: Tree, way: Way, depth: number, lists: number): Tree {
  const step = way.line[depth];
  const value = step && tree.get(step.sid);
  if (step === undefined || value === undefined) return EMPTY_TREE;
  const picked = step.kind === "list" ? pickEntries(value, step, way, depth, lists) : pickOne(value, way, depth, lists);
  return picked === undefined || isNothing(picked, step) ? EMPTY_TREE : new Map([[step.sid, picked]]);
}

const isLast = ({ line }: Way, depth: number): boolean => depth === line.length - 1;

function pickOne(value: Value, way: Way, depth: number, lists: number): Value | undefined {
  if (isLast(way, depth)) return value;
  return isTree(value) ? pick(value, way, depth + 1, lists) : undefined;
}

function pickEntries(value: Value, list: SchemaNode, way: Way, depth: number, lists: number): readonly Tree[] {
  const wanted = way.keys[lists];
  const keySids = (list.keys ?? []).map((name) => list.children.find((child) => child.name === name)?.sid ?? 0);
  const entries = Array.isArray(value) ? (value as readonly Tree[]) : [];
  return entries.flatMap((entry): readonly Tree[] => {
    const own = keySids.map((sid) => (entry.get(sid) ?? null) as LeafValue);
    if (wanted !== undefined && !equalLeaves(own, wanted)) return [];
    if (isLast(way, depth)) return [entry];
    const inner = pick(entry, way, depth + 1, lists + 1);
    if (inner.size === 0) return [];
    const kept: MutableTree = new Map(keySids.map((sid, index) => [sid, own[index]!]));
    for (const [sid, child] of inner) kept.set(sid, child);
    return [kept];
  });
}

/** RFC 7950 §7.5.1, RFC 7951 §5.3: an empty list is not there, and an empty container only where its presence says something. */
const isNothing = (value: Value, { kind, presence }: SchemaNode): boolean =>
  Array.isArray(value) ? value.length === 0 : isTree(value) && value.size === 0 && !(kind === "container" && presence);
