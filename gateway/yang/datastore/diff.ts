/**
 * From one configuration to another as edits: what PUT and DELETE of a whole datastore mean to a node that only ever takes
 * edits (draft-ietf-core-comi-21 §3.3, §3.2.3). As few and as small ones as the forms of an iPATCH allow; state is passed over.
 */
import { UsageError } from "../../base/index.ts";
import { formatId } from "../codec/instance-id.ts";
import { planOf } from "../codec/plan.ts";
import type { PlanNode } from "../codec/plan-node.ts";
import { entriesIn, equalLeaf, excludes, keysOf, treeIn } from "../codec/value.ts";
import type { Schema } from "../schema.ts";
import {
  EMPTY_TREE,
  type Instance,
  type InstanceId,
  type LeafValue,
  type MutableTree,
  type Tree,
  type Value,
} from "../tree.ts";
import { entryText, findEntry } from "./entries.ts";

/** Applied to `before`, they give it the configuration of `after`. Throws UsageError `yang.empty-at-top`. */
export function diff(before: Tree, after: Tree, schema: Schema): readonly Instance[] {
  const plan = planOf(schema);
  const found = inMembers(before, after, plan.root, []);
  const unsayable = found.find(isUnsayable);
  if (unsayable === undefined) return found;
  throw new UsageError("yang.empty-at-top", { path: formatId(unsayable.id, plan) });
}

type Keys = readonly LeafValue[];

/** As the value of an instance null deletes, so a leaf of type `empty` can only be set as a part of what is around it. */
const isUnsayable = ({ value }: Instance): boolean =>
  value === null || (typeof value === "object" && "member" in value && value.value === null);

function inMembers(before: Tree, after: Tree, parent: PlanNode, keys: Keys): readonly Instance[] {
  const found: Instance[] = [];
  for (const child of parent.children) {
    if (!child.schema.config || parent.keys.includes(child)) continue;
    const [was, is] = [before.get(child.sid), after.get(child.sid)];
    // What another case takes the place of goes by itself (RFC 7950 §7.9).
    const replaced =
      is === undefined && parent.children.some((other) => after.has(other.sid) && excludes(other, child));
    if (was !== is && !replaced) found.push(...inChild(was, is, child, keys));
  }
  return found;
}

function inChild(was: Value | undefined, is: Value | undefined, node: PlanNode, keys: Keys): readonly Instance[] {
  const id: InstanceId = { sid: node.sid, keys };
  switch (node.kind) {
    case "container":
      return inContainer(treeIn(was), treeIn(is), node, keys);
    case "list":
      return inList(entriesIn(was), entriesIn(is), node, keys);
    case "leaf-list":
      return equalValue(present(was), present(is)) ? [] : [{ id, value: present(is) }];
    default:
      return equalValue(was, is) ? [] : [{ id, value: is }];
  }
}

const present = (value: Value | undefined): Value | undefined =>
  Array.isArray(value) && value.length === 0 ? undefined : value;

function inContainer(was: Tree | undefined, is: Tree | undefined, node: PlanNode, keys: Keys): readonly Instance[] {
  const id: InstanceId = { sid: node.sid, keys };
  const old = was && configOf(was, node);
  const next = is && configOf(is, node);
  if (!isThere(next, node)) return isThere(old, node) ? [{ id, value: undefined }] : [];
  if (!isThere(old, node)) return [{ id, value: next }];
  const inside = inMembers(old, next, node, keys);
  return inside.some(isUnsayable) ? [{ id, value: next }] : inside;
}

/** A container without presence is there by what is in it (RFC 7950 §7.5.1). */
const isThere = (contents: Tree | undefined, node: PlanNode): contents is Tree =>
  contents !== undefined && (contents.size > 0 || node.schema.presence === true);

function inList(was: readonly Tree[], is: readonly Tree[], list: PlanNode, keys: Keys): readonly Instance[] {
  const id: InstanceId = { sid: list.sid, keys };
  const next = is.map((entry) => configOf(entry, list));
  if (next.length === 0) return was.length === 0 ? [] : [{ id, value: undefined }];
  const lost = was.filter((entry) => entryIn(next, entry, list) === undefined);
  // §3.2.1: entries that stay keep their places, and new ones come last. Another order takes the whole list.
  if (list.schema.orderedByUser === true && !isOrderKept(was, next, list)) return [{ id, value: next }];
  const gone = lost.map((entry): Instance => ({ id: entryId(entry, list, keys), value: undefined }));
  return [...gone, ...next.flatMap((entry) => inEntry(entryIn(was, entry, list), entry, list, keys))];
}

function inEntry(was: Tree | undefined, is: Tree, list: PlanNode, keys: Keys): readonly Instance[] {
  const id = entryId(is, list, keys);
  if (was === undefined) return [{ id, value: is }];
  const inside = inMembers(configOf(was, list), is, list, id.keys);
  return inside.some(isUnsayable) ? [{ id, value: is }] : inside;
}

const entryId = (entry: Tree, list: PlanNode, keys: Keys): InstanceId => ({
  sid: list.sid,
  keys: [...keys, ...(keysOf(entry, list) ?? [])],
});

const entryIn = (entries: readonly Tree[], like: Tree, list: PlanNode): Tree | undefined =>
  entries[findEntry(entries, list, keysOf(like, list) ?? [])];

function isOrderKept(was: readonly Tree[], is: readonly Tree[], list: PlanNode): boolean {
  const staying = was.filter((entry) => entryIn(is, entry, list) !== undefined);
  return staying.every((entry, at) => entryText(entry, list) === entryText(is[at] ?? EMPTY_TREE, list));
}

/** The contents without their state, and without containers that say nothing. */
function configOf(tree: Tree, node: PlanNode): Tree {
  const kept: MutableTree = new Map();
  for (const child of node.children) {
    const value = tree.get(child.sid);
    if (value === undefined || !child.schema.config) continue;
    if (child.kind === "container") {
      const inner = configOf(treeIn(value) ?? EMPTY_TREE, child);
      if (isThere(inner, child)) kept.set(child.sid, inner);
    } else if (child.kind === "list") {
      const entries = entriesIn(value).map((entry) => configOf(entry, child));
      if (entries.length > 0) kept.set(child.sid, entries);
    } else kept.set(child.sid, value);
  }
  return kept;
}

/** The configuration of a datastore. */
export function configurationOf(tree: Tree, schema: Schema): Tree {
  return configOf(tree, planOf(schema).root);
}

function equalValue(a: Value | undefined, b: Value | undefined): boolean {
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
