/** Places in a data tree that have children: the datastore, containers, list entries, messages; each knows what is above. */
import { keysOf } from "../codec/value.ts";
import type { LeafValue, Tree } from "../tree.ts";
import type { DataNode } from "../xpath/data-node.ts";
import type { Rules } from "./rules/rules.ts";

export interface Frame {
  readonly rules: Rules;
  readonly tree: Tree;
  readonly above: Frame | undefined;
  /** Among the entries of its list. */
  readonly position: number;
  /** The same place as XPath sees it, once that was asked for. */
  data: DataNode | undefined;
}

export const frameAt = (rules: Rules, tree: Tree, above: Frame | undefined, position = 0): Frame => ({
  rules,
  tree,
  above,
  position,
  data: undefined,
});

/** Keys of the list entries around a place, its own included, outermost first. */
export function keysAround(frame: Frame | undefined): readonly LeafValue[] {
  if (frame === undefined) return [];
  const outer = keysAround(frame.above);
  return frame.rules.node.kind === "list" ? [...outer, ...(keysOf(frame.tree, frame.rules.node) ?? [])] : outer;
}
