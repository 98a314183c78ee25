/** Reading a datastore: FETCH of one instance and GET of all, with the queries c and d (draft-ietf-core-comi-21 §3.1). */
import { READ_ALL, type ReadQuery } from "../api.ts";
import { lineage } from "../codec/instance-id.ts";
import { planOf } from "../codec/plan.ts";
import type { PlanNode } from "../codec/plan-node.ts";
import { defaultApplies, entriesIn, isFallback, treeIn } from "../codec/value.ts";
import type { Schema, Sid } from "../schema.ts";
import { copyTree, EMPTY_TREE, type InstanceId, type MutableTree, type Tree, type Value } from "../tree.ts";
import { type Frame, frameAt } from "../validate/frame.ts";
import { type RuleBook, rulesOf } from "../validate/rules/rules.ts";
import { View } from "../validate/view.ts";
import { findEntry } from "./entries.ts";

/** The whole datastore as the queries want to see it. */
export function readTree(tree: Tree, schema: Schema, query: ReadQuery = READ_ALL): Tree {
  const read = reading(tree, query, schema);
  return prune(frameAt(read.book.root, tree, undefined), read);
}

/**
 * One instance; undefined when it is unknown or not there, which a FETCH answers with null (§3.1.3). A list without its
 * own keys is the array of its entries, with them one entry. A leaf that is not set has its default (§3.1.2).
 */
export function select(tree: Tree, id: InstanceId, schema: Schema, query: ReadQuery = READ_ALL): Value | undefined {
  const read = reading(tree, query, schema);
  const node = read.book.plan.nodes.get(id.sid);
  if (node === undefined || !node.free || node.kind === "notification") return undefined;
  const line = lineage(node);
  let here = frameAt(read.book.root, tree, undefined);
  let used = 0;
  for (const step of line.slice(0, -1)) {
    const value = here.tree.get(step.sid);
    const rules = read.book.of(step);
    if (step.kind === "list") {
      const keys = id.keys.slice(used, used + step.keys.length);
      used += step.keys.length;
      const entries = entriesIn(value);
      // An entry without keys has no identifier, and neither has what is in it.
      const named = keys.length > 0 && keys.length === step.keys.length;
      const position = named ? findEntry(entries, step, keys) : -1;
      if (position < 0) return undefined;
      here = frameAt(rules, entries[position]!, here, position);
    } else {
      // A container without presence is there with its parent, and so are the defaults inside.
      const inner = contentsOf(value, step, here, read);
      if (inner === undefined) return undefined;
      here = inner;
    }
  }
  return selectHere(here, node, id.keys.slice(used), read);
}

interface Reading extends ReadQuery {
  readonly book: RuleBook;
  /** Tells which defaults are in use. */
  readonly view: View;
}

function reading(tree: Tree, { content, defaults }: ReadQuery, schema: Schema): Reading {
  const book = rulesOf(planOf(schema));
  return { content, defaults, book, view: new View(book, tree) };
}

/**
 * A container without presence is there with its parent, as long as its case is (RFC 7950 §7.5.1, §7.9.3) and its
 * conditions hold (§7.21.5).
 */
function contentsOf(
  value: Value | undefined,
  node: PlanNode,
  parent: Frame,
  { book, view }: Reading,
): Frame | undefined {
  const rules = book.of(node);
  const inner = treeIn(value);
  if (inner !== undefined) return frameAt(rules, inner, parent);
  if (node.schema.presence === true || !defaultApplies(node, parent.tree)) return undefined;
  return view.holds(rules, parent) ? frameAt(rules, EMPTY_TREE, parent) : undefined;
}

function selectHere(parent: Frame, node: PlanNode, keys: InstanceId["keys"], query: Reading): Value | undefined {
  const value = parent.tree.get(node.sid);
  if (node.kind === "list") {
    const entries = entriesIn(value);
    if (keys.length === 0) return present(pruneEntries(entries, node, parent, query));
    const position = keys.length === node.keys.length ? findEntry(entries, node, keys) : -1;
    return position < 0 ? undefined : prune(frameAt(query.book.of(node), entries[position]!, parent, position), query);
  }
  if (keys.length > 0) return undefined;
  if (node.kind === "leaf" || node.kind === "leaf-list") return value ?? inUse(node, parent, query);
  if (node.kind !== "container") return value;
  const inner = contentsOf(value, node, parent, query);
  if (inner === undefined) return undefined;
  const pruned = prune(inner, query);
  return pruned.size > 0 || (value !== undefined && node.schema.presence === true) ? pruned : undefined;
}

const present = (entries: readonly Tree[]): readonly Tree[] | undefined => (entries.length === 0 ? undefined : entries);

/** RFC 7950 §7.6.1: a default value is in use where its case is (§7.9.3) and its conditions hold (§7.21.5). */
function inUse(node: PlanNode, parent: Frame, { book, view }: Reading): Value | undefined {
  if (node.fallback === undefined || !defaultApplies(node, parent.tree)) return undefined;
  return view.holds(book.of(node), parent) ? node.fallback : undefined;
}

/** Contents of a node without what the queries leave out, or as they are; with d=a also with the defaults in use. */
function prune(frame: Frame, query: Reading): Tree {
  const { tree } = frame;
  if (frame.rules.node.kind === "anydata") return tree;
  let seen: MutableTree | undefined; // a large fleet is most often shown as it is
  for (const [sid, value] of tree) {
    const child = query.book.plan.nodes.get(sid);
    const kept = child && pruneValue(value, child, frame, query);
    if (kept !== value) seen ??= membersBefore(sid, tree);
    if (kept !== undefined) seen?.set(sid, kept);
  }
  if (query.defaults !== "a") return seen ?? tree;
  const all = seen ?? copyTree(tree);
  addDefaults(all, frame, query);
  return all;
}

function membersBefore(end: Sid, tree: Tree): MutableTree {
  const members: MutableTree = new Map();
  for (const [sid, value] of tree) {
    if (sid === end) break;
    members.set(sid, value);
  }
  return members;
}

function pruneValue(value: Value, node: PlanNode, parent: Frame, query: Reading): Value | undefined {
  const { schema } = node;
  // Below config false all is config false.
  if (query.content === "c" && !schema.config) return undefined;
  switch (node.kind) {
    case "container": {
      const inner = prune(frameAt(query.book.of(node), treeIn(value) ?? EMPTY_TREE, parent), query);
      const itself = schema.presence === true && (query.content !== "n" || !schema.config);
      return inner.size > 0 || itself ? inner : undefined;
    }
    case "list":
      return present(pruneEntries(entriesIn(value), node, parent, query));
    default: {
      const isKey = node.parent?.keys.includes(node) === true;
      if (isKey) return value;
      if (query.content === "n" && schema.config) return undefined;
      return query.defaults === "t" && isFallback(value, node) ? undefined : value;
    }
  }
}

/** Keys stay in every entry, to tell them apart; an entry with nothing else to say is left out of c=n. */
function pruneEntries(entries: readonly Tree[], node: PlanNode, parent: Frame, query: Reading): readonly Tree[] {
  const rules = query.book.of(node);
  let same = true;
  const pruned = entries.map((entry, position) => {
    const kept = prune(frameAt(rules, entry, parent, position), query);
    same &&= kept === entry;
    return kept;
  });
  if (query.content !== "n" || !node.schema.config) return same ? entries : pruned;
  return pruned.filter((entry) => entry.size > node.keys.length);
}

function addDefaults(into: MutableTree, frame: Frame, query: Reading): void {
  const { tree, rules } = frame;
  for (const child of rules.node.children) {
    const { schema } = child;
    if (tree.has(child.sid) || !child.free || schema.structure === true) continue;
    if (query.content !== "a" && child.kind !== "container" && schema.config !== (query.content === "c")) continue;
    if (query.content === "c" && !schema.config) continue;
    const value = inUse(child, frame, query);
    if (value !== undefined) into.set(child.sid, value);
    else if (child.kind === "container" && schema.presence !== true) addImplied(into, child, frame, query);
  }
}

function addImplied(into: MutableTree, child: PlanNode, frame: Frame, query: Reading): void {
  const implied = contentsOf(undefined, child, frame, query);
  const inner = implied === undefined ? EMPTY_TREE : prune(implied, query);
  if (inner.size > 0) into.set(child.sid, inner);
}
