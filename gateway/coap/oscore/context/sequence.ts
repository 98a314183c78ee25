/**
 * RFC 8613 §7.2.1, Appendix B.1.1 — sender sequence numbers: one counter for all contexts of the gateway. Each context
 * has its own key, so a number that is used once in the gateway is used once under its key, and no node has a counter
 * on the disk.
 *
 * Two rules keep a number from ever coming twice.
 * - The store: a number is given out only below a ceiling that is durable, and a start begins at the ceiling.
 * - The clock: a number is given out only below `bound(now)`, which grows with the time since the store was made, and a
 *   start begins at or above it. So an old copy of the data that is put back begins above all that was used since it
 *   was taken, as long as the clock goes on.
 */
import { type Clock, type Closable, type Millis, millis } from "../../../base/index.ts";
import type { SequenceRange, SequenceStore } from "../../../store/index.ts";
import { MAX_SEQUENCE_NUMBER } from "../codec/partial-iv.ts";

/** Numbers that a new store has at once. */
const HEADROOM = 2 ** 20;
/** Numbers per second after that; 2^40 of them last for 136 years. */
const RATE = 256;
/** Numbers reserved ahead of the clock: half a second of them. */
const AHEAD = RATE / 2;
/** After quick restarts the numbers themselves may run so far ahead; more says that the clock went back. */
const MOST_AHEAD = 4 * AHEAD;
/** A reservation must win so many numbers, so that one in steady use writes at most 4 times a second. */
const LEAST_GAIN = RATE / 4;
const RETRY = millis(1000);

export type SequenceStop = "closed" | "exhausted" | "ahead-of-store" | "ahead-of-clock";

export interface SequenceOptions {
  readonly store: SequenceStore;
  readonly clock: Clock;
  /** The store refused; told once per failed attempt. */
  readonly onFailure?: (error: unknown) => void;
}

export class SenderSequence implements Closable {
  readonly #store: SequenceStore;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;
  readonly #origin: Millis;
  #next: number;
  /** Durable: no start gives a number below it again. */
  #ceiling: number;
  /** The clock was behind what the store says when we started: then its steps are all that can be used of it. */
  #lag: number;
  #latest: Millis;
  #extending: Promise<void> | undefined;
  #retryAt: Millis;
  #closed = false;

  private constructor({ store, clock, onFailure }: SequenceOptions, { origin, ceiling }: SequenceRange) {
    const now = clock.now();
    this.#store = store;
    this.#clock = clock;
    this.#onFailure = onFailure ?? (() => undefined);
    this.#origin = origin;
    this.#latest = now;
    this.#retryAt = now;
    this.#ceiling = ceiling;
    const bound = boundAt(millis(now - origin));
    // A new store has used nothing; every later start leaves behind what an earlier one may have used.
    this.#next = ceiling === 0 ? 0 : Math.max(ceiling, bound);
    this.#lag = this.#next > bound + MOST_AHEAD ? this.#next - bound : 0;
  }

  /** Reads the range and reserves the first numbers: durable before it resolves. Throws StoreErrors. */
  static async open(options: SequenceOptions): Promise<SenderSequence> {
    const sequence = new SenderSequence(options, await options.store.load());
    await sequence.#reserve();
    return sequence;
  }

  /** A number that was never given out before; undefined = none now (see `stopped`). */
  next(): number | undefined {
    if (this.stopped() !== undefined) {
      this.#extend();
      return undefined;
    }
    const number = this.#next;
    this.#next += 1;
    this.#extend();
    return number;
  }

  /** Why there is no number now. */
  stopped(): SequenceStop | undefined {
    if (this.#closed) return "closed";
    if (this.#next > MAX_SEQUENCE_NUMBER) return "exhausted";
    if (this.#next >= this.#ceiling) return "ahead-of-store";
    if (this.#next >= this.#bound()) return "ahead-of-clock";
    return undefined;
  }

  /** The reservation under way, if there is one, is over. */
  async settled(): Promise<void> {
    await this.#extending;
  }

  /** Gives out nothing more, and leaves no write behind. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#extending;
  }

  #bound(): number {
    const now = this.#clock.now();
    if (now < this.#latest) this.#lag += ((this.#latest - now) / 1000) * RATE; // set back: count on from here
    this.#latest = now;
    return boundAt(millis(now - this.#origin)) + Math.floor(this.#lag);
  }

  /** Reserves what the clock allows by now; to be called now and then, so that a burst finds its numbers. */
  refresh(): void {
    this.#extend();
  }

  /** In the background, once half of what could be reserved is not: each write takes twice as long to come. */
  #extend(): void {
    const now = this.#clock.now();
    if (this.#closed || this.#extending !== undefined || now < this.#retryAt) return;
    const target = this.#target();
    const gain = target - this.#ceiling;
    if (gain < LEAST_GAIN || gain < this.#ceiling - this.#next) return;
    this.#extending = this.#reserve()
      .catch((error: unknown) => {
        this.#retryAt = millis(now + RETRY);
        this.#onFailure(error);
      })
      .finally(() => {
        this.#extending = undefined;
      });
  }

  async #reserve(): Promise<void> {
    const target = this.#target();
    if (target <= this.#ceiling) return;
    await this.#store.reserve(target);
    this.#ceiling = target;
  }

  #target(): number {
    const bound = this.#bound();
    const wanted = Math.min(Math.max(bound, this.#next) + AHEAD, bound + MOST_AHEAD);
    return Math.min(wanted, MAX_SEQUENCE_NUMBER + 1);
  }
}

const boundAt = (age: Millis): number => HEADROOM + Math.floor((age * RATE) / 1000);
