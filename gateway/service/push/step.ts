/**
 * RFC 8641 §3.1, §3.3: when a subscription has something to say of a node, and what. Pure: one look at what was told last, at
 * what is so now, and at the clock.
 *
 *     on-change   nothing told ── is there something? ──▶ the subtree; without sync-on-start what changes from now on
 *                 told ── another now? ──▶ what changed; within the dampening period later, and then only if it still differs
 *     periodic    heard since ── the period is over ──▶ the subtree
 *
 * What seems to have been in the future was so by a clock that was set back: nothing waits for that time to come again.
 */
import type { Millis } from "../../base/index.ts";
import { type Change, changesBetween, type Schema, type Tree, withChanges } from "../../yang/index.ts";
import type { OnChange, Periodic, Subscription } from "./subscription.ts";

/** What is remembered of one subscription to one node. */
export interface Memory {
  /** When something was told last; undefined = never. */
  readonly at?: Millis | undefined;
  /** What its readers have now, on change; undefined = that is not known for sure. */
  readonly told?: Tree | undefined;
  /** When the node was heard first since then. */
  readonly heard?: Millis | undefined;
  /** When the next look is due, as far as time alone decides. */
  readonly until?: Millis | undefined;
}

export const NOTHING_TOLD: Memory = {};

export interface Look {
  /** `changed`: the node's data may be another; `tick`: time has passed. */
  readonly type: "changed" | "tick";
  readonly now: Millis;
  /** The subtree as it is. */
  readonly tree: Tree;
}

export type Update =
  | { readonly is: "data"; readonly tree: Tree }
  /** What later changes are counted from; nobody is told. */
  | { readonly is: "start"; readonly tree: Tree }
  | { readonly is: "edits"; readonly changes: readonly Change[] };

export type Step = readonly [after: Memory, update: Update | undefined];

export function step(memory: Memory, look: Look, subscription: Subscription, schema: Schema): Step {
  return subscription.kind === "periodic"
    ? stepPeriodic(memory, look, subscription)
    : stepOnChange(memory, look, subscription, schema);
}

/** What an update makes of the memory: also what a restart makes of the fact that records it. */
export function remembered(memory: Memory, update: Update, now: Millis, schema: Schema): Memory {
  if (update.is !== "edits") return { at: now, told: update.tree };
  const { told } = memory;
  return { at: now, told: told && withChanges(told, update.changes, schema) };
}

function stepOnChange(memory: Memory, { now, tree }: Look, { sync, dampening }: OnChange, schema: Schema): Step {
  const { until: _due, ...quiet } = memory;
  if (memory.at === undefined) {
    // Without sync-on-start what comes is told from then on, so that nothing is where it begins, too.
    if (tree.size === 0 && sync) return [quiet, undefined];
    return told(memory, { is: sync ? "data" : "start", tree }, now, schema);
  }
  const changes = memory.told && changesBetween(memory.told, tree, schema);
  if (changes?.length === 0) return [quiet, undefined];
  const due = memory.at + (dampening ?? 0);
  if (now < due && memory.at <= now) return [{ ...quiet, until: due as Millis }, undefined];
  // RFC 8641 §3.3: who has lost the thread is told all of it anew.
  return told(memory, changes === undefined ? { is: "data", tree } : { is: "edits", changes }, now, schema);
}

function stepPeriodic(memory: Memory, { now, tree }: Look, { period }: Periodic): Step {
  const { until: _due, ...quiet } = memory;
  const { heard, at } = memory;
  if (heard === undefined || (tree.size === 0 && at === undefined)) return [quiet, undefined];
  const due = endOfPeriod(heard, period);
  if (now < due && heard <= now) return [{ ...quiet, until: due as Millis }, undefined];
  return [{ at: now }, { is: "data", tree }];
}

/** Periods begin at multiples of their length since 1970-01-01T00:00:00Z, so that `15m` is told at :00, :15, :30 and :45. */
const endOfPeriod = (at: Millis, period: Millis): number => (Math.floor(at / period) + 1) * period;

const told = (memory: Memory, update: Update, now: Millis, schema: Schema): Step => [
  remembered(memory, update, now, schema),
  update,
];
