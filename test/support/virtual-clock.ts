/** A clock that stands still until a test moves it. */
import { type Clock, type Millis, millis, type Timer } from "../../gateway/base/index.ts";

interface Alarm {
  readonly due: Millis;
  readonly order: number;
  readonly run: () => void;
}

/** Lets everything happen that waits for promises, not for time. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class VirtualClock implements Clock {
  #now: Millis;
  #count = 0;
  readonly #alarms = new Set<Alarm>();

  constructor(start: Millis = millis(1_790_000_000_000)) {
    this.#now = start;
  }

  now(): Millis {
    return this.#now;
  }

  after(delay: Millis, run: () => void): Timer {
    this.#count += 1;
    const alarm: Alarm = { due: millis(this.#now + Math.max(0, delay)), order: this.#count, run };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  /** Moves on, ringing what is due in its order; promises settle after each. */
  async advance(duration: Millis): Promise<void> {
    const end = millis(this.#now + duration);
    await settled();
    for (let alarm = this.#next(end); alarm !== undefined; alarm = this.#next(end)) {
      this.#alarms.delete(alarm);
      this.#now = alarm.due;
      alarm.run();
      await settled();
    }
    this.#now = end;
  }

  #next(end: Millis): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.due > end) continue;
      if (first === undefined || alarm.due < first.due || (alarm.due === first.due && alarm.order < first.order)) {
        first = alarm;
      }
    }
    return first;
  }
}
