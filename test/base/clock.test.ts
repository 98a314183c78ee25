/** The clock port of the machine: a timer is never early by the clock that set it. */
import { describe, expect, test } from "@jest/globals";
import { type Clock, type Millis, millis, systemClock, wallClock } from "../../gateway/base/index.ts";

/** Keeps the event loop's turn for so long. */
const busyFor = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until; );
};

const CLOCKS: ReadonlyArray<readonly [name: string, clock: Clock]> = [
  ["the system's", systemClock()],
  ["one that runs sixty times as fast", systemClock(60)],
  ["what the machine shows", wallClock],
];

describe.each(CLOCKS)("%s", (_name, clock) => {
  test("calls back no earlier than it says, behind a long turn and with parts of a millisecond", async () => {
    const DELAYS = [0, 0.4, 1.5, 9.9, 20, 25.25, 30];
    busyFor(25); // setTimeout counts from the beginning of this turn
    const early = await Promise.all(
      DELAYS.map((delay) => {
        const due = clock.now() + delay;
        return new Promise<number>((resolve) => void clock.after(millis(delay), () => resolve(due - clock.now())));
      }),
    );
    // The wall clock reads whole milliseconds, and its timers do not follow it.
    expect(early.filter((by) => by > (clock === wallClock ? 1 : 0))).toEqual([]);
  });

  test("never calls back what was cancelled, also between two parts of a long wait", async () => {
    let called = false;
    const timer = clock.after(millis(5), () => {
      called = true;
    });
    timer.cancel();
    await new Promise<void>((resolve) => void clock.after(20 as Millis, resolve));
    expect(called).toBe(false);
  });
});
