/**
 * Journal and projections as one: a fact is numbered, folded into memory at once, and answered after it is durable.
 * Projections are written to the state store from time to time together with the number of the last fact in them;
 * after a crash the journal gives back the rest (ARCHITECTURE.md, rule 3).
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type Clock,
  type Closable,
  every,
  explain,
  type Logger,
  type Millis,
  StoreError,
  seconds,
  type Timer,
} from "../base/index.ts";
import type { Fact, FactBodies, FactType, NewFact } from "./facts.ts";
import type { Appended, Journal, StateChange, StateStore } from "./ports.ts";

/** State that follows from facts. `apply` is a pure fold: no clock, no randomness, no I/O. */
export interface Projection {
  readonly name: string;
  /** Takes up what was committed; called once, before any `apply`. */
  load(state: StateStore): Promise<void>;
  apply(fact: Fact): void;
  /** Something of what changed since it was last asked, some `limit` entries; fewer = that was the rest. */
  drain(limit?: number): readonly StateChange[];
}

export interface LedgerOptions {
  readonly journal: Journal;
  readonly state: StateStore;
  readonly projections: readonly Projection[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Most time between two commits of the projections: memory cards wear, so not per fact. */
  readonly checkpoint?: Millis;
}

const REPLAY_BATCH = 1000;
/** Entries gathered for a commit at a time: some milliseconds, after which whoever wakes has its turn. */
const DRAIN_BATCH = 2048;
/** A commit that has so many entries does not wait for its time: LMDB keeps the memory of its largest one for good. */
const ENOUGH = 2048;

/** What services see of it: record a fact, know when it will survive. */
export interface Recorder {
  /** Folds the fact into every projection before it returns; the promise resolves when the fact is durable. */
  record<T extends FactType>(type: T, body: FactBodies[T]): Promise<void>;
  /** Resolves when all that was recorded so far is durable; rejects when it will not be. */
  flush(): Promise<void>;
}

/** The one writer of the journal and keeper of its projections. */
export class Ledger implements Recorder, Closable {
  readonly #options: LedgerOptions;
  readonly #listeners = new Set<(fact: Fact) => void>();
  /** Per projection, what no commit has taken yet: the newest change of each entry. */
  readonly #waiting = new Map<string, Map<string, StateChange>>();
  #timer: Timer | undefined;
  #committing: Promise<void> = Promise.resolve();
  /** Commits under way or waiting for their turn. */
  #commits = 0;
  /** The last one did not succeed. */
  #failing = false;
  #committed = 0;
  /** Facts since the last look at how many entries wait. */
  #unseen = 0;

  private constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Loads the projections, replays what they miss. Throws StoreError `store.gap` when the journal no longer has it. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const ledger = new Ledger(options);
    await ledger.#replay();
    ledger.#timer = every(
      options.clock,
      options.checkpoint ?? seconds(10),
      () => void ledger.checkpoint().catch(ledger.#failed),
    );
    return ledger;
  }

  async #replay(): Promise<void> {
    const { journal, state, projections, log } = this.#options;
    const applied = new Map<Projection, number>();
    for (const projection of projections) {
      await projection.load(state);
      applied.set(projection, await state.applied(projection.name));
    }
    const newest = Math.max(...applied.values());
    for (const [projection, seq] of applied) {
      // New with this version, on data of an older one: of what the journal no longer has nothing was its own.
      if (seq === 0 && newest > 0) applied.set(projection, journal.first - 1);
    }
    const oldest = Math.min(...applied.values());
    if (oldest + 1 < journal.first || newest > journal.last) {
      throw new StoreError("store.gap", { first: journal.first, last: journal.last, applied: oldest });
    }
    let replayed = 0;
    for (let from = oldest + 1; from <= journal.last; ) {
      const facts = await journal.read(from, REPLAY_BATCH);
      for (const fact of facts) {
        for (const [projection, seq] of applied) if (fact.seq > seq) projection.apply(fact);
      }
      replayed += facts.length;
      from += facts.length;
    }
    this.#committed = oldest;
    if (replayed > 0) log.info("ledger.replayed", { facts: replayed, last: journal.last });
  }

  record<T extends FactType>(type: T, body: FactBodies[T]): Promise<void> {
    let appended: Appended;
    try {
      // Not a spread: V8 has no fast one for bodies of many shapes, and it costs ten times as much (Node 20).
      const fact = Object.assign({ at: this.#options.clock.now(), type }, body);
      // A member of the union by construction; TypeScript cannot follow the generic T.
      appended = this.#options.journal.append(fact as NewFact);
    } catch (error) {
      const refused = Promise.reject(error); // a journal that failed takes nothing more, and state stays as it is
      refused.catch(() => undefined); // whoever records and does not wait need not look
      return refused;
    }
    for (const projection of this.#options.projections) projection.apply(appended.fact);
    for (const listener of this.#listeners) listener(appended.fact);
    this.#unseen += 1;
    if (this.#unseen >= ENOUGH) this.#commitEnough();
    return appended.durable;
  }

  flush(): Promise<void> {
    return this.#options.journal.flush();
  }

  /** Calls back for each new fact, right after the projections; returns the way to stop. */
  onFact(listener: (fact: Fact) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Commits what the projections have gathered; at most one at a time. */
  checkpoint(): Promise<void> {
    const commit = async (): Promise<void> => {
      this.#failing = true;
      try {
        await this.#commit();
        this.#failing = false;
      } finally {
        this.#commits -= 1;
      }
    };
    // After a commit that failed the next one tries again, with everything that waits.
    this.#commits += 1;
    this.#committing = this.#committing.then(commit, commit);
    return this.#committing;
  }

  /** Many facts may be about few nodes, so it is entries that count. After a failure only time starts the next try. */
  #commitEnough(): void {
    this.#unseen = 0;
    if (this.#commits > 0 || this.#failing) return;
    for (const projection of this.#options.projections) this.#gather(projection);
    const waiting = [...this.#waiting.values()].reduce((sum, changes) => sum + changes.size, 0);
    if (waiting >= ENOUGH) void this.checkpoint().catch(this.#failed);
  }

  /** Number up to which every projection is on disk: older facts are not needed for a restart. */
  get committed(): number {
    return this.#committed;
  }

  /** Why nothing can be recorded any more; undefined while all is well. */
  get failure(): string | undefined {
    const { failure } = this.#options.journal;
    return failure && explain(failure);
  }

  async #commit(): Promise<void> {
    const { journal, state } = this.#options;
    if (journal.last === this.#committed) return;
    while (!this.#gatherAll()) await nextTurn();
    const seq = journal.last; // nothing was recorded since the last entry was gathered
    await journal.flush(); // a projection must never be ahead of the journal
    for (const [name, changes] of this.#waiting) {
      await state.commit(name, seq, [...changes.values()]);
      this.#waiting.delete(name); // a commit that failed is repeated with the next
    }
    this.#committed = seq;
  }

  /**
   * True once nothing was left to gather at one moment: that is the state which the commit writes. What changed again
   * meanwhile was gathered again.
   */
  #gatherAll(): boolean {
    const gathered = this.#options.projections.map((projection) => this.#gather(projection));
    return gathered.every((count) => count < DRAIN_BATCH);
  }

  /** By entry, so that a disk which stays full for days does not fill the memory too. */
  #gather(projection: Projection): number {
    const waiting = this.#waiting.get(projection.name) ?? new Map<string, StateChange>();
    const changes = projection.drain(DRAIN_BATCH);
    for (const change of changes) waiting.set(`${change.table}\0${change.key}`, change);
    this.#waiting.set(projection.name, waiting);
    return changes.length;
  }

  readonly #failed = (error: unknown): void => {
    this.#options.log.error("ledger.checkpoint-failed", { reason: explain(error) });
  };

  /** Whatever the disk says: the process must end cleanly, and what was answered stands in the journal. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    try {
      await this.checkpoint();
    } catch (error) {
      this.#options.log.warn("ledger.closed-without-checkpoint", { reason: explain(error) });
    }
  }
}
