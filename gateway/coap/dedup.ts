/**
 * RFC 7252 §4.5 — message deduplication, keyed by (path, message id). A request is recorded before it is worked on, so
 * that a copy that arrives meanwhile runs nothing.
 */
import type { Millis } from "../base/index.ts";

/** What a copy of the request gets. */
export type Repeat =
  /** nothing: still being worked on, or a NON (§4.5), or an answer the peer does not want */
  | { readonly state: "silent" }
  /** the empty ACK again: the answer is on its way separately, or is not wanted */
  | { readonly state: "acknowledged" }
  /** the same bytes again */
  | { readonly state: "answered"; readonly bytes: Uint8Array }
  /** another run: the handler itself knows repeats (check-in, reply slot) */
  | { readonly state: "again" };

export const SILENT_REPEAT: Repeat = { state: "silent" };
export const ACKNOWLEDGED_REPEAT: Repeat = { state: "acknowledged" };
export const RUN_AGAIN: Repeat = { state: "again" };

export interface DedupEntry {
  readonly path: string;
  readonly messageId: number;
  readonly expires: Millis;
  repeat: Repeat;
  /** Still in the table. */
  live: boolean;
}

export interface DedupLimits {
  readonly dedupPerPeer: number;
  readonly dedupTotal: number;
}

export class DedupTable {
  /** Per path in order of arrival. */
  readonly #byPath = new Map<string, Map<number, DedupEntry>>();
  /** All in order of arrival, and among them some that are gone. */
  #order: DedupEntry[] = [];
  #head = 0;
  #size = 0;
  readonly #limits: DedupLimits;

  constructor(limits: DedupLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  find(path: string, messageId: number, now: Millis): DedupEntry | undefined {
    const entry = this.#byPath.get(path)?.get(messageId);
    return entry !== undefined && entry.expires > now ? entry : undefined;
  }

  record(path: string, messageId: number, expires: Millis): DedupEntry {
    this.#makeRoom(path, messageId);
    const entry: DedupEntry = { path, messageId, expires, repeat: SILENT_REPEAT, live: true };
    const entries = this.#byPath.get(path);
    if (entries === undefined) this.#byPath.set(path, new Map([[messageId, entry]]));
    else entries.set(messageId, entry);
    this.#order.push(entry);
    this.#size += 1;
    return entry;
  }

  /** Drops what has expired; entries arrive nearly in order of expiry, so this looks at few. */
  purge(now: Millis): void {
    while (this.#head < this.#order.length) {
      const entry = this.#order[this.#head]!;
      if (entry.live && entry.expires > now) break;
      this.#remove(entry);
      this.#head += 1;
    }
    this.#compact();
  }

  #makeRoom(path: string, messageId: number): void {
    const entries = this.#byPath.get(path);
    if (entries !== undefined) {
      const stale = entries.get(messageId);
      if (stale !== undefined) this.#remove(stale);
      if (entries.size >= this.#limits.dedupPerPeer) this.#remove(entries.values().next().value);
    }
    while (this.#size >= this.#limits.dedupTotal) {
      this.#remove(this.#order[this.#head]);
      this.#head += 1;
    }
    this.#compact();
  }

  #remove(entry: DedupEntry | undefined): void {
    if (entry === undefined || !entry.live) return;
    entry.live = false;
    const entries = this.#byPath.get(entry.path);
    entries?.delete(entry.messageId);
    if (entries?.size === 0) this.#byPath.delete(entry.path);
    this.#size -= 1;
    entry.repeat = SILENT_REPEAT; // lets go of the bytes while the order still names the entry
  }

  /** One peer that turns its own entries over must not make the order grow: it stays below twice the live ones. */
  #compact(): void {
    if (this.#order.length <= 2 * this.#size + 1024) return;
    this.#order = this.#order.filter((entry, index) => index >= this.#head && entry.live);
    this.#head = 0;
  }
}
