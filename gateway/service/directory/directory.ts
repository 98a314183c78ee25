/** The resource directory (RFC 9176): who registered what, until when. A fold of facts; lifetimes survive a restart. */
import { IdLists, type Millis, millis, RecordMap } from "../../base/index.ts";
import {
  type Fact,
  type Projection,
  pagesOf,
  type Shift,
  type StateChange,
  type StateStore,
  shiftOf,
} from "../../store/index.ts";
import { Calendar } from "./calendar.ts";
import { countedOwner, nodeOwner } from "./registrant.ts";
import {
  type DirectoryFact,
  decodeRegistration,
  encodeRegistration,
  expiresOf,
  GRACE,
  isShown,
  looksSame,
  type Registration,
  shifted,
  step,
} from "./registration.ts";

const TABLE = "directory";

/** All registrations, as bytes: a fleet's worth of sleepy nodes must not become a heap of objects. */
export class Directory implements Projection {
  readonly name = "directory";
  readonly #records = new RecordMap();
  readonly #expiring = new Calendar();
  /** By owner. */
  readonly #owned = new IdLists();
  readonly #dirty = new Set<string>();
  #bytes = 0;
  #revision = 0;

  /** How many there are, those that wait for their removal too. */
  get size(): number {
    return this.#records.size;
  }

  /** Bytes of their records. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Grows whenever a lookup may find something else than before, time aside. */
  get revision(): number {
    return this.#revision;
  }

  /** Also one whose lifetime is over, while it can be renewed. */
  find(id: string): Registration | undefined {
    const bytes = this.#records.get(id);
    return bytes && decodeRegistration(id, bytes);
  }

  countOf(owner: string): number {
    return this.#owned.of(owner).length;
  }

  /** The names of all; while they are gone through, others may come and go, and those that stay keep their order. */
  ids(): Iterable<string> {
    return this.#records.keys();
  }

  /** What a lookup may show of `id`; `needles` must all stand somewhere in its record. */
  shown(id: string, now: Millis, needles: readonly Buffer[] = []): Registration | undefined {
    const bytes = this.#records.get(id);
    if (bytes === undefined) return undefined;
    const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (now >= expiresOf(bytes) || !needles.every((needle) => record.indexOf(needle) >= 0)) return undefined;
    return decodeRegistration(id, bytes);
  }

  /** Did the lifetime of any end after `since` and not after `now`? */
  anyLapsed(since: Millis, now: Millis): boolean {
    return this.#expiring.between(since, now).some((id) => {
      const expires = this.#expiresOf(id);
      return expires > since && expires <= now;
    });
  }

  /** Those whose lifetime and grace are over, `limit` at most. */
  gone(now: Millis, limit: number): readonly Registration[] {
    const gone: Registration[] = [];
    for (const id of this.#expiring.between(millis(0), millis(now - GRACE))) {
      if (gone.length >= limit) break;
      const registration = now < this.#expiresOf(id) + GRACE ? undefined : this.find(id);
      if (registration !== undefined) gone.push(registration);
    }
    return gone;
  }

  #expiresOf(id: string): number {
    const bytes = this.#records.get(id);
    return bytes === undefined ? Number.POSITIVE_INFINITY : expiresOf(bytes);
  }

  async load(state: StateStore): Promise<void> {
    for await (const entries of pagesOf(state, TABLE)) {
      for (const [id, bytes] of entries) this.#put(id, undefined, decodeRegistration(id, bytes));
    }
    this.#dirty.clear();
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "directory.registered":
      case "directory.renewed":
      case "directory.removed":
        this.#step(fact);
        return;
      case "node.removed": // what it registered under its security context goes with it
        for (const id of this.#owned.of(nodeOwner(fact.node))) {
          this.#put(id, this.find(id), undefined);
          this.#revision += 1;
        }
        return;
      case "clock.state":
        this.#shift(shiftOf(fact));
        return;
      default:
        return;
    }
  }

  drain(limit = Number.POSITIVE_INFINITY): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const key of this.#dirty) {
      if (changes.length >= limit) break;
      this.#dirty.delete(key);
      const bytes = this.#records.get(key);
      changes.push({ table: TABLE, key, value: bytes && Uint8Array.from(bytes) }); // the view is good for this turn only
    }
    return changes;
  }

  #shift(shift: Shift | undefined): void {
    if (shift === undefined) return;
    for (const id of [...this.#records.keys()]) {
      const before = this.find(id);
      const after = before && shifted(before, shift);
      if (after !== before) this.#put(id, before, after);
    }
  }

  #step(fact: DirectoryFact): void {
    const before = this.find(fact.registration);
    const after = step(before, fact);
    this.#put(fact.registration, before, after);
    const shownBefore = before !== undefined && isShown(before, fact.at);
    if (shownBefore !== (after !== undefined) || (shownBefore && after !== undefined && !looksSame(before, after))) {
      this.#revision += 1;
    }
  }

  #put(id: string, before: Registration | undefined, after: Registration | undefined): void {
    this.#bytes -= this.#records.get(id)?.length ?? 0;
    this.#expiring.move(id, before?.expires, after?.expires);
    if (before !== undefined && countedOwner(before.owner) && before.owner !== after?.owner) {
      this.#owned.remove(before.owner, id);
    }
    if (after === undefined) this.#records.delete(id);
    else {
      if (countedOwner(after.owner)) this.#owned.add(after.owner, id);
      this.#records.set(id, encodeRegistration(after));
    }
    this.#bytes += this.#records.get(id)?.length ?? 0;
    this.#dirty.add(id);
  }
}
