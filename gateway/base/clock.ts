/** The clock port: time and timers come in from outside, so that tests and trials can bend them. */
import type { Millis } from "./units.ts";

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall-clock time. */
  now(): Millis;
  /**
   * Calls `run` once after `delay`, and never before `now()` says so: who waits until a moment and looks at the clock then would
   * wait for ever. A timer never keeps the process alive by itself.
   */
  after(delay: Millis, run: () => void): Timer;
}

/** Runs `run` every `interval` until cancelled. */
export function every(clock: Clock, interval: Millis, run: () => void): Timer {
  let timer = clock.after(interval, tick);
  function tick(): void {
    timer = clock.after(interval, tick);
    run();
  }
  return { cancel: () => timer.cancel() };
}

/** Time that nobody can set: it counts evenly from some moment on, whatever becomes of the wall clock. */
export interface Stopwatch {
  elapsed(): Millis;
}

/** Counts from the start of the process. */
export const systemStopwatch: Stopwatch = { elapsed: () => performance.now() as Millis };

/**
 * Counts evenly from what the machine's clock reads now, or from `start`, `rate` times as fast as real time: when somebody sets
 * the clock, nothing that waits comes too early, too late or never.
 */
export function systemClock(rate = 1, start: Millis = Date.now() as Millis): Clock {
  const begun = systemStopwatch.elapsed();
  const now = (): Millis => Math.floor(start + (systemStopwatch.elapsed() - begun) * rate) as Millis;
  return {
    now,
    after: (delay, run) => {
      const due = now() + delay;
      return systemTimer(() => (due - now()) / rate, run);
    },
  };
}

/** What the machine's clock reads: somebody may set it, backwards too, and timers do not follow. */
export const wallClock: Clock = {
  now: () => Date.now() as Millis,
  after: (delay, run) => {
    const due = systemStopwatch.elapsed() + delay;
    return systemTimer(() => due - systemStopwatch.elapsed(), run);
  },
};

/** setTimeout takes at most 2^31-1 ms. */
const LONGEST = 0x7fffffff;

/**
 * setTimeout counts from the beginning of the current turn of the event loop, so behind a long turn it fires early, and so it
 * does by the part of a millisecond that it cuts off. `left`: real milliseconds.
 */
function systemTimer(left: () => number, run: () => void): Timer {
  let timer = arm();
  function arm(): NodeJS.Timeout {
    return setTimeout(ring, Math.min(Math.ceil(left()), LONGEST)).unref();
  }
  function ring(): void {
    if (left() > 0) timer = arm();
    else run();
  }
  return { cancel: () => clearTimeout(timer) };
}
