/**
 * RFC 7950 §8.2 — when an edit makes the condition (`when`) of a node false, the node goes, as the other cases of a
 * choice do. What the request itself sets stays, so that validation refuses it (§8.3.2); so does what was there before
 * although its condition did not hold, as a node may report it; and state is never edited.
 */
import { lineage } from "../../codec/instance-id.ts";
import type { Plan, PlanNode } from "../../codec/plan-node.ts";
import { entriesIn, equalLeaf, treeIn } from "../../codec/value.ts";
import { findEntry, withEntry } from "../../datastore/entries.ts";
import { copyTree, EMPTY_TREE, type Instance, type InstanceId, type LeafValue, type Tree } from "../../tree.ts";
import { type Frame, keysAround } from "../frame.ts";
import { type Dependent, type Dependents, dependentsOf } from "../rules/dependents.ts";
import { type RuleBook, type Rules, rulesOf } from "../rules/rules.ts";
import { type Affected, AffectedSet } from "./affected.ts";
import { type ChangeListener, compare, type Pair } from "./changes.ts";
import { targetsOf } from "./guilt.ts";
import { Side } from "./side.ts";

/** `after` without the nodes that the edit has made meaningless. */
export function withoutUnmet(before: Tree, after: Tree, instances: readonly Instance[], plan: Plan): Tree {
  const dependents = dependentsOf(plan);
  if (!dependents.conditional || before === after) return after;
  const book = rulesOf(plan);
  const targets = targetsOf(instances, plan);
  const old = new Side(before, book);
  let was = old;
  let tree = after;
  // What goes may be what another condition looks at.
  for (;;) {
    const is = new Side(tree, book);
    const unmet = conditionsLookedAt(was, is, book, dependents)
      .filter(({ rules, frame }) => isUnmet(rules, frame, old, is))
      .map(({ rules, frame }) => ({ sid: rules.node.sid, keys: keysAround(frame) }))
      .filter((id) => !targets.some((target) => meet(id, target, plan)));
    if (unmet.length === 0) return tree;
    for (const id of unmet) tree = without(tree, lineage(plan.nodes.get(id.sid)!), 0, id.keys);
    was = is;
  }
}

function isUnmet(child: Rules, frame: Frame, old: Side, is: Side): boolean {
  if (!child.node.schema.config || !frame.tree.has(child.node.sid) || is.view.holds(child, frame)) return false;
  const before = old.same(frame);
  return before?.tree.has(child.node.sid) === true && old.view.holds(child, before);
}

function conditionsLookedAt(was: Side, is: Side, book: RuleBook, dependents: Dependents): readonly Affected[] {
  const affected = new AffectedSet(is);
  const add = (readers: readonly Dependent[], { after }: Pair): void =>
    affected.add(readers.filter(isCondition), after, true);
  const listener: ChangeListener = {
    place: () => undefined,
    appeared: () => undefined,
    entry: () => undefined,
    leaf: (child, _was, _is, pair) => add(dependents.of(child.node), pair),
    container: (child, _is, pair) => add(dependents.outside(child.node), pair),
    entries: (child, _added, _lost, pair) => add(dependents.outside(child.node), pair),
  };
  compare({ before: was.top, after: is.top }, was, is, book, listener);
  return affected.all;
}

const isCondition = ({ kind }: Dependent): boolean => kind === "when";

/** Is one of the two in the other? */
function meet(a: InstanceId, b: InstanceId, plan: Plan): boolean {
  const [one, other] = [plan.nodes.get(a.sid), plan.nodes.get(b.sid)];
  if (one === undefined || other === undefined) return false;
  const related = lineage(one).includes(other) || lineage(other).includes(one);
  return related && a.keys.every((key, index) => index >= b.keys.length || equalLeaf(key, b.keys[index]!));
}

/** A copy in which the node at the end of `line` is missing, and containers that it leaves empty. */
function without(tree: Tree, line: readonly PlanNode[], depth: number, keys: readonly LeafValue[]): Tree {
  const step = line[depth]!;
  const value = tree.get(step.sid);
  if (value === undefined) return tree;
  const copy = copyTree(tree);
  if (depth === line.length - 1) {
    copy.delete(step.sid);
  } else if (step.kind === "list") {
    const entries = entriesIn(value);
    const position = findEntry(entries, step, keys.slice(0, step.keys.length));
    const entry = entries[position];
    if (entry === undefined) return tree;
    copy.set(step.sid, withEntry(entries, position, without(entry, line, depth + 1, keys.slice(step.keys.length))));
  } else {
    const inner = without(treeIn(value) ?? EMPTY_TREE, line, depth + 1, keys);
    if (inner.size === 0 && step.schema.presence !== true) copy.delete(step.sid);
    else copy.set(step.sid, inner);
  }
  return copy;
}
