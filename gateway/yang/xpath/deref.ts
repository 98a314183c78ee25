/** RFC 7950 §10.3.1 — deref(): where the value of a leaf leads. */
import type { LeafType } from "../schema.ts";
import type { InstanceId } from "../tree.ts";
import type { DataNode } from "./data-node.ts";
import { type Expression, equalitiesOf } from "./expression.ts";
import { findInstance } from "./key-lookup.ts";
import { parseXPath } from "./parse.ts";
import type { Run } from "./run.ts";
import { typed } from "./typed.ts";

/** Paths are evaluated at the leaf that refers, which is current() there (§9.9.2). */
export type PathFollower = (path: Expression, leaf: DataNode) => readonly DataNode[];

export function deref(leaf: DataNode | undefined, run: Run, follow: PathFollower): readonly DataNode[] {
  if (leaf === undefined) return [];
  const { type, value } = typed(leaf, false);
  if (type?.base === "instance-identifier") {
    return findInstance(leaf.tree.root, value as InstanceId).filter((node) => run.sees(node.plan));
  }
  if (type?.base !== "leafref") return [];
  const text = run.text(leaf);
  return follow(pathOf(type), leaf).filter((node) => run.text(node) === text);
}

/** A memo: the path of a type does not change. */
const PATHS = new WeakMap<LeafType, Expression>();

/** The path of a leafref, narrowed to what has the value of the leaf at which it starts. */
export function pathOf(leafref: LeafType): Expression {
  let path = PATHS.get(leafref);
  if (path === undefined) {
    path = narrowed(parseXPath(leafref.path ?? ""));
    PATHS.set(leafref, path);
  }
  return path;
}

/** `list/key` becomes `list[key = current()]/key`, so that the index of the list is used. */
function narrowed(path: Expression): Expression {
  const last = path.kind === "path" ? path.steps.at(-1) : undefined;
  const holder = path.kind === "path" ? path.steps.at(-2) : undefined;
  if (path.kind !== "path" || last?.test.kind !== "name" || last.axis !== "child") return path;
  if (last.predicates.length > 0 || holder?.axis !== "child" || holder.test.kind !== "name") return path;
  const wanted: Expression = {
    kind: "comparison",
    operator: "=",
    left: { kind: "path", from: "context", steps: [last] },
    right: { kind: "call", name: "current", args: [] },
  };
  const predicates = [...holder.predicates, wanted];
  const narrow = { ...holder, predicates, equalities: equalitiesOf(predicates) };
  return { ...path, steps: [...path.steps.slice(0, -2), narrow, last] };
}
