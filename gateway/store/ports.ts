/** The ports of the store. Real drivers: segmented file + LMDB (default), Redis; each passes the same contract suite. */
import type { Closable, Millis, StoreError } from "../base/index.ts";
import type { Digest, Fact, NewFact } from "./facts.ts";

export interface Appended {
  /** The fact with its number: given at once, so that state can follow before the disk does. */
  readonly fact: Fact;
  /** Resolves when the fact survives power loss; rejects with StoreError `store.write-failed`, after which the journal
   * takes nothing more. Never answer a peer before this. */
  readonly durable: Promise<void>;
}

/** The facts of a site as a reader in any process sees them. */
export interface JournalReader extends Closable {
  /** Facts with from <= seq <= the last durable one, oldest first, at most `limit`. */
  read(from: number, limit: number): Promise<readonly Fact[]>;
  /** Calls back whenever more facts became durable; returns the way to stop. */
  onDurable(listener: (lastDurable: number) => void): () => void;
  /** Oldest number still kept (1 for a new journal). */
  readonly first: number;
  /** Last number given, as far as it is known here; 0 when nothing was ever written. */
  readonly last: number;
  readonly lastDurable: number;
}

/** The facts of a site, in order, one writer. */
export interface Journal extends JournalReader {
  /** Numbers the fact and queues it for the next group commit. */
  append(fact: NewFact): Appended;
  /**
   * What it is kept in cannot be reached now, e.g. a Redis that restarts: facts are taken and written once it is back, so no
   * promise `durable` ends before. Who can be put off is told to come again; undefined while all is well.
   */
  readonly away: StoreError | undefined;
  /** Why nothing is taken any more, after a write that failed. */
  readonly failure: StoreError | undefined;
  /** Resolves when all that was appended so far is durable; rejects like `durable`. */
  flush(): Promise<void>;
  /** Bytes that the facts kept take up. */
  size(): Promise<number>;
  /** Drops whole segments that lie wholly below `seq`. */
  trim(seq: number): Promise<void>;
}

/** One write to a table; `value` undefined deletes. */
export interface StateChange {
  readonly table: string;
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

/**
 * Key-value tables behind projections. A projection commits its changes and the number of the last fact in them
 * together, so after any crash it knows where to go on reading.
 */
export interface StateStore extends Closable {
  get(table: string, key: string): Promise<Uint8Array | undefined>;
  /** All entries of a table in key order (UTF-8 byte order), from `from` inclusive. */
  entries(
    table: string,
    from?: string,
    limit?: number,
  ): Promise<ReadonlyArray<readonly [key: string, value: Uint8Array]>>;
  /** All or nothing; afterwards `applied(projection)` is `seq`. Durable when it resolves. */
  commit(projection: string, seq: number, changes: readonly StateChange[]): Promise<void>;
  /** Number of the last fact in this projection; 0 at first. */
  applied(projection: string): Promise<number>;
}

/** A state store that can say what it holds, for who carries all of it elsewhere (state/carry.ts). */
export interface ListedState extends StateStore {
  tables(): Promise<readonly string[]>;
  /** Each projection and the number of the last fact in it. */
  projections(): Promise<ReadonlyArray<readonly [name: string, applied: number]>>;
}

/** A state store that can be copied while it is used. */
export interface CopiedState {
  /** As it is at one moment, whatever is committed meanwhile. Throws StoreErrors `store.no-space`, `store.write-failed`. */
  copyTo(folder: string): Promise<void>;
}

/** Bytes of accepted and not yet accepted images, by digest. */
export interface ImageStore extends Closable {
  /**
   * Streams to a hidden place, computing size and SHA-256. Parts are kept until they are written: nobody may change one.
   * Throws UsageError image.empty / image.too-large, what `beginning` throws, and leaves nothing behind when it throws.
   */
  receive(source: AsyncIterable<Uint8Array>, options: ReceiveOptions): Promise<Received>;
  /** Bytes of an image; undefined when there is none. Synchronous: the block lane answers within its event. */
  open(digest: Digest): StoredImage | undefined;
  remove(digest: Digest): Promise<void>;
  /** Of a store that keeps images in memory. */
  readonly cache?: CacheStats | undefined;
}

/** How often an image was opened, and how often its bytes were in memory; and how many bytes are there now. */
export interface CacheStats {
  readonly asked: number;
  readonly found: number;
  readonly bytes: number;
}

/** A store that can say what it holds, for who looks for what nobody will ever ask for. */
export interface ListedImages {
  digests(): readonly Digest[];
}

export interface ReceiveOptions {
  readonly name: string;
  readonly maxBytes: number;
  /**
   * Asked once, with the first 32 bytes (or all there are): of how many bytes from the start the SHA-256 is wanted as well.
   * Not fewer than it was shown. What it throws ends the intake.
   */
  readonly beginning?: (head: Uint8Array) => number | undefined;
}

export interface Received {
  readonly digest: Digest;
  readonly size: number;
  /** SHA-256 of the beginning that was asked for; undefined when the image ends before. */
  readonly beginning: Digest | undefined;
  /** Up to `length` bytes from `offset`, for who judges the image; until it is kept or discarded. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Puts the image in its place, durably. When it throws, the image is in no place. */
  keep(): Promise<void>;
  discard(): Promise<void>;
}

export interface StoredImage {
  readonly digest: Digest;
  readonly size: number;
  /** `length` bytes from `offset`, fewer at the end; a view that must not be changed. */
  slice(offset: number, length: number): Uint8Array;
}

/**
 * How far the sender sequence numbers of OSCORE were given out (RFC 8613 Appendix B.1.1): one range for all security
 * contexts of a gateway, reserved before it is used.
 */
export interface SequenceStore {
  load(): Promise<SequenceRange>;
  /** Durable when it resolves; a ceiling never sinks. */
  reserve(ceiling: number): Promise<void>;
}

export interface SequenceRange {
  /** No number from here on was ever used; 0 at first. */
  readonly ceiling: number;
  /** When the range was first made: a copy of the data that is put back later can tell how much time has passed. */
  readonly origin: Millis;
}

/** Who and what this data folder belongs to. */
export interface SiteInfo {
  /** Immutable, opaque. */
  readonly site: string;
  /** Rises when the data folder was put back from a copy, as the operator says: (epoch, seq) never comes twice. */
  readonly epoch: number;
  readonly process: string;
}
