/**
 * What the shape of one place must fulfil (RFC 7950 §7.5-7.11): one case of a choice, mandatory nodes, numbers of
 * elements. Looks at the children that the place has or lacks, and never below them.
 */
import { defaultApplies, entriesIn, isThere, leavesIn } from "../codec/value.ts";
import type { Value } from "../tree.ts";
import { type Check, find, isAccountable } from "./check.ts";
import type { Frame } from "./frame.ts";
import type { Rules } from "./rules/rules.ts";

/** The case of each choice that has data. */
type Chosen = ReadonlyMap<string, string>;
const NOTHING_CHOSEN: Chosen = new Map();

export function checkShape(frame: Frame, check: Check): void {
  if (frame.rules.counted.length > 0) checkMembers(frame, frame.rules.counted, check);
}

/** Some of the children; where one of them is of a choice, all that are. */
export function checkMembers(frame: Frame, members: readonly Rules[], check: Check): void {
  const choosing = frame.rules.choosing && members.some(isOfChoice);
  const chosen = choosing ? chosenIn(frame) : NOTHING_CHOSEN;
  if (choosing) checkChoices(frame, chosen, check);
  const looked = choosing
    ? frame.rules.watched.filter((child) => isOfChoice(child) || members.includes(child))
    : members;
  for (const child of looked) {
    const value = frame.tree.get(child.node.sid);
    if (value !== undefined) checkCount(value, child, frame, check);
    else if (isAsked(child, chosen, check)) checkAbsent(child, frame, check);
  }
}

export const isOfChoice = ({ levels }: Rules): boolean => levels.length > 0;

/** Would the child be there by default, as far as choices and conditions go (§7.5.1, §7.6.1, §7.9.3)? */
export const isInForce = (child: Rules, frame: Frame, check: Check): boolean =>
  isAccountable(child, check) && defaultApplies(child.node, frame.tree) && check.view.holds(child, frame);

function chosenIn({ rules, tree }: Frame): Chosen {
  const chosen = new Map<string, string>();
  for (const child of rules.watched) {
    if (!isOfChoice(child) || !isThere(tree, child.node)) continue;
    for (const level of child.levels) chosen.set(level.choice, level.case);
  }
  return chosen;
}

/** §7.9: one case at most; a mandatory choice has one. */
function checkChoices(frame: Frame, chosen: Chosen, check: Check): void {
  const { watched } = frame.rules;
  const seen = new Map<string, string>();
  const told = new Set<string>();
  for (const child of watched) {
    if (!isOfChoice(child)) continue;
    if (isThere(frame.tree, child.node)) checkRivals(child, seen, frame, check);
    if (isAccountable(child, check)) checkMandatory(child, frame, chosen, told, check);
  }
}

function checkRivals(child: Rules, seen: Map<string, string>, frame: Frame, check: Check): void {
  for (const level of child.levels) {
    const other = seen.get(level.choice) ?? level.case;
    seen.set(level.choice, other);
    if (other === level.case) continue;
    find("yang.bad-element", `the cases ${other} and ${level.case} exclude each other`, child, frame, check);
    return;
  }
}

/**
 * §7.9.4: a choice inside a case is asked for when the case has data. One whose conditions do not hold is not; those of
 * its cases do not count.
 */
function checkMandatory(child: Rules, frame: Frame, chosen: Chosen, told: Set<string>, check: Check): void {
  for (const level of child.levels) {
    const isMissing = level.mandatory && !chosen.has(level.choice) && !told.has(level.choice);
    if (isMissing && check.view.choiceHolds(level, child, frame)) {
      told.add(level.choice);
      find("yang.missing-choice", `one case of the choice ${level.name} is mandatory`, frame.rules, frame, check);
    }
    if (chosen.get(level.choice) !== level.case) return;
  }
}

/** State is the node's own business in a datastore, and a case that is not chosen asks for nothing (§7.9.3). */
function isAsked(child: Rules, chosen: Chosen, check: Check): boolean {
  if (!isAccountable(child, check)) return false;
  return child.levels.every((level) => (chosen.get(level.choice) ?? (level.isDefault && level.case)) === level.case);
}

function checkAbsent(child: Rules, frame: Frame, check: Check): void {
  const { schema } = child.node;
  const few = (schema.minElements ?? 0) > 0;
  if (!(schema.mandatory || few) || !check.view.holds(child, frame)) return;
  if (schema.mandatory) {
    const code = check.datastore ? "yang.missing-element" : "yang.missing-input-parameter";
    find(code, `${schema.name} is mandatory`, child, frame, check);
  } else find("yang.too-few-elements", elements(0, child), child, frame, check);
}

/** §7.7.5, §7.7.6. */
function checkCount(value: Value, child: Rules, frame: Frame, check: Check): void {
  const { minElements = 0, maxElements = Number.POSITIVE_INFINITY } = child.node.schema;
  if (minElements === 0 && maxElements === Number.POSITIVE_INFINITY) return;
  const count = child.node.kind === "list" ? entriesIn(value).length : leavesIn(value).length;
  if (count > maxElements) find("yang.too-many-elements", elements(count, child), child, frame, check);
  if (count < minElements && isAccountable(child, check)) {
    find("yang.too-few-elements", elements(count, child), child, frame, check);
  }
}

const elements = (count: number, { node: { schema } }: Rules): string =>
  `${count} elements where ${schema.minElements ?? 0}..${schema.maxElements ?? "unbounded"} are asked for`;
