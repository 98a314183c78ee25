/** What comes in on the probe's line, and how long it is waited for. */
import type { Clock, Millis } from "../../../gateway/base/index.ts";
import type { Heard } from "../link/plain-line.ts";

/** What came in, and who waits for it. */
export class Inbox {
  readonly #clock: Clock;
  readonly #heard: Heard[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(message: Heard): void {
    this.#heard.push(message);
    for (const wake of this.#waiting) wake();
  }

  find(topic: string): Heard | undefined {
    return this.#heard.find((message) => message.topic === topic);
  }

  /** Undefined when it did not come in time, or the line ended. */
  async wait(topic: string, gone: Promise<void>, patience: Millis): Promise<Heard | undefined> {
    await within(this.#clock, patience, gone, (done) => {
      const look = (): void => {
        if (this.find(topic) === undefined) return;
        this.#waiting.delete(look);
        done();
      };
      this.#waiting.add(look);
      look();
    });
    return this.find(topic);
  }
}

/** Resolves when `begin` calls back, the line is gone, or patience ends. */
export async function within(
  clock: Clock,
  patience: Millis,
  gone: Promise<void>,
  begin: (done: () => void) => void,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.after(patience, resolve);
    const done = (): void => {
      timer.cancel();
      resolve();
    };
    gone.then(done, done);
    begin(done);
  });
}
