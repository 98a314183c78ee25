/**
 * RFC 7950 §6.4.1 — the accessible tree: the nodes of a data tree as XPath sees them, made while they are walked. A
 * node is made once, so that two walks to one place end at the same object. Default values in use and containers without
 * presence are there although the tree does not hold them.
 */
import type { Plan, PlanNode } from "../codec/plan-node.ts";
import { defaultApplies, entriesIn, leavesIn, treeIn } from "../codec/value.ts";
import { EMPTY_TREE, type LeafValue, type Tree, type Value } from "../tree.ts";
import { shapeOf } from "./shape.ts";

/** Do the conditions of `child` hold below `parent`? A default value is in use only then (RFC 7950 §7.6.1). */
export type Holds = (child: PlanNode, parent: DataNode) => boolean;

/**
 * How many steps all evaluations on one tree may take: some twenty for each leaf of the longest honest report, and an end
 * within half a second where each entry of a long list is held against all others.
 */
export const TREE_STEP_LIMIT = 4_000_000;

/** One data tree while expressions look at it. What it holds may not change in that time. */
export class DataTree {
  readonly plan: Plan;
  readonly holds: Holds;
  readonly root: DataNode;
  /** The operation, notification or structure that is looked at, where it is no part of the datastore. */
  extra: DataNode | undefined;
  /** Steps that evaluations on this tree may still take together (run.ts). */
  stepsLeft = TREE_STEP_LIMIT;

  /** A datastore; around a message that stands alone, an empty one. */
  constructor(data: Tree, plan: Plan, holds: Holds) {
    this.plan = plan;
    this.holds = holds;
    this.root = makeNode(this, plan.root, undefined, data);
  }
}

export interface DataNode {
  readonly tree: DataTree;
  /** The root's, a list's for its entry, a leaf-list's for one of its values; the input or output for an operation. */
  readonly plan: PlanNode;
  readonly parent: DataNode | undefined;
  /** A tree for what has children; undefined for a dummy (RFC 7950 §7.21.5), which has neither value nor children. */
  readonly value: Value | undefined;
  /** Among the entries of its list or the values of its leaf-list, from 0. */
  readonly position: number;
  /** The text in a leaf: XPath tells it from the leaf. */
  readonly text: boolean;
  /** What was made below so far: instances by schema node, with gaps in lists of which not all was asked for. */
  made: Map<PlanNode, Array<DataNode | undefined>> | undefined;
}

function makeNode(
  tree: DataTree,
  plan: PlanNode,
  parent: DataNode | undefined,
  value: Value | undefined,
  position = 0,
): DataNode {
  return { tree, plan, parent, value, position, text: false, made: undefined };
}

/**
 * Lets the input or output of an operation, a notification or a structure stand in the tree, below the root or the node
 * that it belongs to. One at a time.
 */
export function placeMessage(parent: DataNode, plan: PlanNode, contents: Tree): DataNode {
  const node = makeNode(parent.tree, plan, parent, contents);
  parent.tree.extra = node;
  return node;
}

/** A node without value and children, in place of what `parent` has (RFC 7950 §7.21.5). */
export const dummyNode = (parent: DataNode, plan: PlanNode): DataNode => makeNode(parent.tree, plan, parent, undefined);

/** The instances of a data child, defaults included: none or one, or the entries of a list or leaf-list in order. */
export function instancesOf(parent: DataNode, child: PlanNode): readonly DataNode[] {
  const made = parent.made?.get(child);
  const value = treeIn(parent.value)?.get(child.sid);
  const entries = child.kind === "list" ? entriesIn(value) : child.kind === "leaf-list" ? leavesIn(value) : undefined;
  if (made !== undefined && (entries === undefined || entries.length === 0)) return made as DataNode[];
  if (entries !== undefined && entries.length > 0) return allEntries(parent, child, entries, made);
  const nodes =
    entries === undefined && value !== undefined
      ? [makeNode(parent.tree, child, parent, value)]
      : implied(parent, child);
  remember(parent, child, nodes);
  return nodes;
}

/** One entry of a list by its index, without making the others. */
export function entryAt(parent: DataNode, list: PlanNode, index: number): DataNode | undefined {
  const entry = entriesIn(treeIn(parent.value)?.get(list.sid))[index];
  if (entry === undefined) return undefined;
  const made = parent.made?.get(list) ?? remember(parent, list, []);
  made[index] ??= makeNode(parent.tree, list, parent, entry, index);
  return made[index];
}

function allEntries(
  parent: DataNode,
  child: PlanNode,
  entries: ReadonlyArray<Tree | LeafValue>,
  made: Array<DataNode | undefined> = remember(parent, child, []),
): readonly DataNode[] {
  // Entries are made once, so a full array has been looked through before.
  if (made.length === entries.length && !made.includes(undefined)) return made as DataNode[];
  for (const [index, entry] of entries.entries()) {
    made[index] ??= makeNode(parent.tree, child, parent, entry, index);
  }
  return made as DataNode[];
}

function remember(parent: DataNode, child: PlanNode, nodes: Array<DataNode | undefined>): Array<DataNode | undefined> {
  parent.made ??= new Map();
  parent.made.set(child, nodes);
  return nodes;
}

/** RFC 7950 §6.4.1, §7.5.1, §7.6.1, §7.7.2: what is there although nobody set it. */
function implied(parent: DataNode, child: PlanNode): DataNode[] {
  const tree = treeIn(parent.value);
  if (tree === undefined || parent.plan.kind === "anydata") return [];
  const { fallback, kind } = child;
  const container = kind === "container" && child.schema.presence !== true;
  if (fallback === undefined && !container) return [];
  if (!defaultApplies(child, tree) || !parent.tree.holds(child, parent)) return [];
  if (container) return [makeNode(parent.tree, child, parent, EMPTY_TREE)];
  const values = kind === "leaf-list" ? leavesIn(fallback) : [fallback];
  return values.map((value, index) => makeNode(parent.tree, child, parent, value, index));
}

/** The text in a leaf; none where it would be empty (XPath 1.0 §5.7). */
export function textIn(leaf: DataNode): DataNode | undefined {
  if (leaf.text || leaf.value === undefined || textOf(leaf) === "") return undefined;
  const made = leaf.made?.get(leaf.plan)?.[0];
  if (made !== undefined) return made;
  const node: DataNode = { ...makeNode(leaf.tree, leaf.plan, leaf, leaf.value), text: true };
  remember(leaf, leaf.plan, [node]);
  return node;
}

/** Canonical text of a leaf or of the text in it; empty for all else. */
export const textOf = ({ plan, value }: DataNode): string =>
  plan.leaf === undefined || value === undefined ? "" : plan.leaf.format(value as LeafValue);

/** Schema nodes whose instances may stand in this node, in document order. */
export function childPlans(node: DataNode): readonly PlanNode[] {
  if (node.text || node.plan.leaf !== undefined) return [];
  const { plan } = node.tree;
  if (node.plan.kind !== "anydata") return shapeOf(node.plan, plan).children;
  return [...(treeIn(node.value)?.keys() ?? [])].flatMap((sid) => plan.nodes.get(sid) ?? []);
}

/** XPath 1.0 §5: document order, here the order of the schema and inside lists that of the entries. */
export function compareOrder(a: DataNode, b: DataNode): number {
  if (a === b) return 0;
  let [left, right] = [a, b];
  const depths = depthOf(a) - depthOf(b);
  for (let up = depths; up > 0; up--) left = left.parent!;
  for (let up = -depths; up > 0; up--) right = right.parent!;
  if (left === right) return depths;
  while (left.parent !== right.parent) {
    left = left.parent!;
    right = right.parent!;
  }
  if (left.plan === right.plan) return left.position - right.position;
  return rankOf(left) - rankOf(right);
}

function depthOf(node: DataNode): number {
  let depth = 0;
  for (let at = node.parent; at !== undefined; at = at.parent) depth += 1;
  return depth;
}

function rankOf(node: DataNode): number {
  const { plan, parent, tree } = node;
  if (parent === undefined) return 0;
  if (tree.extra === node) return Number.POSITIVE_INFINITY;
  if (parent.plan.kind === "anydata") return [...(treeIn(parent.value)?.keys() ?? [])].indexOf(plan.sid);
  return shapeOf(parent.plan, tree.plan).rank.get(plan) ?? 0;
}
