/**
 * Whether a node can be reached, as one pure machine: unknown → awake → asleep → overdue → lost.
 * Time is counted in wakes, not seconds: a node that sleeps for an hour is not late after a minute.
 */
import { type Millis, seconds } from "../../base/index.ts";
import type { Reachability } from "../../store/index.ts";

export interface Reach {
  readonly state: Reachability;
  readonly lastSeen: Millis | undefined;
  /** When the node is expected, and how long it sleeps between two wakes. */
  readonly nextWake: Millis | undefined;
  readonly interval: Millis;
  readonly missedWakes: number;
}

export type ReachEvent =
  | { readonly type: "heard"; readonly at: Millis; readonly awake: boolean; readonly nextWake: Millis | undefined }
  /** `heard`: when the node last did anything at all, e.g. fetched a block; it puts off the next wake. */
  | { readonly type: "time"; readonly at: Millis; readonly heard: Millis | undefined };

/** How long a node that was given work is taken to listen after its last word (RFC 7252 MAX_TRANSMIT_WAIT). */
export const AWAKE_TIME = seconds(93);
/** A wake counts as missed when this share of the interval has passed since it was due. */
const GRACE = 0.5;
/** Missed wakes after which a node is lost. */
export const LOST_AFTER = 12;

export const unheard = (interval: Millis): Reach => ({
  state: "unknown",
  lastSeen: undefined,
  nextWake: undefined,
  interval,
  missedWakes: 0,
});

/** The same object when nothing changes. */
export function step(reach: Reach, event: ReachEvent): Reach {
  switch (event.type) {
    case "heard": {
      const nextWake = event.nextWake ?? ((event.at + reach.interval) as Millis);
      const interval = Math.max(1000, nextWake - event.at) as Millis;
      return { state: event.awake ? "awake" : "asleep", lastSeen: event.at, nextWake, interval, missedWakes: 0 };
    }
    case "time": {
      if (reach.lastSeen === undefined || reach.nextWake === undefined) return reach;
      const heard = Math.max(reach.lastSeen, event.heard ?? 0) as Millis;
      const due = heard > reach.nextWake ? ((heard + reach.interval) as Millis) : reach.nextWake;
      const missedWakes = missed(due, reach.interval, event.at);
      const state = stateAt(reach, heard, missedWakes, event.at);
      return state === reach.state && missedWakes === reach.missedWakes ? reach : { ...reach, state, missedWakes };
    }
  }
}

function missed(due: Millis, interval: Millis, now: Millis): number {
  const late = now - due - interval * GRACE;
  return late < 0 ? 0 : 1 + Math.floor(late / interval);
}

function stateAt(reach: Reach, heard: Millis, missedWakes: number, now: Millis): Reachability {
  if (missedWakes >= LOST_AFTER) return "lost";
  if (missedWakes > 0) return "overdue";
  if (reach.state === "awake" && now < heard + AWAKE_TIME) return "awake";
  return "asleep";
}
