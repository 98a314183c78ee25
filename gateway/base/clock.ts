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

/** The machine's clock, run `rate` times as fast from `start` on (1 = real time). */
export function systemClock(rate = 1): Clock {
  const start = Date.now();
  return {
    now: () => (rate === 1 ? Date.now() : start + (Date.now() - start) * rate) as Millis,
    after: (delay, run) => {
      // setTimeout takes at most 2^31-1 ms; a longer delay fires early and its owner looks at the clock again.
      const timer = setTimeout(run, Math.min(delay / rate, 0x7fffffff));
      timer.unref();
      return { cancel: () => clearTimeout(timer) };
    },
  };
}
