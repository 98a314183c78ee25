/**
 * What an edit does to each node of the configuration: created, updated or deleted, also where the request does not name
 * it (another case of a choice, the rest of what was replaced). Who may edit is asked of each of them (RFC 8341 §3.2.3).
 */
import { planOf } from "../codec/plan.ts";
import type { PlanNode } from "../codec/plan-node.ts";
import { entriesIn, equalLeaf, equalLeaves, leavesIn, treeIn } from "../codec/value.ts";
import type { Schema } from "../schema.ts";
import { EMPTY_TREE, type InstanceId, type LeafValue, type Tree, type Value } from "../tree.ts";
import { entryIn, entryKeys } from "./entries.ts";

export type Touch = "create" | "update" | "delete";
export type OnTouch = (id: InstanceId, touch: Touch) => void;

/** Asks `on` of one node after the other; it may throw. State is passed over: nobody edits it. */
export function touched(before: Tree, after: Tree, schema: Schema, on: OnTouch): void {
  inMembers(before, after, planOf(schema).root, [], on);
}

type Keys = readonly LeafValue[];

function inMembers(before: Tree, after: Tree, parent: PlanNode, keys: Keys, on: OnTouch): void {
  if (before === after) return;
  for (const child of parent.children) {
    const [was, is] = [before.get(child.sid), after.get(child.sid)];
    if (was !== is && child.schema.config) inChild(was, is, child, keys, on);
  }
}

function inChild(was: Value | undefined, is: Value | undefined, node: PlanNode, keys: Keys, on: OnTouch): void {
  const id = { sid: node.sid, keys };
  switch (node.kind) {
    case "container":
      // RFC 7950 §7.5.1: without presence it says nothing by itself, so only its contents count.
      if (node.schema.presence === true && (was === undefined || is === undefined)) on(id, kindOf(was, is));
      inMembers(treeIn(was) ?? EMPTY_TREE, treeIn(is) ?? EMPTY_TREE, node, keys, on);
      return;
    case "list":
      inList(entriesIn(was), entriesIn(is), node, keys, on);
      return;
    case "leaf-list":
      inLeafList(leavesIn(was), leavesIn(is), id, on);
      return;
    default:
      if (was === undefined || is === undefined || !isSameLeaf(was, is)) on(id, kindOf(was, is));
  }
}

const kindOf = (was: Value | undefined, is: Value | undefined): Touch =>
  was === undefined ? "create" : is === undefined ? "delete" : "update";

/** Contents of anydata are not compared: written anew, they are updated. */
const isSameLeaf = (was: Value, is: Value): boolean =>
  !(was instanceof Map) && !(is instanceof Map) && equalLeaf(was as LeafValue, is as LeafValue);

function inLeafList(was: readonly LeafValue[], is: readonly LeafValue[], id: InstanceId, on: OnTouch): void {
  if (equalLeaves(was, is)) return;
  const isIn = (value: LeafValue, list: readonly LeafValue[]): boolean => list.some((other) => equalLeaf(value, other));
  const added = is.some((value) => !isIn(value, was));
  const gone = was.some((value) => !isIn(value, is));
  if (added) on(id, "create");
  if (gone) on(id, "delete");
  if (!added && !gone) on(id, "update"); // another order
}

function inList(was: readonly Tree[], is: readonly Tree[], list: PlanNode, keys: Keys, on: OnTouch): void {
  for (const entry of was) {
    if (entryIn(is, entry, list) === undefined) wholeEntry(entry, list, keys, "delete", on);
  }
  const staying: Tree[] = [];
  for (const entry of is) {
    const old = entryIn(was, entry, list);
    if (old === undefined) wholeEntry(entry, list, keys, "create", on);
    else {
      staying.push(old);
      inMembers(old, entry, list, entryKeys(entry, list, keys), on);
    }
  }
  if (list.schema.orderedByUser === true && !isInOrder(staying, was)) on({ sid: list.sid, keys }, "update");
}

function wholeEntry(entry: Tree, list: PlanNode, keys: Keys, touch: Touch, on: OnTouch): void {
  const own = entryKeys(entry, list, keys);
  on({ sid: list.sid, keys: own }, touch);
  const [before, after] = touch === "create" ? [EMPTY_TREE, entry] : [entry, EMPTY_TREE];
  inMembers(before, after, list, own, on);
}

/** Do these entries stand among the others in the same order? */
function isInOrder(entries: readonly Tree[], among: readonly Tree[]): boolean {
  let at = 0;
  for (const entry of among) if (entries[at] === entry) at += 1;
  return at === entries.length;
}
