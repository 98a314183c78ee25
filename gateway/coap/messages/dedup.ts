/**
 * RFC 7252 §4.5 — message deduplication, keyed by (path, message id). A request is recorded before it is worked on, so
 * that a copy that arrives meanwhile runs nothing.
 */
import type { Millis } from "../../base/index.ts";
import type { KeptReply } from "./reply-ring.ts";

/** What a copy of the request gets. */
export type Repeat =
  /** nothing: still being worked on, or a NON (§4.5), or an answer the peer does not want */
  | { readonly state: "silent" }
  /** the empty ACK again: the answer is on its way separately, or is not wanted */
  | { readonly state: "acknowledged" }
  /** the same bytes again: under a security context others would be a second message */
  | { readonly state: "answered"; readonly kept: KeptReply };

export const SILENT_REPEAT: Repeat = { state: "silent" };
export const ACKNOWLEDGED_REPEAT: Repeat = { state: "acknowledged" };

/** The entries of one path, in order of arrival. They share its name: each datagram brings its own copy of the text. */
interface PathEntries {
  readonly path: string;
  readonly byId: Map<number, DedupEntry>;
}

export interface DedupEntry {
  readonly among: PathEntries;
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
  readonly #byPath = new Map<string, PathEntries>();
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
    const entry = this.#byPath.get(path)?.byId.get(messageId);
    return entry !== undefined && entry.expires > now ? entry : undefined;
  }

  record(path: string, messageId: number, expires: Millis): DedupEntry {
    const among = this.#byPath.get(path) ?? { path, byId: new Map<number, DedupEntry>() };
    this.#makeRoom(among, messageId);
    const entry: DedupEntry = { among, messageId, expires, repeat: SILENT_REPEAT, live: true };
    if (among.byId.size === 0) this.#byPath.set(path, among); // new, or just emptied
    among.byId.set(messageId, entry);
    this.#order.push(entry);
    this.#size += 1;
    return entry;
  }

  /** The handler itself knows repeats of this request (check-in, reply slot): a copy from now on is another run. */
  forget(entry: DedupEntry): void {
    this.#remove(entry);
    this.#compact();
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

  #makeRoom({ byId }: PathEntries, messageId: number): void {
    this.#remove(byId.get(messageId));
    if (byId.size >= this.#limits.dedupPerPeer) this.#remove(byId.values().next().value);
    while (this.#size >= this.#limits.dedupTotal) {
      this.#remove(this.#order[this.#head]);
      this.#head += 1;
    }
    this.#compact();
  }

  #remove(entry: DedupEntry | undefined): void {
    if (entry === undefined || !entry.live) return;
    entry.live = false;
    const { path, byId } = entry.among;
    byId.delete(entry.messageId);
    if (byId.size === 0) this.#byPath.delete(path);
    this.#size -= 1;
  }

  /** One peer that turns its own entries over must not make the order grow: it stays below twice the live ones. */
  #compact(): void {
    if (this.#order.length <= 2 * this.#size + 1024) return;
    this.#order = this.#order.filter((entry, index) => index >= this.#head && entry.live);
    this.#head = 0;
  }
}
