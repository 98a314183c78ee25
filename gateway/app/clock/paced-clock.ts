/**
 * The clock of a trial. It runs as fast as it is told and no further than it is allowed, so that whoever paces it can wait for
 * slow simulated nodes; when that process gets no turn on a busy machine, time stands still instead of running away from it.
 */
import { type Clock, type Millis, millis, type Stopwatch, systemStopwatch, type Timer } from "../../base/index.ts";

/** Told again and again: at `now` it ran `rate` times as fast as real time, and may do so up to `until`. */
export interface Pace {
  readonly now: Millis;
  readonly rate: number;
  readonly until: Millis;
}

interface Waiting {
  readonly due: Millis;
  readonly run: () => void;
}

/** Real time between two looks at a clock that stands: it goes on when it is told to, so nothing is lost by looking seldom. */
const STANDING = 20;
/** setTimeout takes at most 2^31-1 ms. */
const LONGEST = 0x7fffffff;

/** Never runs backwards. Until somebody paces it, it runs at `rate` without an end. */
export class PacedClock implements Clock {
  readonly #stopwatch: Stopwatch;
  /** What it showed when the stopwatch read `mark`. */
  #shown: number;
  #mark: Millis;
  #rate: number;
  #until: number = Number.POSITIVE_INFINITY;
  readonly #waiting = new Set<Waiting>();
  #alarm: NodeJS.Timeout | undefined;
  #alarmFor: number = Number.POSITIVE_INFINITY;

  constructor(rate: number, start: Millis = millis(Date.now()), stopwatch: Stopwatch = systemStopwatch) {
    this.#rate = rate;
    this.#shown = start;
    this.#stopwatch = stopwatch;
    this.#mark = stopwatch.elapsed();
  }

  now(): Millis {
    const reckoned = this.#shown + (this.#stopwatch.elapsed() - this.#mark) * this.#rate;
    return Math.floor(Math.max(this.#shown, Math.min(reckoned, this.#until))) as Millis;
  }

  after(delay: Millis, run: () => void): Timer {
    const waiting = { due: millis(this.now() + delay), run };
    this.#waiting.add(waiting);
    if (waiting.due < this.#alarmFor) this.#arm(waiting.due);
    return { cancel: () => this.#waiting.delete(waiting) };
  }

  pace({ now, rate, until }: Pace): void {
    this.#shown = Math.max(this.now(), now);
    this.#mark = this.#stopwatch.elapsed();
    this.#rate = rate;
    this.#until = until;
    this.#armNext();
  }

  #armNext(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const { due } of this.#waiting) next = Math.min(next, due);
    this.#arm(next);
  }

  /** One alarm of the machine for all of them: a change of pace moves it alone. */
  #arm(due: number): void {
    clearTimeout(this.#alarm);
    this.#alarmFor = due;
    if (due === Number.POSITIVE_INFINITY) return;
    const wait = due > this.#until ? STANDING : 0;
    const delay = Math.max(wait, (due - this.now()) / this.#rate);
    this.#alarm = setTimeout(() => this.#ring(), Math.min(delay, LONGEST));
    this.#alarm.unref(); // a timer never keeps the process alive by itself
  }

  #ring(): void {
    this.#alarmFor = Number.POSITIVE_INFINITY;
    const now = this.now();
    const due = [...this.#waiting].filter((waiting) => waiting.due <= now).sort((a, b) => a.due - b.due);
    for (const waiting of due) {
      // An earlier one may have cancelled it.
      if (this.#waiting.delete(waiting)) waiting.run();
    }
    this.#armNext();
  }
}
