/**
 * Where a leafref leads (RFC 7950 §9.9.2): the values of the leaf at the end of its path. Predicates are left out, so a
 * value is found in more places than the path names; must and when, which need XPath too, will make this exact.
 */
import type { LeafValue, Tree } from "../tree.ts";
import type { PlanNode } from "./plan-node.ts";
import { entriesIn, leavesIn, treeIn } from "./value.ts";

/** A tree on the way from the top to the place that is looked at. */
export interface Frame {
  readonly node: PlanNode;
  readonly tree: Tree;
  readonly above: Frame | undefined;
}

/** undefined = the path cannot be followed here (deref(), or an absolute path in a message). */
export function leafrefValues(path: string, frame: Frame, datastore: boolean): readonly LeafValue[] | undefined {
  const plain = path.replace(/\[[^\]]*\]/g, "").replace(/\s+/g, "");
  if (plain.includes("(")) return undefined;
  const steps = plain.split("/").filter((step) => step !== "" && step !== ".");
  let from: Frame | undefined = frame;
  if (plain.startsWith("/")) {
    if (!datastore) return undefined;
    while (from.above !== undefined) from = from.above;
  } else {
    // The first ".." leaves the leaf itself and ends in the frame around it.
    const ups = steps.findIndex((step) => step !== "..");
    for (let up = 1; up < ups; up++) from = from?.above;
    steps.splice(0, Math.max(0, ups));
  }
  return from === undefined ? undefined : follow(from.node, [from.tree], steps);
}

function follow(node: PlanNode, trees: readonly Tree[], steps: readonly string[]): readonly LeafValue[] | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return undefined;
  const colon = step.indexOf(":");
  const name = step.slice(colon + 1);
  const child = node.children.find((candidate) => candidate.schema.name === name);
  if (child === undefined) return undefined;
  const values = trees.map((tree) => tree.get(child.sid)).filter((value) => value !== undefined);
  if (child.kind === "leaf") return rest.length === 0 ? (values as LeafValue[]) : undefined;
  if (child.kind === "leaf-list") return rest.length === 0 ? values.flatMap((value) => leavesIn(value)) : undefined;
  const below =
    child.kind === "list"
      ? values.flatMap((value) => entriesIn(value))
      : values.flatMap((value) => treeIn(value) ?? []);
  return follow(child, below, rest);
}
