/** List entries and leaf-list values against each other: keys (RFC 7950 §7.8.2), `unique` (§7.8.3), values (§7.7). */
import type { PlanNode } from "../codec/plan-node.ts";
import { entriesIn, keysOf, leavesIn, treeIn } from "../codec/value.ts";
import { entryText, findEntry, type KeyText, leafText } from "../datastore/entries.ts";
import { EMPTY_TREE, type LeafValue, type Tree, type Value } from "../tree.ts";
import { type Check, find, isAccountable } from "./check.ts";
import { printKeys, printLeaves, repeated } from "./duplicates.ts";
import type { Frame } from "./frame.ts";
import type { Rules } from "./rules/rules.ts";

/** All elements of a list or leaf-list. */
export function checkElements(value: Value, child: Rules, frame: Frame, check: Check): void {
  const { node } = child;
  if (node.kind === "leaf-list") {
    // Values of configuration are unique, others may repeat themselves.
    const twice = node.schema.config ? repeated(printLeaves(leavesIn(value), node)) : undefined;
    if (twice !== undefined) findTwice(twice, "§7.7", child, frame, check);
    return;
  }
  const entries = entriesIn(value);
  if (node.keys.length > 0) {
    const seen = new Set<KeyText>();
    for (const entry of entries) {
      const text = entryText(entry, node);
      if (text === undefined) findWithoutKey(child, frame, check);
      else if (seen.has(text)) findTwice(printKeys(entry, node)!, "§7.8.2", child, frame, check);
      else seen.add(text);
    }
  }
  for (const leaves of child.unique) checkUnique(entries, leaves, child, frame, check);
}

/** An entry that came with an edit, against the others. */
export function checkKeys(entry: Frame, frame: Frame, check: Check): void {
  const { node } = entry.rules;
  if (node.keys.length === 0) return;
  const keys = keysOf(entry.tree, node);
  if (keys === undefined) findWithoutKey(entry.rules, frame, check);
  else if (findEntry(entriesIn(frame.tree.get(node.sid)), node, keys) !== entry.position) {
    findTwice(printKeys(entry.tree, node)!, "§7.8.2", entry.rules, frame, check);
  }
}

const findWithoutKey = (child: Rules, frame: Frame, check: Check): void =>
  find("yang.missing-key", `an entry of ${child.node.schema.name} lacks a key`, child, frame, check);

function findTwice(what: string, section: string, child: Rules, frame: Frame, check: Check): void {
  const text = `${child.node.schema.name} has ${what} twice`;
  find("yang.duplicate", text, child, frame, check, (fault) => fault.under(`RFC 7950 ${section}`));
}

type Leaves = Rules["unique"][number];

/** §7.8.3: entries that have all the leaves must differ in one. */
function checkUnique(entries: readonly Tree[], leaves: Leaves, child: Rules, frame: Frame, check: Check): void {
  if (!isAccountable(child, check)) return;
  const seen = new Set<string>();
  for (const entry of entries) {
    const print = printOf(entry, leaves);
    if (print === undefined) continue;
    if (seen.has(print)) findAlike(entry, leaves, child, frame, check);
    seen.add(print);
  }
}

/** Is there another entry like this one? For an edit that changed it alone. */
export function checkUniqueEntry({ tree: entry, rules: child }: Frame, frame: Frame, check: Check): void {
  if (!isAccountable(child, check)) return;
  for (const leaves of child.unique) {
    const [first, ...others] = leaves.map((way) => leafAt(entry, way));
    if (first === undefined || others.includes(undefined)) continue;
    const texts = [first, ...others].map((leaf) => leafText(leaf!));
    const alike = entriesIn(frame.tree.get(child.node.sid)).some(
      (other) =>
        other !== entry &&
        leaves.every((way, index) => {
          const leaf = leafAt(other, way);
          return leaf !== undefined && leafText(leaf) === texts[index];
        }),
    );
    if (alike) findAlike(entry, leaves, child, frame, check);
  }
}

/** Has one of the leaves another value than in the entry before? */
export const differInUnique = (before: Tree, { tree, rules }: Frame): boolean =>
  rules.unique.some((leaves) => printOf(before, leaves) !== printOf(tree, leaves));

function findAlike(entry: Tree, leaves: Leaves, child: Rules, frame: Frame, check: Check): void {
  const values = leaves.map((way) => `${way.at(-1)!.schema.name} ${way.at(-1)!.leaf!.format(leafAt(entry, way)!)}`);
  find(
    "yang.data-not-unique",
    `two entries of ${child.node.schema.name} have ${values.join(", ")}`,
    child,
    frame,
    check,
  );
}

function printOf(entry: Tree, leaves: Leaves): string | undefined {
  const texts: string[] = [];
  for (const way of leaves) {
    const leaf = leafAt(entry, way);
    if (leaf === undefined) return undefined;
    texts.push(String(leafText(leaf)));
  }
  return JSON.stringify(texts);
}

/** A leaf below an entry; a default in use counts like a value. */
function leafAt(entry: Tree, way: readonly PlanNode[]): LeafValue | undefined {
  let here: Tree = entry;
  for (const step of way) {
    const value = here.get(step.sid);
    if (step.leaf !== undefined) return (value ?? step.fallback) as LeafValue | undefined;
    if (value === undefined && step.schema.presence === true) return undefined;
    here = treeIn(value) ?? EMPTY_TREE;
  }
  return undefined;
}
