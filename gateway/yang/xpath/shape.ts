/** A schema node as XPath sees it: which data nodes may stand in it, in the order of the schema, and by name. */
import type { Plan, PlanNode } from "../codec/plan-node.ts";
import type { NodeKind } from "../schema.ts";

export interface Shape {
  /** Data children in schema order, which is the document order of siblings. */
  readonly children: readonly PlanNode[];
  /** By name without module: mostly one. */
  readonly named: ReadonlyMap<string, readonly PlanNode[]>;
  readonly rank: ReadonlyMap<PlanNode, number>;
  /** Names without module of all that may stand below; undefined = anything may (anydata). */
  names(): ReadonlySet<string> | undefined;
}

/** Operations and notifications are reached as the context of their own expressions only (RFC 7950 §6.4.1). */
const DATA: ReadonlySet<NodeKind> = new Set<NodeKind>(["container", "list", "leaf", "leaf-list", "anydata", "anyxml"]);
const isData = ({ kind, schema, parent }: PlanNode): boolean =>
  DATA.has(kind) && (schema.structure !== true || parent?.parent !== undefined);

/** A memo: a shape follows from the plan alone. */
const SHAPES = new WeakMap<PlanNode, Shape>();

export function shapeOf(node: PlanNode, plan: Plan): Shape {
  let shape = SHAPES.get(node);
  if (shape === undefined) {
    shape = makeShape(node, plan);
    SHAPES.set(node, shape);
  }
  return shape;
}

function makeShape(node: PlanNode, plan: Plan): Shape {
  const inOrder = node === plan.root ? plan.schema.roots : node.schema.children;
  const places = new Map(inOrder.map((child, index) => [child, index]));
  const rank = new Map(node.children.map((child) => [child, places.get(child.schema) ?? 0]));
  const children = node.children.filter(isData).sort((a, b) => rank.get(a)! - rank.get(b)!);
  const named = new Map<string, PlanNode[]>();
  for (const child of children) named.set(child.schema.name, [...(named.get(child.schema.name) ?? []), child]);
  let names: ReadonlySet<string> | "anything" | undefined;
  return {
    children,
    named,
    rank,
    names() {
      names ??= namesBelow(node, children, plan) ?? "anything";
      return names === "anything" ? undefined : names;
    },
  };
}

function namesBelow(node: PlanNode, children: readonly PlanNode[], plan: Plan): ReadonlySet<string> | undefined {
  if (node.kind === "anydata") return undefined;
  const names = new Set<string>();
  for (const child of children) {
    names.add(child.schema.name);
    const below = shapeOf(child, plan).names();
    if (below === undefined) return undefined;
    for (const name of below) names.add(name);
  }
  return names;
}

/** In a data tree an operation stands in the place of its input or output: it has their children (RFC 7950 §6.4.1). */
export const named = (node: PlanNode): PlanNode =>
  (node.kind === "input" || node.kind === "output") && node.parent !== undefined ? node.parent : node;

/** The schema node whose instance is the parent of an instance of `node`. */
export const dataParent = (node: PlanNode): PlanNode | undefined => named(node).parent;

/** The message, or the top of the structure, that a schema node belongs to; undefined in a datastore. */
export function messageAround(node: PlanNode): PlanNode | undefined {
  for (let at: PlanNode | undefined = node; at !== undefined; at = at.parent) {
    if (at.kind === "input" || at.kind === "output" || at.kind === "notification") return at;
    if (at.schema.structure === true && at.parent?.parent === undefined) return at;
  }
  return undefined;
}

export function isAbove(high: PlanNode, low: PlanNode): boolean {
  for (let at = low.parent; at !== undefined; at = at.parent) if (at === high) return true;
  return false;
}
