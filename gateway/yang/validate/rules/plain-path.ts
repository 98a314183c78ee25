/**
 * Leafref paths without predicates and functions (RFC 7950 §9.9.2), which are nearly all of them: so many steps up, then
 * down by name. They are followed on the tree itself, and a target that is the key of its list is found by its index.
 */
import type { Plan, PlanNode } from "../../codec/plan-node.ts";
import { entriesIn, equalLeaf, leavesIn, treeIn } from "../../codec/value.ts";
import { findEntry, leafText } from "../../datastore/entries.ts";
import { type EntryValue, hasEntryWith } from "../../datastore/entry-values.ts";
import type { LeafValue, Tree, Value } from "../../tree.ts";
import type { Frame } from "../frame.ts";

export interface PlainPath {
  /** Where it turns downwards. */
  readonly from: PlanNode;
  /** The schema nodes on the way down, the target last. */
  readonly down: readonly PlanNode[];
  /** Where the target lies in no list below it: the last list on the way, and what the target says in an entry of it. */
  readonly last: { readonly list: PlanNode; readonly valueIn: EntryValue } | undefined;
}

const PLAIN = /^(?:\.\.\/)*[\w.:-]+(?:\/[\w.:-]+)*$/;

/** undefined when the path is of another kind, or leads to no leaf. */
export function plainPath(path: string, leaf: PlanNode, plan: Plan): PlainPath | undefined {
  const text = path.replace(/\s+/g, "");
  const absolute = text.startsWith("/");
  if (!PLAIN.test(absolute ? text.slice(1) : text)) return undefined;
  const steps = text.split("/").slice(absolute ? 1 : 0);
  const ups = absolute ? 0 : steps.findIndex((step) => step !== "..");
  let from: PlanNode | undefined = absolute ? plan.root : leaf;
  for (let up = 0; up < ups; up++) from = from && above(from);
  if (from === undefined || (!absolute && ups === 0)) return undefined;
  const down: PlanNode[] = [];
  let here = from;
  for (const step of steps.slice(ups)) {
    const next = childNamed(here, step, leaf.schema.module);
    if (next === undefined) return undefined;
    down.push(next);
    here = next;
  }
  return here.leaf === undefined ? undefined : { from, down, last: lastList(down) };
}

/** Input and output stand for their operation in XPath: above them is what is above the operation (§6.4.1). */
const above = ({ kind, parent }: PlanNode): PlanNode | undefined =>
  kind === "input" || kind === "output" ? parent?.parent : parent;

/** A name without a prefix is in the module of the leaf; in a typedef each has one. */
function childNamed(parent: PlanNode, step: string, module: string): PlanNode | undefined {
  const colon = step.indexOf(":");
  const name = step.slice(colon + 1);
  const wanted = colon < 0 ? module : step.slice(0, colon);
  return parent.children.find(({ schema }) => schema.name === name && schema.module === wanted);
}

function lastList(down: readonly PlanNode[]): PlainPath["last"] {
  const at = down.findLastIndex(({ kind }) => kind === "list");
  const list = down[at];
  if (list === undefined || down.at(-1)!.kind !== "leaf") return undefined;
  const way = down.slice(at + 1);
  return {
    list,
    valueIn(entry) {
      let value: Value | undefined = entry;
      for (const { sid } of way) value = treeIn(value)?.get(sid);
      return value === undefined ? undefined : leafText(value as LeafValue);
    },
  };
}

/** Does a leaf at the end of the path have the value? `frame` is the place of the leaf that refers. */
export function leadsTo(path: PlainPath, value: LeafValue, frame: Frame): boolean {
  let from: Frame | undefined = frame;
  while (from !== undefined && from.rules.node !== path.from) from = from.above;
  return from !== undefined && found(from.tree, path, 0, value);
}

function found(tree: Tree, path: PlainPath, depth: number, value: LeafValue): boolean {
  const { down, last } = path;
  const step = down[depth]!;
  const held = tree.get(step.sid);
  if (held === undefined) return false;
  switch (step.kind) {
    case "leaf":
      return equalLeaf(held as LeafValue, value);
    case "leaf-list":
      return leavesIn(held).some((each) => equalLeaf(each, value));
    case "list": {
      const entries = entriesIn(held);
      const isKey = depth === down.length - 2 && step.keys.length === 1 && step.keys[0] === down[depth + 1];
      if (isKey) return findEntry(entries, step, [value]) >= 0;
      if (step === last?.list) return hasEntryWith(entries, last.valueIn, leafText(value));
      return entries.some((entry) => found(entry, path, depth + 1, value));
    }
    default: {
      const inner = treeIn(held);
      return inner !== undefined && found(inner, path, depth + 1, value);
    }
  }
}
