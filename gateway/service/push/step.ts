/**
 * RFC 8641 §3.1, §3.3: when a subscription has something to say of a node, and what. Pure: one look at what was told last, at
 * what is so now, and at the clock. What is remembered of it follows from the fact that records it (pushes.ts).
 *
 *     on-change   nothing told ── is there something? ──▶ the subtree; without sync-on-start what changes from now on
 *                 told ── another now? ──▶ what changed; within the dampening period later, and then only if it still differs
 *     periodic    heard since ── the period is over ──▶ the subtree
 *
 * What seems to have been in the future was so by a clock that was set back: nothing waits for that time to come again.
 */
import type { Millis } from "../../base/index.ts";
import { type Change, changesBetween, type Schema, type Tree } from "../../yang/index.ts";
import type { OnChange, Periodic, Subscription } from "./subscription.ts";

/** What is remembered of one subscription to one node. */
export interface Memory {
  /** When something was told last; undefined = never. */
  readonly at?: Millis | undefined;
  /** What its readers have now, on change; undefined = that is not known for sure. */
  readonly told?: Tree | undefined;
  /** When the node was heard first since then. */
  readonly heard?: Millis | undefined;
}

export interface Look {
  readonly now: Millis;
  /** The subtree as it is. */
  readonly tree: Tree;
}

export type Update =
  | { readonly is: "data"; readonly tree: Tree }
  /** What later changes are counted from; nobody is told. */
  | { readonly is: "start"; readonly tree: Tree }
  | { readonly is: "edits"; readonly changes: readonly Change[] };

export type Step =
  | Update
  /** Time alone will make an update due. */
  | { readonly is: "wait"; readonly until: Millis }
  | { readonly is: "nothing" };

const NOTHING: Step = { is: "nothing" };

export function step(memory: Memory, look: Look, subscription: Subscription, schema: Schema): Step {
  return subscription.kind === "periodic"
    ? stepPeriodic(memory, look, subscription)
    : stepOnChange(memory, look, subscription, schema);
}

function stepOnChange({ at, told }: Memory, { now, tree }: Look, { sync, dampening }: OnChange, schema: Schema): Step {
  if (at === undefined) {
    // Without sync-on-start what comes is told from then on, so that nothing is where it begins, too.
    if (tree.size === 0 && sync) return NOTHING;
    return { is: sync ? "data" : "start", tree };
  }
  const changes = told && changesBetween(told, tree, schema);
  if (changes?.length === 0) return NOTHING;
  const due = at + (dampening ?? 0);
  if (now < due && at <= now) return { is: "wait", until: due as Millis };
  // RFC 8641 §3.3: who has lost the thread is told all of it anew.
  return changes === undefined ? { is: "data", tree } : { is: "edits", changes };
}

function stepPeriodic({ heard, at }: Memory, { now, tree }: Look, { period }: Periodic): Step {
  if (heard === undefined || (tree.size === 0 && at === undefined)) return NOTHING;
  const due = endOfPeriod(heard, period);
  return now < due && heard <= now ? { is: "wait", until: due as Millis } : { is: "data", tree };
}

/** Periods begin at multiples of their length since 1970-01-01T00:00:00Z, so that `15m` is told at :00, :15, :30 and :45. */
const endOfPeriod = (at: Millis, period: Millis): number => (Math.floor(at / period) + 1) * period;
