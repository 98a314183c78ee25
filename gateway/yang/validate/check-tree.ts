/** Whole trees against their schema: datastores, and messages alone or beside their datastore (RFC 7950 §8.1, §6.4.1). */
import type { Fault } from "../codec/fault.ts";
import { lineage } from "../codec/instance-id.ts";
import type { Plan, PlanNode } from "../codec/plan-node.ts";
import { entriesIn, treeIn } from "../codec/value.ts";
import { entryOf, findEntry } from "../datastore/entries.ts";
import { EMPTY_TREE, type LeafValue, type Tree } from "../tree.ts";
import { type Check, raise } from "./check.ts";
import { checkOwnMusts, checkPlace } from "./content.ts";
import { type Frame, frameAt } from "./frame.ts";
import { type RuleBook, rulesOf } from "./rules/rules.ts";
import { View } from "./view.ts";

export interface Surroundings {
  /** Around a message: what its expressions may look at. Without it, those that look beyond the message are left out. */
  readonly datastore?: Tree | undefined;
  /** Keys of the list entries that an action or notification belongs to, outermost first. */
  readonly keys?: readonly LeafValue[] | undefined;
  /** The state in a datastore must be complete and right too, not what a node has reported so far. */
  readonly complete?: boolean | undefined;
}

/**
 * Checks the contents of `node`: the root for a datastore, an input, output, notification or structure for a message.
 * Throws the first finding, unless `found` takes them. Without expressions in the schema this costs little more than a
 * walk over the nodes that can be missing: each check-in comes this way.
 */
export function checkTree(
  tree: Tree,
  node: PlanNode,
  plan: Plan,
  found: (finding: Fault) => void = raise,
  around: Surroundings = {},
): void {
  const book = rulesOf(plan);
  if (node === plan.root) {
    const view = new View(book, tree);
    const check: Check = { book, view, datastore: true, complete: around.complete === true, found };
    checkPlace(frameAt(book.root, tree, undefined), check);
    return;
  }
  const { datastore, keys = [] } = around;
  const frame = frameAt(book.of(node), tree, placeOf(node, datastore ?? EMPTY_TREE, keys, book));
  const view = new View(book, datastore ?? EMPTY_TREE, frame, datastore === undefined);
  const check: Check = { book, view, datastore: false, complete: true, found };
  checkPlace(frame, check);
  checkOwnMusts(frame, check);
}

/** The place that a message belongs to: the root for rpcs, the data node around it for actions and notifications. */
function placeOf(node: PlanNode, datastore: Tree, keys: readonly LeafValue[], book: RuleBook): Frame {
  let frame = frameAt(book.root, datastore, undefined);
  if (node.parent === undefined || node.parent.kind === "rpc") return frame;
  let used = 0;
  for (const step of lineage(node)) {
    if (step.kind === "rpc" || step.kind === "action" || step === node) break;
    const value = frame.tree.get(step.sid);
    const entries = entriesIn(value);
    const own = keys.slice(used, used + step.keys.length);
    used += step.keys.length;
    const position = step.kind === "list" ? findEntry(entries, step, own) : 0;
    const known = step.kind === "list" ? entries[position] : treeIn(value);
    frame = frameAt(book.of(step), known ?? entryOf(step, own), frame, Math.max(0, position));
  }
  return frame;
}
