/**
 * What the shape of one place must fulfil (RFC 7950 §7.5-7.11): one case of a choice, mandatory nodes, numbers of
 * elements. Looks at the children that the place has or lacks, not below them.
 */
import { entriesIn, leavesIn } from "../codec/value.ts";
import type { Value } from "../tree.ts";
import { type Check, find, isAccountable } from "./check.ts";
import { type Frame, impliedFrame } from "./frame.ts";
import type { Rules } from "./rules.ts";

/** The case of each choice that has data. */
type Chosen = ReadonlyMap<string, string>;
const NOTHING_CHOSEN: Chosen = new Map();

export function checkShape(frame: Frame, check: Check): void {
  const { rules, tree } = frame;
  const chosen = rules.choosing ? checkChoices(frame, check) : NOTHING_CHOSEN;
  for (const child of rules.watched) {
    const value = tree.get(child.node.sid);
    if (value !== undefined) checkCount(value, child, frame, check);
    else if (isAsked(child, chosen, check)) checkAbsent(child, frame, check);
  }
}

/** §7.9: one case at most; a mandatory choice has one. */
function checkChoices(frame: Frame, check: Check): Chosen {
  const chosen = new Map<string, string>();
  const { watched } = frame.rules;
  for (const child of watched) {
    if (child.levels.length === 0 || !frame.tree.has(child.node.sid)) continue;
    for (const level of child.levels) {
      const other = chosen.get(level.choice) ?? level.case;
      if (other !== level.case) {
        find("yang.bad-element", `the cases ${other} and ${level.case} exclude each other`, child, frame, check);
      }
      chosen.set(level.choice, level.case);
    }
  }
  const told = new Set<string>();
  for (const child of watched) {
    if (child.levels.length > 0 && isAccountable(child, check)) checkMandatory(child, frame, chosen, told, check);
  }
  return chosen;
}

/** §7.9.4: a choice inside a case is asked for when the case has data. One whose conditions do not hold is not. */
function checkMandatory(child: Rules, frame: Frame, chosen: Chosen, told: Set<string>, check: Check): void {
  for (const level of child.levels) {
    if (level.mandatory && !chosen.has(level.choice) && !told.has(level.choice) && check.view.holds(child, frame)) {
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
  const { schema, kind } = child.node;
  const few = (schema.minElements ?? 0) > 0;
  // §7.5.1: a container without presence exists with its parent, and so do its demands.
  const implied = kind === "container" && schema.presence !== true && child.watched.length > 0;
  if (!(schema.mandatory || few || implied) || !check.view.holds(child, frame)) return;
  if (schema.mandatory) {
    const code = check.datastore ? "yang.missing-element" : "yang.missing-input-parameter";
    find(code, `${schema.name} is mandatory`, child, frame, check);
  } else if (few) find("yang.too-few-elements", elements(0, child), child, frame, check);
  else checkShape(impliedFrame(child, frame), check);
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
