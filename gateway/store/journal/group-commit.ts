/**
 * The journal over any backing: numbers facts, gathers them into batches and writes one batch at a time. While a batch
 * is on its way to the disk the next one fills, so the price of one fdatasync is shared by all who wait for it.
 */

import type { Closable } from "../../base/index.ts";
import { BugError, isCoded, StoreError } from "../../base/index.ts";
import { CborWriter } from "../../wire/cbor/index.ts";
import { encodeFact } from "../fact-codec.ts";
import type { Fact, NewFact } from "../facts.ts";
import type { Appended, Journal } from "../ports.ts";
import { reasonOf } from "../system-error.ts";
import { RecentFacts } from "./recent-facts.ts";

/** Facts that become durable together: numbers first, first + 1, … */
export interface FactBatch {
  readonly first: number;
  readonly payloads: readonly Uint8Array[];
}

/** Where batches go. The journal calls `write` for one batch at a time, in order. */
export interface JournalBacking extends Closable {
  /** For messages: a path or a URL. */
  readonly name: string;
  readonly first: number;
  /** Last number found when it was opened. */
  readonly last: number;
  /** Resolves when the whole batch is durable. */
  write(batch: FactBatch): Promise<void>;
  /** The durable facts `from` to `to`, both inclusive, or the first part of them. */
  read(from: number, to: number): Promise<readonly Fact[]>;
  size(): Promise<number>;
  trim(seq: number): Promise<void>;
  /** It cannot be reached now: `write` goes on trying, and does not fail for that. */
  readonly away?: StoreError | undefined;
}

export interface GroupCommitOptions {
  /** Most facts in one batch. */
  readonly maxBatch?: number | undefined;
  /** Facts kept in memory for readers who follow. */
  readonly recent?: number | undefined;
  /** Most bytes of facts that wait for a backing that is away; what comes then is refused with `store.away`. */
  readonly maxAwayBytes?: number | undefined;
}

interface OpenBatch extends FactBatch {
  bytes: number;
  readonly payloads: Uint8Array[];
  readonly durable: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
}

/** Of one fact; and a batch that has so many is full. */
export const LARGEST_PAYLOAD = 8 << 20;
/** Ten thousands of facts: whoever can be put off was told to come again long before. */
const MOST_AWAY = 64 << 20;
/** Bytes of memory that the payloads of many small facts share. */
const PAYLOADS = 64 * 1024;
const ignore = (): void => undefined;

export class GroupCommitJournal implements Journal {
  readonly #backing: JournalBacking;
  readonly #maxBatch: number;
  readonly #maxAwayBytes: number;
  readonly #recent: RecentFacts;
  readonly #writer = new CborWriter(PAYLOADS);
  readonly #waiting: OpenBatch[] = [];
  readonly #listeners = new Set<(lastDurable: number) => void>();
  #last: number;
  #lastDurable: number;
  /** Bytes of the facts that are not durable yet. */
  #waitingBytes = 0;
  #failure: StoreError | undefined;
  /** Set by the first failed write, or by close(): nothing is taken any more. */
  #refusal: StoreError | undefined;
  #writing: OpenBatch | undefined;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(backing: JournalBacking, options: GroupCommitOptions = {}) {
    this.#backing = backing;
    this.#maxBatch = options.maxBatch ?? 1024;
    this.#maxAwayBytes = options.maxAwayBytes ?? MOST_AWAY;
    this.#last = backing.last;
    this.#lastDurable = backing.last;
    this.#recent = new RecentFacts(backing.last, options.recent ?? 1024);
  }

  get first(): number {
    return this.#backing.first;
  }

  get last(): number {
    return this.#last;
  }

  get lastDurable(): number {
    return this.#lastDurable;
  }

  append(fact: NewFact): Appended {
    if (this.#refusal !== undefined) throw this.#refusal;
    const payload = encodeFact(fact, this.#writer);
    const { length } = payload;
    if (this.#waitingBytes > this.#maxAwayBytes) {
      const { away } = this.#backing;
      if (away !== undefined) throw away;
    }
    if (length > LARGEST_PAYLOAD) throw new BugError("store.bug", { what: `a fact of ${length} bytes` });
    const numbered: Fact = Object.assign({ seq: ++this.#last }, fact); // a spread costs ten times as much
    this.#recent.push(numbered);
    let batch = this.#waiting.at(-1);
    if (batch === undefined || batch.payloads.length >= this.#maxBatch || batch.bytes >= LARGEST_PAYLOAD) {
      batch = openBatch(numbered.seq);
      this.#waiting.push(batch);
    }
    batch.payloads.push(payload);
    batch.bytes += length;
    this.#waitingBytes += length;
    this.#running ??= this.#run();
    return { fact: numbered, durable: batch.durable };
  }

  async read(from: number, limit: number): Promise<readonly Fact[]> {
    const start = Math.max(from, this.first);
    const end = Math.min(this.#lastDurable, start + limit - 1);
    if (end < start) return [];
    const recent = this.#recent.range(start, end);
    if (recent !== undefined) return recent;
    try {
      return await this.#backing.read(start, end);
    } catch (error) {
      if (isCoded(error)) throw error;
      throw new StoreError(
        "store.read-failed",
        { what: this.#backing.name, reason: reasonOf(error) },
        { cause: error },
      );
    }
  }

  onDurable(listener: (lastDurable: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get away(): StoreError | undefined {
    return this.#backing.away;
  }

  get failure(): StoreError | undefined {
    return this.#failure;
  }

  flush(): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return this.#waiting.at(-1)?.durable ?? this.#writing?.durable ?? Promise.resolve();
  }

  size(): Promise<number> {
    return this.#backing.size();
  }

  async trim(seq: number): Promise<void> {
    try {
      // What is not durable yet cannot be dropped, whatever the caller believes.
      await this.#backing.trim(Math.min(seq, this.#lastDurable + 1));
    } catch (error) {
      throw this.#writeFailed(error);
    }
  }

  close(): Promise<void> {
    this.#refusal ??= new StoreError("store.closed", { what: this.#backing.name });
    this.#closing ??= this.#closeAfterWriting();
    return this.#closing;
  }

  async #closeAfterWriting(): Promise<void> {
    await this.#running;
    await this.#backing.close();
  }

  /** Writes batch after batch until none waits. */
  async #run(): Promise<void> {
    // Whatever the current turn of the event loop still brings (datagrams are read in bursts) joins the first batch.
    await new Promise<void>(setImmediate);
    for (let batch = this.#waiting.shift(); batch !== undefined; batch = this.#waiting.shift()) {
      this.#writing = batch;
      try {
        await this.#backing.write(batch);
      } catch (error) {
        this.#fail(batch, error);
        break;
      }
      this.#waitingBytes -= batch.bytes;
      this.#lastDurable = batch.first + batch.payloads.length - 1;
      batch.resolve();
      for (const listener of this.#listeners) listener(this.#lastDurable);
    }
    this.#writing = undefined;
    this.#running = undefined;
  }

  /** After a failed write nobody knows what the disk holds; only opening the journal again finds out. */
  #fail(batch: OpenBatch, error: unknown): void {
    // A Redis that lost its data, or that another gateway took over, says so itself.
    const failure = error instanceof StoreError ? error : this.#writeFailed(error);
    this.#failure = failure;
    this.#refusal = failure;
    for (const lost of [batch, ...this.#waiting.splice(0)]) lost.reject(failure);
  }

  #writeFailed(error: unknown): StoreError {
    return new StoreError(
      "store.write-failed",
      { what: this.#backing.name, reason: reasonOf(error) },
      { cause: error },
    );
  }
}

function openBatch(first: number): OpenBatch {
  let resolve: () => void = ignore;
  let reject: (error: StoreError) => void = ignore;
  // One promise for all facts of the batch: they become durable together.
  const durable = new Promise<void>((onDurable, onFailure) => {
    resolve = onDurable;
    reject = onFailure;
  });
  // Who appends and follows onDurable instead need not look at this promise.
  durable.catch(ignore);
  return { first, payloads: [], bytes: 0, durable, resolve, reject };
}
