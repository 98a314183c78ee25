/**
 * iPATCH (draft-ietf-core-comi-21 §3.2.3, RFC 8132 §3): each instance creates, replaces or deletes; all of them or none.
 * Trees are copied along the edited paths only, so an error leaves nothing to undo.
 */
import { Fault } from "../codec/fault.ts";
import { lineage, located, outerKeys } from "../codec/instance-id.ts";
import { planOf } from "../codec/plan.ts";
import type { Plan, PlanNode } from "../codec/plan-node.ts";
import { entriesIn, equalLeaf, excludes, keysOf, leavesIn, treeIn } from "../codec/value.ts";
import type { Schema } from "../schema.ts";
import {
  copyTree,
  EMPTY_TREE,
  type Instance,
  type InstanceId,
  type LeafValue,
  type MutableTree,
  type Tree,
  type Value,
} from "../tree.ts";
import { withoutUnmet } from "../validate/edits/unmet.ts";
import { entryOf, entryText, findEntry, type KeyText, withEntry } from "./entries.ts";

/** The tree after the edits, without what their conditions then take away (RFC 7950 §8.2). Throws WireError `yang.*`. */
export function edit(tree: Tree, instances: readonly Instance[], schema: Schema): Tree {
  const plan = planOf(schema);
  try {
    return withoutUnmet(tree, applyAll(tree, instances, plan), instances, plan);
  } catch (error) {
    throw located(error, plan);
  }
}

/** The same to the letter: as somebody has it who evaluates no conditions, such as a small node. */
export function editToTheLetter(tree: Tree, instances: readonly Instance[], schema: Schema): Tree {
  const plan = planOf(schema);
  try {
    return applyAll(tree, instances, plan);
  } catch (error) {
    throw located(error, plan);
  }
}

function applyAll(tree: Tree, instances: readonly Instance[], plan: Plan): Tree {
  let edited = tree;
  for (const { id, value } of instances) edited = apply(edited, id, value, plan);
  return edited;
}

function apply(tree: Tree, id: InstanceId, value: Value | undefined, plan: Plan): Tree {
  const node = plan.nodes.get(id.sid);
  const fault = (code: Fault["code"], what: string) => new Fault(code, what, id.sid).within(id.keys);
  if (node === undefined) throw fault("yang.unknown-element", `no node has the SID ${id.sid}`);
  if (!node.free || node.kind === "notification" || node.schema.structure === true) {
    throw fault("yang.read-only", `${node.schema.name} is no data of a datastore`);
  }
  if (!node.schema.config) throw fault("yang.read-only", `${node.schema.name} is state (config false)`);
  checkKeys(id, node, fault);
  if (node.parent?.keys.includes(node) === true && value === undefined) {
    throw fault("yang.missing-key", "a key cannot be deleted, only its whole entry");
  }
  if (value !== undefined) refuseState(value, node, id.keys, plan);
  try {
    return descend(tree, lineage(node), 0, id.keys, value);
  } catch (error) {
    throw error instanceof Fault ? error.within(outerKeys(id, error, plan)) : error;
  }
}

/** All keys on the way, or all but those of the list itself (then the list as a whole, or the entry in the value). */
function checkKeys(id: InstanceId, node: PlanNode, fault: (code: Fault["code"], what: string) => Fault): void {
  const wanted = node.idKeys.length;
  const given = id.keys.length;
  if (given > wanted) throw fault("yang.unknown-element", "more keys than the lists on the way have");
  if (given === wanted || (node.kind === "list" && given === wanted - node.keys.length)) return;
  throw fault("yang.missing-key", "a key of a list on the way is missing");
}

/** §6: state cannot be edited, not even as a part of something larger. */
function refuseState(value: Value, node: PlanNode, keys: readonly LeafValue[], plan: Plan): void {
  if (node.kind === "anydata") return;
  if (node.kind === "list") {
    const outer = keys.slice(0, node.idKeys.length - node.keys.length);
    for (const entry of value instanceof Map ? [value as Tree] : entriesIn(value)) {
      const own = keysOf(entry, node) ?? keys.slice(outer.length);
      refuseStateIn(entry, node, [...outer, ...own], plan);
    }
  } else if (value instanceof Map) refuseStateIn(value, node, keys, plan);
}

function refuseStateIn(tree: Tree, node: PlanNode, keys: readonly LeafValue[], plan: Plan): void {
  const seen: PlanNode[] = [];
  for (const [sid, value] of tree) {
    const child = plan.nodes.get(sid);
    if (child === undefined || child.parent !== node) {
      throw new Fault("yang.unknown-element", `no child of ${node.schema.name} has the SID ${sid}`, sid).within(keys);
    }
    if (!child.schema.config) {
      throw new Fault("yang.read-only", `${child.schema.name} is state (config false)`, sid).within(keys);
    }
    const rival = seen.find((other) => excludes(other, child));
    if (rival !== undefined) {
      throw new Fault(
        "yang.bad-element",
        `${rival.schema.name} and ${child.schema.name} exclude each other`,
        sid,
      ).within(keys);
    }
    if (child.schema.cases !== undefined) seen.push(child);
    refuseState(value, child, keys, plan);
  }
}

/** One step down `line`; returns `tree` itself when nothing changes below. */
function descend(
  tree: Tree,
  line: readonly PlanNode[],
  depth: number,
  keys: readonly LeafValue[],
  value: Value | undefined,
): Tree {
  const step = line[depth]!;
  const old = tree.get(step.sid);
  if (depth === line.length - 1) return put(tree, step, replace(old, step, keys, value, tree));
  if (step.kind === "list") return put(tree, step, descendEntry(old, line, depth, keys, value));
  if (old === undefined && value === undefined) return tree;
  const before = treeIn(old) ?? EMPTY_TREE;
  const after = descend(before, line, depth + 1, keys, value);
  if (after === before) return tree;
  return put(tree, step, after.size === 0 && step.schema.presence !== true ? undefined : after);
}

function descendEntry(
  old: Value | undefined,
  line: readonly PlanNode[],
  depth: number,
  keys: readonly LeafValue[],
  value: Value | undefined,
): Value | undefined {
  const list = line[depth]!;
  const own = keys.slice(0, list.keys.length);
  const entries = entriesIn(old);
  const index = findEntry(entries, list, own);
  if (index < 0 && value === undefined) return old;
  // An entry that exists keeps its place; new ones come last, in the order of the request (§3.2.1).
  const before = index < 0 ? entryOf(list, own) : entries[index]!;
  const after = descend(before, line, depth + 1, keys.slice(own.length), value);
  return after === before && index >= 0 ? old : withEntry(entries, index, after);
}

/** Sets or deletes a child in a copy; a node of one case removes those of the others (RFC 7950 §7.9). */
export function put(tree: Tree, node: PlanNode, value: Value | undefined): Tree {
  if (value === tree.get(node.sid)) return tree;
  const copy = copyTree(tree);
  if (value === undefined) copy.delete(node.sid);
  else {
    copy.set(node.sid, value);
    dropRivals(copy, node);
  }
  return copy;
}

export function dropRivals(tree: MutableTree, node: PlanNode): void {
  if (node.schema.cases === undefined) return;
  for (const sibling of node.parent?.children ?? []) if (excludes(sibling, node)) tree.delete(sibling.sid);
}

/** The new value of the target itself. */
function replace(
  old: Value | undefined,
  node: PlanNode,
  keys: readonly LeafValue[],
  value: Value | undefined,
  parent: Tree,
): Value | undefined {
  if (node.kind === "list") return replaceInList(old, node, keys, value);
  if (node.kind === "container") {
    const next = withState(treeIn(value) ?? EMPTY_TREE, treeIn(old), node);
    return value === undefined && next.size === 0 ? undefined : next;
  }
  if (node.kind === "leaf-list" && leavesIn(value).length === 0) return undefined;
  if (node.parent?.keys.includes(node) === true) {
    const key = parent.get(node.sid) as LeafValue;
    if (!equalLeaf(key, value as LeafValue)) throw new Fault("yang.invalid-value", "a key cannot be changed", node.sid);
  }
  return value;
}

function replaceInList(
  old: Value | undefined,
  list: PlanNode,
  keys: readonly LeafValue[],
  value: Value | undefined,
): Value | undefined {
  const entries = entriesIn(old);
  if (keys.length === 0) {
    if (value === undefined) return undefined;
    if (!(value instanceof Map)) return replaceList(entries, list, entriesIn(value));
  }
  const own = keys.length > 0 ? keys : keysOf(treeIn(value) ?? EMPTY_TREE, list);
  if (own === undefined) throw new Fault("yang.missing-key", `an entry of ${list.schema.name} lacks a key`, list.sid);
  const index = findEntry(entries, list, own);
  if (value === undefined) {
    if (index < 0) return old;
    return entries.length === 1 ? undefined : entries.toSpliced(index, 1);
  }
  return withEntry(entries, index, withState(keyed(treeIn(value) ?? EMPTY_TREE, list, own), entries[index], list));
}

/** `sid: array` stands for the list as a whole (RFC 9254 §4.4). */
function replaceList(old: readonly Tree[], list: PlanNode, next: readonly Tree[]): Value | undefined {
  if (next.length === 0) return undefined;
  if (list.keys.length === 0) return next;
  const seen = new Set<KeyText | undefined>();
  return next.map((entry) => {
    const keys = keysOf(entry, list);
    if (keys === undefined)
      throw new Fault("yang.missing-key", `an entry of ${list.schema.name} lacks a key`, list.sid);
    const text = entryText(entry, list);
    if (seen.has(text)) throw new Fault("yang.duplicate", "an entry is there twice", list.sid).within(keys);
    seen.add(text);
    return withState(entry, old[findEntry(old, list, keys)], list);
  });
}

/** The entry with the keys that the identifier names; they may be left out of the value but not differ. */
function keyed(entry: Tree, list: PlanNode, keys: readonly LeafValue[]): Tree {
  const complete: MutableTree = new Map(entryOf(list, keys));
  for (const [sid, value] of entry) {
    const key = complete.get(sid) as LeafValue | undefined;
    if (key !== undefined && !equalLeaf(key, value as LeafValue)) {
      throw new Fault("yang.invalid-value", "the key differs from the one in the identifier", sid);
    }
    complete.set(sid, value);
  }
  return complete;
}

/** Replacing configuration leaves the state around it alone: one datastore holds both (§2.4). */
function withState(next: Tree, old: Tree | undefined, node: PlanNode): Tree {
  if (old === undefined) return next;
  let merged: MutableTree | undefined;
  for (const child of node.children) {
    const was = old.get(child.sid);
    if (was === undefined) continue;
    const now = next.get(child.sid);
    const kept = child.schema.config ? stateBelow(now, was, child) : was;
    if (kept !== undefined && kept !== now) {
      merged ??= new Map(next);
      merged.set(child.sid, kept);
    }
  }
  return merged ?? next;
}

function stateBelow(now: Value | undefined, was: Value, node: PlanNode): Value | undefined {
  if (node.kind === "container") {
    const kept = withState(treeIn(now) ?? EMPTY_TREE, treeIn(was), node);
    return now === undefined && kept.size === 0 ? undefined : kept;
  }
  if (node.kind !== "list" || now === undefined) return now;
  const before = entriesIn(was);
  let changed = false;
  const entries = entriesIn(now).map((entry) => {
    const kept = withState(entry, before[findEntry(before, node, keysOf(entry, node) ?? [])], node);
    changed ||= kept !== entry;
    return kept;
  });
  return changed ? entries : now;
}
