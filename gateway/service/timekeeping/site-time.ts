/**
 * The site's time, pure: it counts evenly from an anchor, and jumps only together with a fact that says so. So nobody ever sees
 * a node that was due for years because somebody has set the clock.
 */
import { type Millis, seconds } from "../../base/index.ts";
import type { FactBodies } from "../../store/index.ts";
import type { ClockReason, Verdict } from "./quality.ts";

export interface SiteTime {
  /** Site time when the stopwatch read `mark`. */
  readonly anchor: Millis;
  readonly mark: Millis;
  readonly synchronised: boolean;
  readonly why: ClockReason;
  /** What was recorded from then on was so by a clock that nobody has proved right. */
  readonly since: Millis;
}

export interface Reading {
  /** What the machine's clock reads, and the stopwatch at the same moment. */
  readonly reads: Millis;
  readonly elapsed: Millis;
}

export interface Looked {
  readonly time: SiteTime;
  /** What is to be recorded once `time` holds. */
  readonly told: FactBodies["clock.state"] | undefined;
}

/** A time service that keeps a clock right moves it by less. */
export const JUMP = seconds(5);

export const timeAt = ({ anchor, mark }: SiteTime, elapsed: Millis): Millis =>
  Math.floor(anchor + elapsed - mark) as Millis;

/** What a look at the machine's clock makes of the site's time. */
export function look(time: SiteTime, { reads, elapsed }: Reading, { synchronised, why }: Verdict): Looked {
  const now = timeAt(time, elapsed);
  if (!synchronised) {
    // Its own count goes on: whatever the clock reads now is no better.
    if (!time.synchronised) return { time: { ...time, why }, told: undefined };
    return { time: { anchor: now, mark: elapsed, synchronised, why, since: now }, told: { synchronised, why } };
  }
  const step = (reads - now) as Millis;
  const jumped = Math.abs(step) > JUMP;
  const since = jumped || !time.synchronised || why === "told" ? reads : time.since;
  const next: SiteTime = { anchor: reads, mark: elapsed, synchronised, why, since };
  if (time.synchronised && !jumped) return { time: next, told: undefined };
  if (!jumped) return { time: next, told: { synchronised, why } };
  const wrongSince = beginOfWrong(time, step, reads, why);
  const told = { synchronised, why, step, ...(wrongSince === undefined ? {} : { since: wrongSince }) };
  return { time: next, told };
}

/** From which moment on recorded times are off by this step; undefined = none are. */
function beginOfWrong(time: SiteTime, step: Millis, reads: Millis, why: ClockReason): Millis | undefined {
  // Nothing can have been recorded in the future, whatever anybody said of the clock then.
  if (step < 0) return time.synchronised ? reads : (Math.min(time.since, reads) as Millis);
  // Proved right before and after: time did pass, as when a machine was suspended.
  return time.synchronised && time.why === "told" && why === "told" ? undefined : time.since;
}
