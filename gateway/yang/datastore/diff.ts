/**
 * From one configuration to another as edits: what PUT and DELETE of a whole datastore mean to a node that only ever takes
 * edits (draft-ietf-core-comi-21 §3.3, §3.2.3). As few and as small ones as the forms of an iPATCH allow; state is passed over.
 */
import { UsageError } from "../../base/index.ts";
import { formatId } from "../codec/instance-id.ts";
import { planOf } from "../codec/plan.ts";
import type { PlanNode } from "../codec/plan-node.ts";
import { entriesIn, equalValue, excludes, treeIn } from "../codec/value.ts";
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
import { entryIn, entryKeys, entryText, isOrderKept } from "./entries.ts";

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
    if (was === is) continue; // trees share what an edit has not touched
    // What another case takes the place of goes by itself (RFC 7950 §7.9).
    const replaced =
      !isSaid(is, child) &&
      parent.children.some((other) => excludes(other, child) && isSaid(after.get(other.sid), other));
    if (!replaced) found.push(...inChild(was, is, child, keys));
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
  if (!isThere(is, node)) return isThere(was, node) ? [{ id, value: undefined }] : [];
  if (!isThere(was, node)) return [{ id, value: configOf(is, node) }];
  const inside = inMembers(was, is, node, keys);
  return inside.some(isUnsayable) ? [{ id, value: configOf(is, node) }] : inside;
}

/** A container without presence is there by the configuration in it (RFC 7950 §7.5.1). */
const isThere = (contents: Tree | undefined, node: PlanNode): contents is Tree =>
  contents !== undefined &&
  (node.schema.presence === true || node.children.some((child) => isSaid(contents.get(child.sid), child)));

/** Is there configuration in it? */
function isSaid(value: Value | undefined, node: PlanNode): boolean {
  if (value === undefined || !node.schema.config) return false;
  if (node.kind === "container") return isThere(treeIn(value), node);
  return node.kind !== "list" || entriesIn(value).length > 0;
}

function inList(was: readonly Tree[], is: readonly Tree[], list: PlanNode, keys: Keys): readonly Instance[] {
  const id: InstanceId = { sid: list.sid, keys };
  if (is.length === 0) return was.length === 0 ? [] : [{ id, value: undefined }];
  const { gone, come, last } = trimmed(was, is);
  const deleted = (entries: readonly Tree[]): readonly Instance[] =>
    entries.map((entry) => ({ id: entryId(entry, list, keys), value: undefined }));
  if (come.length === 0) return deleted(gone);
  const stay = gone.length === come.length || (last && gone.length < come.length);
  if (stay && gone.every((entry, at) => entryText(entry, list) === entryText(come[at] ?? EMPTY_TREE, list))) {
    return come.flatMap((entry, at) => inEntry(gone[at], entry, list, keys));
  }
  // §3.2.1: entries that stay keep their places, and new ones come last. Another order takes the whole list.
  if (list.schema.orderedByUser === true && !isOrderKept(was, is, list)) {
    return [{ id, value: is.map((entry) => configOf(entry, list)) }];
  }
  const lost = gone.filter((entry) => entryIn(is, entry, list) === undefined);
  return [...deleted(lost), ...come.flatMap((entry) => inEntry(entryIn(was, entry, list), entry, list, keys))];
}

/**
 * Two lists without the entries that they share at their start and at their end: after one edit of a long list that is
 * nearly all of it. `last`: nothing stands behind the rest.
 */
function trimmed(
  was: readonly Tree[],
  is: readonly Tree[],
): { readonly gone: readonly Tree[]; readonly come: readonly Tree[]; readonly last: boolean } {
  let start = 0;
  while (start < was.length && start < is.length && was[start] === is[start]) start += 1;
  let same = 0;
  const most = Math.min(was.length, is.length) - start;
  while (same < most && was[was.length - 1 - same] === is[is.length - 1 - same]) same += 1;
  return { gone: was.slice(start, was.length - same), come: is.slice(start, is.length - same), last: same === 0 };
}

function inEntry(was: Tree | undefined, is: Tree, list: PlanNode, keys: Keys): readonly Instance[] {
  if (was === is) return [];
  const id = entryId(is, list, keys);
  if (was === undefined) return [{ id, value: configOf(is, list) }];
  const inside = inMembers(was, is, list, id.keys);
  return inside.some(isUnsayable) ? [{ id, value: configOf(is, list) }] : inside;
}

const entryId = (entry: Tree, list: PlanNode, keys: Keys): InstanceId => ({
  sid: list.sid,
  keys: entryKeys(entry, list, keys),
});

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
