/** The clock port: time and timers come in from outside, so that tests and trials can bend them. */
import type { Millis } from "./units.ts";

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall-clock time. */
  now(): Millis;
  /** Calls `run` once after `delay`; a timer never keeps the process alive by itself. */
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
  return {
    now: () => Math.floor(start + (systemStopwatch.elapsed() - begun) * rate) as Millis,
    after: (delay, run) => systemTimer((delay / rate) as Millis, run),
  };
}

/** What the machine's clock reads: somebody may set it, backwards too. */
export const wallClock: Clock = { now: () => Date.now() as Millis, after: systemTimer };

function systemTimer(delay: Millis, run: () => void): Timer {
  // setTimeout takes at most 2^31-1 ms; a longer delay fires early and its owner looks at the clock again.
  const timer = setTimeout(run, Math.min(delay, 0x7fffffff));
  timer.unref();
  return { cancel: () => clearTimeout(timer) };
}
