/**
 * When a node wakes, as one of the courses that its past allows: a regular beat, whose error grows with the square root of
 * the wakes as that of an oscillator does whose every sleep is a little off. Pure.
 */
export interface Wakes {
  /** When the next one is due; of a node that missed some, the one after them. */
  readonly due: number;
  readonly period: number;
  /** Standard deviation of one interval. */
  readonly spread: number;
  /** Missed in a row just before. */
  readonly missed: number;
}

/** A mean deviation as a standard deviation, of what is normally distributed. */
export const SPREAD_OF_DEVIATION = 1.2533;
/** Within it a later wake is never before an earlier one. */
const MOST_SPREAD = 0.5;

/** `off`: how this course differs from the mean one, in standard deviations. Wakes count from 0. */
export const wakeAt = ({ due, period, spread }: Wakes, off: number, wake: number): number =>
  due + wake * period + Math.min(spread, MOST_SPREAD * period) * Math.sqrt(wake + 1) * off;

/** The first wake after `time`, at least the one numbered `from`. */
export function wakeAfter(wakes: Wakes, off: number, time: number, from: number): number {
  let wake = Math.max(from, Math.floor((time - wakes.due) / wakes.period));
  while (wake > from && wakeAt(wakes, off, wake - 1) > time) wake -= 1;
  while (wakeAt(wakes, off, wake) <= time) wake += 1;
  return wake;
}
