/** List entries and leaf-list values against each other: keys (RFC 7950 §7.8.2), `unique` (§7.8.3), values (§7.7). */
import { entriesIn, keysOf, leavesIn } from "../codec/value.ts";
import { entryText, findEntry, type KeyText } from "../datastore/entries.ts";
import { hasEntryWith } from "../datastore/entry-values.ts";
import type { Tree, Value } from "../tree.ts";
import { type Check, find, isAccountable } from "./check.ts";
import { printKeys, printLeaves, repeated } from "./duplicates.ts";
import type { Frame } from "./frame.ts";
import type { Rules } from "./rules/rules.ts";
import type { UniqueRule } from "./rules/unique.ts";

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
  for (const rule of child.unique) checkUnique(entries, rule, child, frame, check);
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

/** §7.8.3: entries that have all the leaves must differ in one. */
function checkUnique(entries: readonly Tree[], rule: UniqueRule, child: Rules, frame: Frame, check: Check): void {
  if (!isAccountable(child, check)) return;
  const seen = new Set<KeyText>();
  for (const entry of entries) {
    const value = rule.valueIn(entry);
    if (value === undefined) continue;
    if (seen.has(value)) findAlike(entry, rule, child, frame, check);
    seen.add(value);
  }
}

/** Is there another entry like this one? For an edit that changed it alone. */
export function checkUniqueEntry({ tree: entry, rules: child }: Frame, frame: Frame, check: Check): void {
  if (!isAccountable(child, check)) return;
  for (const rule of child.unique) {
    const value = rule.valueIn(entry);
    if (value === undefined) continue;
    const entries = entriesIn(frame.tree.get(child.node.sid));
    if (hasEntryWith(entries, rule.valueIn, value, entry)) findAlike(entry, rule, child, frame, check);
  }
}

/** Has one of the leaves another value than in the entry before? */
export const differInUnique = (before: Tree, { tree, rules }: Frame): boolean =>
  rules.unique.some(({ valueIn }) => valueIn(before) !== valueIn(tree));

function findAlike(entry: Tree, rule: UniqueRule, child: Rules, frame: Frame, check: Check): void {
  const what = `two entries of ${child.node.schema.name} have ${rule.describe(entry)}`;
  find("yang.data-not-unique", what, child, frame, check);
}
