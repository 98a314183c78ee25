/** What must not be there twice: list entries by their keys (RFC 7950 §7.8.2), configured leaf-list values (§7.7). */

import { Fault } from "../codec/fault.ts";
import type { PlanNode } from "../codec/plan-node.ts";
import { entriesIn, keysOf, leavesIn, treeIn } from "../codec/value.ts";
import type { LeafValue, Tree, Value } from "../tree.ts";

/** The first text that occurs again. */
export function repeated(texts: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const text of texts) {
    if (seen.has(text)) return text;
    seen.add(text);
  }
  return undefined;
}

/** The keys of an entry as one text; undefined when one is missing. */
export function printKeys(entry: Tree, list: PlanNode): string | undefined {
  const keys = keysOf(entry, list);
  return keys && JSON.stringify(list.keys.map((key, index) => key.leaf!.format(keys[index]!)));
}

export const printLeaves = (leaves: readonly LeafValue[], node: PlanNode): readonly string[] =>
  leaves.map((leaf) => node.leaf!.format(leaf));

/** Looks through a value as it came, with all that is below it; throws `yang.duplicate` at the list. */
export function refuseDuplicates(value: Value, node: PlanNode): void {
  if (!node.constrained || node.kind === "anydata") return;
  if (node.kind === "leaf-list" && node.schema.config) {
    refuseRepeated(printLeaves(leavesIn(value), node), node);
  } else if (node.kind === "list") {
    const entries = entriesIn(value);
    if (node.keys.length > 0)
      refuseRepeated(
        entries.map((entry) => printKeys(entry, node) ?? ""),
        node,
      );
    for (const entry of entries) refuseInEntry(entry, node);
  } else refuseInMembers(treeIn(value), node);
}

function refuseInEntry(entry: Tree, list: PlanNode): void {
  try {
    refuseInMembers(entry, list);
  } catch (error) {
    throw error instanceof Fault ? error.within(keysOf(entry, list) ?? []) : error;
  }
}

function refuseInMembers(tree: Tree | undefined, node: PlanNode): void {
  if (tree === undefined) return;
  for (const child of node.children) {
    const value = tree.get(child.sid);
    if (value !== undefined) refuseDuplicates(value, child);
  }
}

function refuseRepeated(texts: readonly string[], node: PlanNode): void {
  const twice = repeated(texts);
  if (twice !== undefined) throw new Fault("yang.duplicate", `${node.schema.name} has ${twice} twice`, node.sid);
}
