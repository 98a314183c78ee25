/** Ranges and lengths (RFC 7950 §9.2.4, §9.4.4) as closed intervals that are tested in one loop. */
import type { Intervals, Says } from "../schema.ts";
import { Fault } from "./fault.ts";

/** Throws a Fault when `value` lies in none of the intervals. */
export type IntervalTest = (value: number) => void;

export const describe = (intervals: Intervals): string =>
  intervals.map(([low, high]) => (low === high ? low : `${low}..${high}`)).join(" | ");

const outside = (value: number | bigint, intervals: Intervals, says: Says | undefined): Fault =>
  new Fault("yang.not-in-range", `${value} is not in ${describe(intervals)}`).said(says);

export function rangeTest(intervals: Intervals, says?: Says): IntervalTest {
  const [first, ...others] = intervals.map(([low, high]) => [Number(low), Number(high)] as const);
  const [least, most] = first ?? [0, -1];
  return (value) => {
    if (value >= least && value <= most) return;
    for (const [low, high] of others) if (value >= low && value <= high) return;
    throw outside(value, intervals, says);
  };
}

export function bigRangeTest(intervals: Intervals, says?: Says): (value: bigint) => void {
  const bounds = intervals.map(([low, high]) => [BigInt(low), BigInt(high)] as const);
  return (value) => {
    for (const [low, high] of bounds) if (value >= low && value <= high) return;
    throw outside(value, intervals, says);
  };
}

export function lengthTest(intervals: Intervals | undefined, says?: Says): IntervalTest | undefined {
  if (intervals === undefined) return undefined;
  const bounds = intervals.map(([low, high]) => [Number(low), Number(high)] as const);
  return (length) => {
    for (const [low, high] of bounds) if (length >= low && length <= high) return;
    throw new Fault("yang.invalid-length", `length ${length} is not in ${describe(intervals)}`).said(says);
  };
}
