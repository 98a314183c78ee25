/**
 * A node's report: a fragment of its datastore, configuration and state alike, laid over what is known. Containers and
 * list entries (by key) merge, everything else is replaced. A report is not complete, so nothing is asked of it but that
 * it names each list entry once.
 */

import { Fault } from "../codec/fault.ts";
import { lineage, located } from "../codec/instance-id.ts";
import { planOf } from "../codec/plan.ts";
import type { Plan, PlanNode } from "../codec/plan-node.ts";
import { entriesIn, keysOf, treeIn } from "../codec/value.ts";
import type { Schema } from "../schema.ts";
import { copyTree, EMPTY_TREE, type Tree, type Value } from "../tree.ts";
import { refuseDuplicates } from "../validate/duplicates.ts";
import { dropRivals, put } from "./edit.ts";
import { copyEntries, findEntry } from "./entries.ts";

/** Throws DataError `yang.unknown-element` and `yang.duplicate`. */
export function merge(tree: Tree, fragment: Tree, schema: Schema): Tree {
  const plan = planOf(schema);
  let merged = tree;
  try {
    for (const sid of fragment.keys()) merged = mergeTop(merged, sid, fragment.get(sid)!, plan);
  } catch (error) {
    throw located(error, plan);
  }
  return merged;
}

/** What stands at the top may lie deep in the schema, as long as no list on the way hides where. */
function mergeTop(tree: Tree, sid: number, value: Value, plan: Plan): Tree {
  const node = plan.nodes.get(sid);
  if (node === undefined) throw new Fault("yang.unknown-element", `no node has the SID ${sid}`, sid);
  const around = node.parent?.lists.length ?? 0;
  if (!node.free || node.kind === "notification" || node.schema.structure === true || around > 0) {
    throw new Fault("yang.unknown-element", `${node.schema.name} cannot stand by itself in a datastore`, sid);
  }
  refuseDuplicates(value, node);
  return mergeDown(tree, lineage(node), 0, value);
}

function mergeDown(tree: Tree, line: readonly PlanNode[], depth: number, value: Value): Tree {
  const step = line[depth]!;
  if (depth === line.length - 1) return mergeChild(tree, step, value);
  return put(tree, step, mergeDown(treeIn(tree.get(step.sid)) ?? EMPTY_TREE, line, depth + 1, value));
}

const mergeChild = (tree: Tree, node: PlanNode, value: Value): Tree =>
  put(tree, node, mergeValue(tree.get(node.sid), value, node));

function mergeValue(old: Value | undefined, value: Value, node: PlanNode): Value {
  if (old === undefined) return value;
  if (node.kind === "container") return mergeMembers(treeIn(old) ?? EMPTY_TREE, treeIn(value) ?? EMPTY_TREE, node);
  if (node.kind === "list" && node.keys.length > 0) return mergeEntries(entriesIn(old), entriesIn(value), node);
  return value;
}

/** What a report says goes into one copy of what was known. */
function mergeMembers(old: Tree, fragment: Tree, node: PlanNode): Tree {
  const merged = copyTree(old);
  for (const child of node.children) {
    const value = fragment.get(child.sid);
    if (value === undefined) continue;
    merged.set(child.sid, mergeValue(old.get(child.sid), value, child));
    dropRivals(merged, child);
  }
  return merged;
}

function mergeEntries(old: readonly Tree[], fragment: readonly Tree[], list: PlanNode): readonly Tree[] {
  const entries = copyEntries(old);
  for (const entry of fragment) {
    const index = findEntry(entries, list, keysOf(entry, list) ?? []);
    if (index < 0) entries.push(entry);
    else entries[index] = mergeMembers(entries[index]!, entry, list);
  }
  return entries;
}
