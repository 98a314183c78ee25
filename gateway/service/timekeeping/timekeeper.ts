/** The gateway's clock, as everything in it sees it: the site's time, whether it is right, and who is told when that changes. */
import {
  type Clock,
  type Closable,
  type Logger,
  type Millis,
  minutes,
  type Stopwatch,
  seconds,
  type Timer,
} from "../../base/index.ts";
import type { FactBodies, Recorder } from "../../store/index.ts";
import type { Remembered } from "./clock-memory.ts";
import {
  CLOCK_REASONS,
  type ClockReason,
  type ClockSetting,
  isPlausible,
  judge,
  leastTime,
  type Told,
  type Verdict,
} from "./quality.ts";
import { look, type SiteTime, timeAt } from "./site-time.ts";

/** Asks the machine's own time service. Never fails: who cannot tell says nothing. */
export type TimeSource = () => Promise<Told | undefined>;

/** What services and protocols see of it. */
export interface TimeQuality {
  readonly synchronised: boolean;
  /** Times recorded from then on must not be told: they may be wrong by years. Undefined = all may be told. */
  readonly doubtfulSince: Millis | undefined;
}

/** Of a clock that nobody doubts, as in a trial. */
export const CERTAIN: TimeQuality = { synchronised: true, doubtfulSince: undefined };

export interface TimekeeperOptions {
  readonly wall: Clock;
  readonly stopwatch: Stopwatch;
  readonly source: TimeSource;
  readonly setting: ClockSetting;
  /** The clock of a trial: it begins anew with each start, and nobody sets it. */
  readonly isTrial?: boolean;
  readonly log: Logger;
}

export interface Beginning {
  readonly told: Told | undefined;
  /** Time of the journal's last fact. */
  readonly newest: Millis | undefined;
  readonly remembered: Remembered;
  readonly recorder: Recorder;
}

/** How often the clock is looked at until it is right, and then. */
const LOOK_SOON = seconds(3);
const LOOK_LATER = minutes(1);

export class Timekeeper implements Clock, TimeQuality, Closable {
  readonly #options: TimekeeperOptions;
  #time: SiteTime;
  /** Until the clock was right once in this process. */
  #newest: Millis | undefined;
  #recorder: Recorder | undefined;
  #timer: Timer | undefined;
  #closed = false;

  /** Believes what the clock reads until `begin`. */
  constructor(options: TimekeeperOptions) {
    this.#options = options;
    const reads = options.wall.now();
    const mark = options.stopwatch.elapsed();
    const why = options.isTrial === true ? "set-by-hand" : "plausible";
    this.#time = { anchor: reads, mark, synchronised: true, why, since: reads };
  }

  now(): Millis {
    return timeAt(this.#time, this.#options.stopwatch.elapsed());
  }

  after(delay: Millis, run: () => void): Timer {
    return this.#options.wall.after(delay, run);
  }

  get synchronised(): boolean {
    return this.#time.synchronised;
  }

  get why(): ClockReason {
    return this.#time.why;
  }

  get doubtfulSince(): Millis | undefined {
    return this.#time.synchronised ? undefined : this.#time.since;
  }

  /** Time for what must not end by a wrong clock: it stands still from when the clock was last right until it is again. */
  readonly held: Clock = {
    now: () => this.doubtfulSince ?? this.now(),
    after: (delay, run) => this.after(delay, run),
  };

  /** What the machine's time service says now. */
  ask(): Promise<Told | undefined> {
    return this.#options.source();
  }

  /** Of what the machine's clock reads now. */
  judge(told: Told | undefined, newest?: Millis): Verdict {
    const { setting, wall } = this.#options;
    return judge(setting, { reads: wall.now(), newest, told });
  }

  /**
   * Once the journal is open and folded. What a former process recorded by a clock that was wrong is put right as soon as this
   * one's is.
   */
  begin({ told, newest, remembered, recorder }: Beginning): void {
    const { wall, stopwatch, isTrial } = this.#options;
    if (isTrial === true) return;
    const reads = wall.now();
    const mark = stopwatch.elapsed();
    const verdict = this.judge(told, newest);
    const least = leastTime(newest);
    this.#recorder = recorder;
    this.#newest = newest;
    if (remembered.synchronised) {
      const anchor = isPlausible(reads, newest) ? reads : least;
      this.#time = { anchor, mark, synchronised: true, why: verdict.why, since: anchor };
    } else {
      // The count of the former process goes on where it ended, unless the clock can be believed as far as it goes.
      const anchor = !verdict.synchronised && isPlausible(reads, newest) ? reads : least;
      this.#time = { anchor, mark, synchronised: false, why: verdict.why, since: remembered.since ?? anchor };
    }
    this.#look(told);
    this.#wait();
  }

  #wait(): void {
    if (this.#closed) return;
    this.#timer = this.after(this.synchronised ? LOOK_LATER : LOOK_SOON, () => {
      void this.ask().then((told) => {
        if (this.#closed) return;
        this.#look(told);
        this.#wait();
      });
    });
  }

  #look(told: Told | undefined): void {
    const { wall, stopwatch } = this.#options;
    const verdict = this.judge(told, this.#newest);
    const looked = look(this.#time, { reads: wall.now(), elapsed: stopwatch.elapsed() }, verdict);
    this.#time = looked.time;
    if (verdict.synchronised) this.#newest = undefined;
    if (looked.told !== undefined) this.#tell(looked.told);
  }

  #tell(state: FactBodies["clock.state"]): void {
    const { log } = this.#options;
    const step = state.step === undefined ? {} : { stepSeconds: Math.round(state.step / 1000) };
    const facts = { why: CLOCK_REASONS[this.#time.why], ...step };
    if (state.synchronised) log.info("clock.synchronised", facts);
    else log.warn("clock.not-synchronised", facts);
    // Nobody waits for these facts; that the journal cannot write is told by readyz and each checkpoint.
    this.#recorder?.record("clock.state", state).catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
}

/** May a time that was recorded then be told? */
export const isCertain = (recorded: Millis | undefined, { doubtfulSince }: TimeQuality = CERTAIN): boolean =>
  doubtfulSince === undefined || recorded === undefined || recorded < doubtfulSince;
