/** The gateway's clock put together: from the machine's, or in a trial from the one that runs as fast as the trial. */
import { type Clock, type Logger, millis, type Stopwatch, StoreError } from "../../base/index.ts";
import { CLOCK_REASONS, Timekeeper, type TimeSource, type Told } from "../../service/timekeeping/index.ts";
import type { Config } from "../config/index.ts";

/** What a real machine adds to its clock. */
export interface MachineTime {
  readonly stopwatch: Stopwatch;
  readonly source: TimeSource;
}

export interface ClockPorts {
  readonly clock: Clock;
  /** Without it `clock` is never set by anybody, as in trials and tests. */
  readonly time?: MachineTime | undefined;
  readonly log: Logger;
}

const nothingTells: TimeSource = () => Promise.resolve(undefined);

/** To be given its `begin` once the journal is open. */
export function siteClock({ clock: { rate, synchronised } }: Config, { clock, time, log }: ClockPorts): Timekeeper {
  return new Timekeeper({
    wall: clock,
    stopwatch: time?.stopwatch ?? { elapsed: () => millis(clock.now()) },
    source: time?.source ?? nothingTells,
    setting: rate === 1 ? synchronised : "yes",
    isTrial: rate !== 1,
    log,
  });
}

/**
 * Epochs and sequence numbers of a copy go on from the time at which it was put back, so that time must be right. Throws
 * StoreError `clock.not-synchronised`.
 */
export function checkClock(clock: Timekeeper, told: Told | undefined): void {
  const { synchronised, why } = clock.judge(told);
  if (!synchronised) throw new StoreError("clock.not-synchronised", { why: CLOCK_REASONS[why] });
}
