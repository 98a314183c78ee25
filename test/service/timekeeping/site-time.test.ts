/** The site's time as a pure machine: it counts on by itself, and jumps only with a fact that says so. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { days, hours, type Millis, millis, minutes, seconds } from "../../../gateway/base/index.ts";
import { type ClockReason, JUMP, look, type SiteTime, timeAt } from "../../../gateway/service/timekeeping/index.ts";
import { moved, shiftOf } from "../../../gateway/store/index.ts";

const TRUE_NOW = millis(Date.parse("2026-11-21T12:00:00Z"));
const right = (why: ClockReason = "told") => ({ synchronised: true, why });
const wrong = { synchronised: false, why: "not-synchronised" } as const;
const at = (time: Millis, rest: Partial<SiteTime> = {}): SiteTime => ({
  anchor: time,
  mark: millis(0),
  synchronised: true,
  why: "told",
  since: time,
  ...rest,
});
const plus = (time: Millis, by: Millis): Millis => millis(time + by);

describe("time: the site's time", () => {
  test("goes on evenly while the machine's clock reads nonsense", () => {
    const begun = look(at(TRUE_NOW), { reads: millis(5000), elapsed: millis(0) }, wrong);
    expect(begun.told).toEqual({ synchronised: false, why: "not-synchronised" });
    const later = look(begun.time, { reads: millis(3_600_000), elapsed: hours(1) }, wrong);
    expect(later.told).toBeUndefined();
    expect(timeAt(later.time, hours(1))).toBe(TRUE_NOW + hours(1));
  });

  test("jumps when the clock becomes right, and says from when on times are off", () => {
    const { time } = look(at(TRUE_NOW), { reads: millis(5000), elapsed: millis(0) }, wrong);
    const reads = plus(TRUE_NOW, days(20));
    const { time: then, told } = look(time, { reads, elapsed: hours(1) }, right());
    expect(told).toEqual({ synchronised: true, why: "told", step: days(20) - hours(1), since: TRUE_NOW });
    expect(timeAt(then, hours(1))).toBe(reads);
  });

  test("follows a clock that is led by seconds, and says nothing", () => {
    for (const slip of [seconds(4), millis(-4000)]) {
      const { time, told } = look(at(TRUE_NOW), { reads: plus(TRUE_NOW, slip), elapsed: millis(0) }, right());
      expect(told).toBeUndefined();
      expect(timeAt(time, millis(0))).toBe(TRUE_NOW + slip);
    }
  });

  const JUMPS: ReadonlyArray<
    readonly [name: string, before: ClockReason, after: ClockReason, step: Millis, since: Millis | undefined]
  > = [
    ["a machine that slept: what was recorded was right", "told", "told", hours(9), undefined],
    [
      "the first right time where nothing tells: what was recorded was not",
      "plausible",
      "plausible",
      days(3),
      TRUE_NOW,
    ],
    ["set forward by hand", "set-by-hand", "set-by-hand", days(3), TRUE_NOW],
    [
      "set back: what lies in the future cannot be right",
      "told",
      "told",
      millis(-hours(1)),
      plus(TRUE_NOW, millis(-hours(1))),
    ],
    ["set back by years", "plausible", "told", millis(-days(9000)), plus(TRUE_NOW, millis(-days(9000)))],
  ];
  test.each(JUMPS)("%s", (_name, before, after, step, since) => {
    const { told } = look(
      at(TRUE_NOW, { why: before }),
      { reads: plus(TRUE_NOW, step), elapsed: millis(0) },
      right(after),
    );
    expect(told).toEqual({ synchronised: true, why: after, step, ...(since === undefined ? {} : { since }) });
  });

  test("that jumps stays in step with the clock, and what was recorded keeps its distance to now", () => {
    const offset = fc.integer({ min: -400_000_000_000, max: 2_000_000_000_000 });
    fc.assert(
      fc.property(offset, fc.array(fc.integer({ min: 0, max: 1e8 }), { maxLength: 8 }), (off, waits) => {
        let time = at(TRUE_NOW, { synchronised: false, since: TRUE_NOW });
        let elapsed = 0;
        const recorded: Array<readonly [age: number, at: Millis]> = [];
        for (const wait of waits) {
          recorded.push([elapsed, timeAt(time, millis(elapsed))]);
          elapsed += wait;
          time = look(time, { reads: millis(elapsed), elapsed: millis(elapsed) }, wrong).time;
        }
        const reads = millis(TRUE_NOW + elapsed + off);
        const { time: then, told } = look(time, { reads, elapsed: millis(elapsed) }, right());
        const shift = told && shiftOf({ type: "clock.state", seq: 1, at: reads, ...told });
        expect(timeAt(then, millis(elapsed))).toBe(reads);
        for (const [age, when] of recorded) {
          const distance = shift === undefined ? reads - when - off : reads - moved(when, shift);
          expect(distance).toBe(elapsed - age);
        }
        expect(Math.abs(off) > JUMP).toBe(shift !== undefined);
      }),
    );
  });

  test("that is trusted again without a jump moves nothing", () => {
    const { time } = look(at(TRUE_NOW), { reads: TRUE_NOW, elapsed: millis(0) }, wrong);
    const { told } = look(time, { reads: plus(TRUE_NOW, minutes(5)), elapsed: minutes(5) }, right());
    expect(told).toEqual({ synchronised: true, why: "told" });
  });
});
