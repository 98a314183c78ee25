/** Reading a datastore: FETCH of one instance and GET of all, with the queries c and d (draft-ietf-core-comi-21 §3.1). */
import { READ_ALL, type ReadQuery } from "../api.ts";
import { lineage } from "../codec/instance-id.ts";
import { planOf } from "../codec/plan.ts";
import type { Plan, PlanNode } from "../codec/plan-node.ts";
import { defaultApplies, entriesIn, isFallback, treeIn } from "../codec/value.ts";
import type { Schema } from "../schema.ts";
import { EMPTY_TREE, type InstanceId, type MutableTree, type Tree, type Value } from "../tree.ts";
import { findEntry } from "./entries.ts";

/** The whole datastore as the queries want to see it. */
export function readTree(tree: Tree, schema: Schema, query: ReadQuery = READ_ALL): Tree {
  const plan = planOf(schema);
  return prune(tree, plan.root, { ...query, plan });
}

/**
 * One instance; undefined when it is unknown or not there, which a FETCH answers with null (§3.1.3). A list without its
 * own keys is the array of its entries, with them one entry. A leaf that is not set has its default (§3.1.2).
 */
export function select(tree: Tree, id: InstanceId, schema: Schema, query: ReadQuery = READ_ALL): Value | undefined {
  const plan = planOf(schema);
  const node = plan.nodes.get(id.sid);
  if (node === undefined || !node.free || node.kind === "notification") return undefined;
  const line = lineage(node);
  let here: Tree = tree;
  let used = 0;
  for (const step of line.slice(0, -1)) {
    const value = here.get(step.sid);
    if (step.kind === "list") {
      const keys = id.keys.slice(used, used + step.keys.length);
      used += step.keys.length;
      const entries = entriesIn(value);
      const entry = keys.length === step.keys.length ? entries[findEntry(entries, step, keys)] : undefined;
      if (entry === undefined) return undefined;
      here = entry;
    } else {
      // A container without presence is there with its parent, and so are the defaults inside.
      const inner = treeIn(value) ?? (step.schema.presence === true ? undefined : EMPTY_TREE);
      if (inner === undefined) return undefined;
      here = inner;
    }
  }
  return selectHere(here, node, id.keys.slice(used), { ...query, plan });
}

interface View extends ReadQuery {
  readonly plan: Plan;
}

function selectHere(parent: Tree, node: PlanNode, keys: InstanceId["keys"], query: View): Value | undefined {
  const value = parent.get(node.sid);
  if (node.kind === "list") {
    const entries = entriesIn(value);
    if (keys.length === 0) return present(pruneEntries(entries, node, query));
    const entry = keys.length === node.keys.length ? entries[findEntry(entries, node, keys)] : undefined;
    return entry === undefined ? undefined : prune(entry, node, query);
  }
  if (keys.length > 0) return undefined;
  if (node.kind === "leaf" || node.kind === "leaf-list") return value ?? inUse(node, parent);
  if (node.kind !== "container") return value;
  const inner = treeIn(value) ?? (node.schema.presence === true ? undefined : EMPTY_TREE);
  if (inner === undefined) return undefined;
  const pruned = prune(inner, node, query);
  return pruned.size > 0 || (value !== undefined && node.schema.presence === true) ? pruned : undefined;
}

const present = (entries: readonly Tree[]): readonly Tree[] | undefined => (entries.length === 0 ? undefined : entries);

function inUse(node: PlanNode, parent: Tree): Value | undefined {
  if (node.fallback === undefined) return undefined;
  return defaultApplies(node, node.parent?.children ?? [], parent) ? node.fallback : undefined;
}

/** Contents of a node without what the queries leave out; with d=a also with the defaults in use. */
function prune(tree: Tree, node: PlanNode, query: View): Tree {
  if (node.kind === "anydata") return tree;
  const seen: MutableTree = new Map();
  for (const [sid, value] of tree) {
    const child = query.plan.nodes.get(sid);
    if (child === undefined) continue;
    const kept = pruneValue(value, child, query);
    if (kept !== undefined) seen.set(sid, kept);
  }
  if (query.defaults === "a") addDefaults(seen, tree, node, query);
  return seen;
}

function pruneValue(value: Value, node: PlanNode, query: View): Value | undefined {
  const { schema } = node;
  // Below config false all is config false.
  if (query.content === "c" && !schema.config) return undefined;
  switch (node.kind) {
    case "container": {
      const inner = prune(treeIn(value) ?? EMPTY_TREE, node, query);
      const itself = schema.presence === true && (query.content !== "n" || !schema.config);
      return inner.size > 0 || itself ? inner : undefined;
    }
    case "list":
      return present(pruneEntries(entriesIn(value), node, query));
    default: {
      const isKey = node.parent?.keys.includes(node) === true;
      if (isKey) return value;
      if (query.content === "n" && schema.config) return undefined;
      return query.defaults === "t" && isFallback(value, node) ? undefined : value;
    }
  }
}

/** Keys stay in every entry, to tell them apart; an entry with nothing else to say is left out of c=n. */
function pruneEntries(entries: readonly Tree[], node: PlanNode, query: View): readonly Tree[] {
  const pruned = entries.map((entry) => prune(entry, node, query));
  if (query.content !== "n" || !node.schema.config) return pruned;
  return pruned.filter((entry) => entry.size > node.keys.length);
}

function addDefaults(into: MutableTree, tree: Tree, node: PlanNode, query: View): void {
  for (const child of node.children) {
    const { schema } = child;
    if (tree.has(child.sid) || !child.free || schema.structure === true) continue;
    if (query.content !== "a" && child.kind !== "container" && schema.config !== (query.content === "c")) continue;
    if (query.content === "c" && !schema.config) continue;
    if (!defaultApplies(child, node.children, tree)) continue;
    if (child.fallback !== undefined) into.set(child.sid, child.fallback);
    else if (child.kind === "container" && schema.presence !== true) {
      const inner = prune(EMPTY_TREE, child, query);
      if (inner.size > 0) into.set(child.sid, inner);
    }
  }
}
