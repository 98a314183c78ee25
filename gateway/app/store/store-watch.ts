/**
 * The store of a site: whether it takes facts. Of one beside the gateway, e.g. in a Redis that restarts: whether it can be
 * reached, who is told when it cannot, and the fact that says afterwards how long nobody could be heard.
 */
import {
  type Clock,
  type Closable,
  every,
  explain,
  type Logger,
  type Millis,
  millis,
  type StoreError,
  type Timer,
} from "../../base/index.ts";
import type { Journal, Recorder } from "../../store/index.ts";

/** What those who may have to put somebody off see of it. */
export interface StoreReach {
  /** Why nothing can be kept now; undefined while all is well. */
  readonly away: StoreError | undefined;
  /** Calls back once it is away; returns the way to stop. */
  onAway(listener: (why: StoreError) => void): () => void;
}

export interface StoreWatchOptions {
  readonly journal: Pick<Journal, "away" | "failure">;
  readonly recorder: Recorder;
  /** Time that nobody can set. */
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether a journal that is opened again could write, when this one has failed; without it that is believed at once. */
  readonly mayGoOn?: (() => Promise<boolean>) | undefined;
}

/** Often enough that no node waits for nothing, and seldom enough to cost nothing. */
const LOOK = millis(100);

export class StoreWatch implements StoreReach, Closable {
  readonly #options: StoreWatchOptions;
  readonly #listeners = new Set<(why: StoreError) => void>();
  readonly #failureListeners = new Set<(why: StoreError) => void>();
  readonly #timer: Timer;
  #asking = false;
  /** Since when, and why, until the fact about it is recorded: in between nobody may be taken as late. */
  #gone: { readonly since: Millis; readonly why: StoreError } | undefined;

  constructor(options: StoreWatchOptions) {
    this.#options = options;
    this.#timer = every(options.clock, LOOK, () => this.#look());
  }

  /** Whoever is put off has noticed it too: an outage that ends before the next look is told like a long one. */
  get away(): StoreError | undefined {
    const { away } = this.#options.journal;
    if (away !== undefined) this.#noticed(away);
    return away ?? this.#gone?.why;
  }

  onAway(listener: (why: StoreError) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called once when the journal takes nothing more, and opened again it may: so the process had better end. */
  onFailure(listener: (why: StoreError) => void): void {
    this.#failureListeners.add(listener);
  }

  close(): void {
    this.#timer.cancel();
  }

  /** While the disk is full the process stays: what it can serve it serves, and it says what is wrong. */
  async #failed(failure: StoreError): Promise<void> {
    this.#asking = true;
    const ends = (await this.#options.mayGoOn?.().catch(() => true)) ?? true;
    this.#asking = false;
    if (!ends) return;
    for (const listener of this.#failureListeners) listener(failure);
    this.#failureListeners.clear();
  }

  #noticed(away: StoreError): void {
    if (this.#gone !== undefined) return;
    const { clock, log } = this.#options;
    this.#gone = { since: clock.now(), why: away };
    log.warn("store.away", { reason: explain(away) });
    for (const listener of [...this.#listeners]) listener(away);
  }

  #look(): void {
    const { journal, recorder, clock, log } = this.#options;
    const { away, failure } = journal;
    if (failure !== undefined && this.#failureListeners.size > 0 && !this.#asking) void this.#failed(failure);
    if (away !== undefined) this.#noticed(away);
    else if (this.#gone !== undefined) {
      const took = millis(clock.now() - this.#gone.since);
      // Recorded first: what follows from it holds before anybody looks at the clock again.
      recorder.record("store.returned", { away: took }).catch(() => undefined);
      this.#gone = undefined;
      log.info("store.returned", { seconds: Math.round(took / 1000) });
    }
  }
}
