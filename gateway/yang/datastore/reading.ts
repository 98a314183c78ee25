/**
 * Two states of a foreign datastore, configuration and state alike: what is new or changed as a fragment to `merge`, and what
 * is not there any more. Entries that users order are told as a whole list when their order changed.
 */
import { isCoded } from "../../base/index.ts";
import { decodeIdentifiers } from "../codec/codec.ts";
import { lineage, located } from "../codec/instance-id.ts";
import { planOf } from "../codec/plan.ts";
import type { PlanNode } from "../codec/plan-node.ts";
import { entriesIn, equalValue, isFallback, keysOf, treeIn } from "../codec/value.ts";
import type { Schema } from "../schema.ts";
import {
  copyTree,
  EMPTY_TREE,
  type InstanceId,
  type LeafValue,
  type MutableTree,
  type Tree,
  type Value,
} from "../tree.ts";
import { entryIn, entryKeys, entryOf, findEntry, isOrderKept, withEntry } from "./entries.ts";

export interface Reading {
  /** A root map of what is new or was changed. */
  readonly data: Tree;
  readonly gone: readonly InstanceId[];
}

export interface ReadingOptions {
  /** `after` was trimmed (draft-ietf-core-comi-21 §3.1.2): a value that equals its default may be there and is not told. */
  readonly trimmed?: boolean;
}

type Keys = readonly LeafValue[];

interface Walk {
  readonly trimmed: boolean;
  readonly gone: InstanceId[];
}

export function readingBetween(before: Tree, after: Tree, schema: Schema, options: ReadingOptions = {}): Reading {
  const walk: Walk = { trimmed: options.trimmed === true, gone: [] };
  const data = inMembers(before, after, planOf(schema).root, [], walk);
  return { data, gone: walk.gone };
}

/** Stored identifiers of what went; none when a module that they name was taken away since. */
export function goneIn(bytes: Uint8Array, schema: Schema): readonly InstanceId[] {
  try {
    return decodeIdentifiers(bytes, schema, "any");
  } catch (error) {
    if (isCoded(error)) return [];
    throw error;
  }
}

/** The tree without these instances, whatever they are; what is not there, or not known, changes nothing. */
export function withoutInstances(tree: Tree, ids: readonly InstanceId[], schema: Schema): Tree {
  const plan = planOf(schema);
  let left = tree;
  try {
    for (const { sid, keys } of ids) {
      const node = plan.nodes.get(sid);
      if (node?.free === true) left = without(left, lineage(node), 0, keys);
    }
  } catch (error) {
    throw located(error, plan);
  }
  return left;
}

function inMembers(was: Tree, is: Tree, parent: PlanNode, keys: Keys, walk: Walk): MutableTree {
  const data: MutableTree = new Map();
  for (const child of parent.children) {
    if (!child.free || parent.keys.includes(child)) continue;
    const [old, now] = [present(was.get(child.sid)), present(is.get(child.sid))];
    const news = old === now ? undefined : inChild(old, now, child, keys, walk);
    if (news !== undefined) data.set(child.sid, news);
  }
  return data;
}

/** A list or leaf-list with nothing in it is not there (RFC 7951 §5.3, §5.4). */
const present = (value: Value | undefined): Value | undefined =>
  Array.isArray(value) && value.length === 0 ? undefined : value;

function inChild(was: Value | undefined, is: Value | undefined, node: PlanNode, keys: Keys, walk: Walk) {
  if (node.kind === "container") return inContainer(treeIn(was), treeIn(is), node, keys, walk);
  if (is === undefined) {
    const kept = walk.trimmed && was !== undefined && node.kind !== "list" && isFallback(was, node);
    if (!kept) walk.gone.push({ sid: node.sid, keys });
    return undefined;
  }
  if (node.kind === "list" && node.keys.length > 0) return inList(entriesIn(was), entriesIn(is), node, keys, walk);
  return equalValue(was, is) ? undefined : is;
}

function inContainer(was: Tree | undefined, is: Tree | undefined, node: PlanNode, keys: Keys, walk: Walk) {
  if (node.schema.presence === true) {
    if (is === undefined) {
      walk.gone.push({ sid: node.sid, keys });
      return undefined;
    }
    if (was === undefined) return is;
  }
  const inner = inMembers(was ?? EMPTY_TREE, is ?? EMPTY_TREE, node, keys, walk);
  return inner.size === 0 ? undefined : inner;
}

function inList(was: readonly Tree[], is: readonly Tree[], list: PlanNode, keys: Keys, walk: Walk) {
  if (list.schema.orderedByUser === true && !isOrderKept(was, is, list)) {
    walk.gone.push({ sid: list.sid, keys });
    return is;
  }
  for (const entry of was) {
    if (entryIn(is, entry, list) === undefined) walk.gone.push({ sid: list.sid, keys: entryKeys(entry, list, keys) });
  }
  const news = is.flatMap((entry) => {
    const old = entryIn(was, entry, list);
    if (old === undefined) return [entry];
    const inner = inMembers(old, entry, list, entryKeys(entry, list, keys), walk);
    return inner.size === 0 ? [] : [new Map([...entryOf(list, keysOf(entry, list) ?? []), ...inner])];
  });
  return news.length === 0 ? undefined : news;
}

/** One step down `line`; the tree itself when nothing changes below. */
function without(tree: Tree, line: readonly PlanNode[], depth: number, keys: Keys): Tree {
  const step = line[depth];
  const old = step && tree.get(step.sid);
  if (step === undefined || old === undefined) return tree;
  const isLast = depth === line.length - 1;
  if (step.kind === "list" && !(isLast && keys.length === 0)) {
    return set(tree, step, withoutEntry(entriesIn(old), line, depth, keys));
  }
  if (isLast) return set(tree, step, undefined);
  const before = treeIn(old) ?? EMPTY_TREE;
  const after = without(before, line, depth + 1, keys);
  if (after === before) return tree;
  return set(tree, step, after.size === 0 && step.schema.presence !== true ? undefined : after);
}

function withoutEntry(entries: readonly Tree[], line: readonly PlanNode[], depth: number, keys: Keys) {
  const list = line[depth]!;
  const own = keys.slice(0, list.keys.length);
  const index = own.length < list.keys.length ? -1 : findEntry(entries, list, own);
  const entry = entries[index];
  if (entry === undefined) return entries;
  if (depth === line.length - 1) return entries.length === 1 ? undefined : entries.toSpliced(index, 1);
  return withEntry(entries, index, without(entry, line, depth + 1, keys.slice(own.length)));
}

function set(tree: Tree, { sid }: PlanNode, value: Value | undefined): Tree {
  if (tree.get(sid) === value) return tree;
  const copy = copyTree(tree);
  if (value === undefined) copy.delete(sid);
  else copy.set(sid, value);
  return copy;
}
