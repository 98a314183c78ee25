/** XPath 1.0 §2.2, §2.3 — the axes and node tests on a data tree. Each axis gives its nodes from near to far. */
import type { PlanNode } from "../codec/plan-node.ts";
import { childPlans, type DataNode, type DataTree, textIn } from "./data-node.ts";
import type { Axis, NodeTest } from "./expression.ts";
import type { Run } from "./run.ts";
import { named, shapeOf } from "./shape.ts";

/** Nodes that pass are appended to `out`. */
type Walk = (node: DataNode, test: NodeTest, run: Run, out: DataNode[]) => void;

const nothing: Walk = () => undefined;

/** Does the test let instances of this schema node through? */
function passes(plan: PlanNode, test: NodeTest, run: Run): boolean {
  switch (test.kind) {
    case "name": {
      const { name, module } = named(plan).schema;
      return name === test.name && module === (test.module ?? run.module);
    }
    case "any":
      return test.module === undefined || named(plan).schema.module === test.module;
    case "node":
      return true;
    default:
      return false;
  }
}

function push(node: DataNode, test: NodeTest, run: Run, out: DataNode[]): void {
  run.spend(1);
  if (node.text) {
    if (test.kind === "node" || test.kind === "text") out.push(node);
    return;
  }
  // The root is a node of its own kind, without a name (§5.1).
  if (node.parent === undefined ? test.kind === "node" : passes(node.plan, test, run)) out.push(node);
}

const child: Walk = (node, test, run, out) => {
  if (node.plan.leaf !== undefined) {
    const text = test.kind === "node" || test.kind === "text" ? textIn(node) : undefined;
    if (text !== undefined) push(text, test, run, out);
    return;
  }
  if (test.kind === "text" || test.kind === "none") return;
  const { extra, plan: schema } = node.tree;
  if (test.kind === "name" && node.plan.kind !== "anydata" && extra?.parent !== node) {
    const module = test.module ?? run.module;
    for (const plan of shapeOf(node.plan, schema).named.get(test.name) ?? []) {
      if (plan.schema.module === module) append(run.instances(node, plan), out);
    }
    return;
  }
  for (const plan of childPlans(node)) if (passes(plan, test, run)) append(run.instances(node, plan), out);
  if (extra !== undefined && extra.parent === node && passes(extra.plan, test, run)) out.push(extra);
};

function append(nodes: readonly DataNode[], out: DataNode[]): void {
  for (const node of nodes) out.push(node);
}

const EVERY: NodeTest = { kind: "node" };
const everyChild = (node: DataNode, run: Run): DataNode[] => {
  const children: DataNode[] = [];
  child(node, EVERY, run, children);
  return children;
};

const descendant: Walk = (node, test, run, out) => {
  if (node.plan.leaf !== undefined) {
    child(node, test, run, out);
    return;
  }
  for (const plan of childPlans(node)) {
    const hit = passes(plan, test, run);
    const deeper = mayHold(plan, test, node.tree);
    if (hit || deeper) below(run.instances(node, plan), hit, deeper, test, run, out);
  }
  const { extra } = node.tree;
  if (extra !== undefined && extra.parent === node) below([extra], passes(extra.plan, test, run), true, test, run, out);
};

function below(
  nodes: readonly DataNode[],
  hit: boolean,
  deeper: boolean,
  test: NodeTest,
  run: Run,
  out: DataNode[],
): void {
  for (const node of nodes) {
    if (hit) out.push(node);
    if (deeper) descendant(node, test, run, out);
  }
}

/** What the schema tells about instances of `plan`: may something in them pass? */
function mayHold(plan: PlanNode, test: NodeTest, tree: DataTree): boolean {
  if (plan.leaf !== undefined) return test.kind === "node" || test.kind === "text";
  if (test.kind !== "name" || tree.extra !== undefined) return true;
  return shapeOf(plan, tree.plan).names()?.has(test.name) !== false;
}

const self: Walk = (node, test, run, out) => push(node, test, run, out);

const parent: Walk = (node, test, run, out) => {
  if (node.parent !== undefined) push(node.parent, test, run, out);
};

const ancestor: Walk = (node, test, run, out) => {
  for (let at = node.parent; at !== undefined; at = at.parent) push(at, test, run, out);
};

/** Siblings before and after a node, in document order. */
function siblings(node: DataNode, run: Run): readonly [before: DataNode[], after: DataNode[]] {
  if (node.parent === undefined) return [[], []];
  const all = everyChild(node.parent, run);
  const at = all.indexOf(node);
  return at < 0 ? [[], []] : [all.slice(0, at), all.slice(at + 1)];
}

const followingSibling: Walk = (node, test, run, out) => {
  for (const each of siblings(node, run)[1]) push(each, test, run, out);
};

const precedingSibling: Walk = (node, test, run, out) => {
  for (const each of siblings(node, run)[0].reverse()) push(each, test, run, out);
};

const following: Walk = (node, test, run, out) => {
  for (let at: DataNode | undefined = node; at !== undefined; at = at.parent) {
    for (const each of siblings(at, run)[1]) {
      push(each, test, run, out);
      descendant(each, test, run, out);
    }
  }
};

const preceding: Walk = (node, test, run, out) => {
  for (let at: DataNode | undefined = node; at !== undefined; at = at.parent) {
    for (const each of siblings(at, run)[0].reverse()) {
      const below: DataNode[] = [];
      descendant(each, test, run, below);
      for (const one of below.reverse()) out.push(one);
      push(each, test, run, out);
    }
  }
};

const AXES: { readonly [axis in Axis]: Walk } = {
  child,
  parent,
  self,
  ancestor,
  "ancestor-or-self"(node, test, run, out) {
    self(node, test, run, out);
    ancestor(node, test, run, out);
  },
  descendant,
  "descendant-or-self"(node, test, run, out) {
    self(node, test, run, out);
    descendant(node, test, run, out);
  },
  "following-sibling": followingSibling,
  "preceding-sibling": precedingSibling,
  following,
  preceding,
  attribute: nothing,
  namespace: nothing,
};

/** §2.4: these count away from the node, against document order. */
export const isReverse = (axis: Axis): boolean =>
  axis === "ancestor" || axis === "ancestor-or-self" || axis === "preceding" || axis === "preceding-sibling";

export function walk(axis: Axis, node: DataNode, test: NodeTest, run: Run): DataNode[] {
  const out: DataNode[] = [];
  AXES[axis](node, test, run, out);
  return out;
}
