/**
 * What a fact `clock.state` does to times that were recorded before it: while the clock was wrong, they were off by the step
 * that made it right. Moved by that step they are as far apart as before, and right.
 */
import type { Millis } from "../base/index.ts";
import type { Fact } from "./facts.ts";

/** Times from `since` on move by `step`. */
export interface Shift {
  readonly since: Millis;
  readonly step: Millis;
}

/** Undefined when the fact moves nothing. */
export const shiftOf = ({ since, step }: Extract<Fact, { type: "clock.state" }>): Shift | undefined =>
  since === undefined || step === undefined ? undefined : { since, step };

/** Was it recorded by the clock that was wrong? */
export const isOff = (recorded: Millis | undefined, { since }: Pick<Shift, "since">): boolean =>
  recorded !== undefined && recorded >= since;

/** The same time where it was recorded before. */
export const moved = (recorded: Millis, shift: Shift): Millis =>
  (isOff(recorded, shift) ? recorded + shift.step : recorded) as Millis;
