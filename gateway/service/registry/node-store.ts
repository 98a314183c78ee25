/**
 * The records of all nodes at the cost of their bytes. A fleet sleeps nearly all the time: a record is bytes then, and
 * only the nodes at work are kept decoded. What is asked of all nodes at once stands in columns of plain numbers.
 */
import { type Logger, type Millis, type NodeId, RecordMap } from "../../base/index.ts";
import { REACHABILITIES, type Reachability, type Shift } from "../../store/index.ts";
import { CborWriter } from "../../wire/cbor/index.ts";
import {
  type KeptTree,
  NOTHING_KEPT,
  readKept,
  type Salvaged,
  type Schema,
  type SchemaSource,
  type SetName,
} from "../../yang/index.ts";
import {
  decodeNodeRecord,
  encodeNodeRecord,
  type NodeRecord,
  nameIn,
  shiftedBytes,
  shiftedRecord,
} from "./node-record.ts";
import { NodeSets } from "./node-sets.ts";
import type { Reach } from "./reachability.ts";

/** Nodes kept decoded: a check-in asks for its node several times, and a node at work checks in again soon. */
const HOT = 1024;
/** Memory that the bytes of many records share on their way. */
const POOL = 64 * 1024;
/** How late a node may be before the next look at it, as a share of its interval; and one that may just be listening. */
const LOOK_SHARE = 1 / 8;
const NEVER = Number.POSITIVE_INFINITY;

interface Hot {
  record: NodeRecord;
  /** The numbers in its tree are this one's. */
  schema: Schema;
  readonly place: number;
  /** The bytes are older. */
  changed: boolean;
  /** Asked for since the hand last passed (the CLOCK algorithm): nothing is moved when a record is used. */
  used: boolean;
}

export class NodeStore {
  readonly #schemas: SchemaSource;
  readonly #log: Logger;
  readonly #records = new RecordMap();
  /** From endpoint to id. */
  readonly #endpoints = new RecordMap();
  readonly #hot = new Map<NodeId, Hot>();
  /** The same, for nodes that name themselves. */
  readonly #hotByEndpoint = new Map<string, Hot>();
  readonly #writer = new CborWriter(POOL);
  /** By place: before when nothing that time alone does can change the reach of the node; and its state. */
  #due = new Float64Array(16).fill(NEVER);
  #state = new Uint8Array(16);
  readonly #counts: number[] = REACHABILITIES.map(() => 0);
  readonly #sets = new NodeSets();
  /** Nodes of which it was told that a part of their data is left out, since schemas last changed. */
  readonly #told = new Set<NodeId>();

  constructor(schemas: SchemaSource, log: Logger) {
    this.#schemas = schemas;
    this.#log = log;
  }

  get size(): number {
    return this.#records.size;
  }

  has(id: NodeId): boolean {
    return this.#hot.has(id) || this.#records.has(id);
  }

  get(id: NodeId): NodeRecord | undefined {
    return this.#warm(id)?.record;
  }

  byEndpoint(endpoint: string): NodeRecord | undefined {
    const hot = this.#hotByEndpoint.get(endpoint);
    if (hot !== undefined) {
      hot.used = true;
      return hot.record;
    }
    const id = this.#endpoints.get(endpoint);
    return id && this.get(textOf(id));
  }

  /** In the order in which they came. */
  *ids(): Generator<NodeId> {
    for (const id of this.#records.keys()) yield id as NodeId;
  }

  /** Decodes one after the other; those at work are left in peace. */
  *values(): Generator<NodeRecord> {
    for (const id of this.ids()) {
      const record = this.#peek(id);
      if (record !== undefined) yield record;
    }
  }

  /** What each node is called; nothing else is decoded. */
  *names(): Generator<readonly [id: NodeId, name: string]> {
    for (const id of this.ids()) {
      const record = this.#hot.get(id)?.record;
      const bytes = this.#records.get(id);
      if (record !== undefined) yield [id, record.name];
      else if (bytes !== undefined) yield [id, nameIn(bytes)];
    }
  }

  countByState(): Record<Reachability, number> {
    const counts = { unknown: 0, awake: 0, asleep: 0, overdue: 0, lost: 0 };
    for (const [index, state] of REACHABILITIES.entries()) counts[state] = this.#counts[index] ?? 0;
    return counts;
  }

  set(record: NodeRecord): void {
    const hot = this.#warm(record.id);
    if (hot === undefined) {
      this.#take(record.id, record, encodeNodeRecord(record, this.#schemas.of(record.set), this.#writer));
      return;
    }
    if (record.set !== hot.record.set) {
      hot.schema = this.#schemas.of(record.set);
      this.#sets.put(hot.place, record.set);
    }
    if (record.endpoint !== hot.record.endpoint) {
      this.#endpoints.delete(hot.record.endpoint);
      this.#hotByEndpoint.delete(hot.record.endpoint);
      this.#endpoints.set(record.endpoint, Buffer.from(record.id, "latin1"));
      this.#hotByEndpoint.set(record.endpoint, hot);
    }
    // A change of something else must not put off a look that was asked for.
    if (record.reach !== hot.record.reach) this.#noteReach(hot.place, record.reach);
    hot.record = record;
    hot.changed = true;
  }

  /** A record as the disk has it; what today's schema does not take of its tree stays in it. */
  restore(id: NodeId, bytes: Uint8Array): void {
    this.#take(id, this.#read(id, bytes), bytes);
  }

  setOf(id: NodeId): SetName {
    const place = this.#records.place(id);
    return place === undefined ? undefined : this.#sets.of(place);
  }

  /** Named sets that nodes belong to, with their number. */
  countBySet(): ReadonlyMap<string, number> {
    return this.#sets.counts();
  }

  /** Schemas were exchanged: trees with the numbers of a former one become bytes, and are read by today's when it is their turn. */
  exchanged(): void {
    this.#told.clear();
    for (const [id, hot] of this.#hot) {
      if (hot.schema === this.#schemas.of(hot.record.set)) continue;
      if (hot.changed) this.#save(id, hot);
      this.#hot.delete(id);
      this.#hotByEndpoint.delete(hot.record.endpoint);
    }
  }

  #take(id: NodeId, record: NodeRecord, bytes: Uint8Array): void {
    this.#records.set(id, bytes);
    this.#endpoints.set(record.endpoint, Buffer.from(id, "latin1"));
    const place = this.#records.place(id) ?? 0;
    this.#growColumns(place);
    this.#sets.put(place, record.set);
    this.#counts[0] = (this.#counts[0] ?? 0) + 1;
    this.#noteReach(place, record.reach);
  }

  delete(id: NodeId): boolean {
    const hot = this.#warm(id);
    if (hot === undefined) return false;
    const { place, record } = hot;
    this.#due[place] = NEVER;
    this.#countState(this.#state[place] ?? 0, -1);
    this.#state[place] = 0;
    this.#sets.put(place, undefined);
    this.#told.delete(id);
    this.#hot.delete(id);
    this.#hotByEndpoint.delete(record.endpoint);
    this.#records.delete(id);
    this.#endpoints.delete(record.endpoint);
    return true;
  }

  /** The record as it goes to disk, in memory that is not written again; undefined when there is none. */
  bytes(id: NodeId): Uint8Array | undefined {
    const hot = this.#hot.get(id);
    if (hot?.changed === true) return this.#save(id, hot);
    const bytes = this.#records.get(id);
    if (bytes === undefined) return undefined;
    this.#writer.raw(bytes);
    return this.#writer.cut();
  }

  /**
   * Shows the nodes whose reach time may have changed by now, from a place on and at most `limit`. `look` says whether it
   * has: then a fact will follow, else the next look can wait. Returns the place to go on from; undefined = all seen.
   */
  lookAtDue(
    now: Millis,
    { from, limit }: { readonly from: number; readonly limit: number },
    look: (record: NodeRecord) => boolean,
  ): number | undefined {
    let looked = 0;
    for (let place = from; place < this.#due.length; place++) {
      if ((this.#due[place] ?? NEVER) > now) continue;
      if (looked === limit) return place;
      const id = this.#records.keyAt(place);
      const record = id === undefined ? undefined : this.#peek(id as NodeId);
      if (record === undefined) continue;
      looked += 1;
      const { interval, awakeTime, state } = record.reach;
      if (!look(record)) this.#due[place] = now + (state === "awake" ? awakeTime : interval) * LOOK_SHARE;
    }
    return undefined;
  }

  /** Puts right what a wrong clock recorded; whose records changed is returned. Looks that were put off are due. */
  shift(shift: Shift): readonly NodeId[] {
    const changed: NodeId[] = [];
    for (const id of [...this.ids()]) {
      const place = this.#records.place(id) ?? 0;
      const due = this.#due[place] ?? NEVER;
      if (due !== NEVER) this.#due[place] = 0;
      // Whoever was heard since is due later than that: of the others nothing needs to be read.
      if (due > 0 && due < shift.since) continue;
      if (this.#hot.has(id) ? this.#shiftHot(id, shift) : this.#shiftCold(id, place, shift)) changed.push(id);
    }
    return changed;
  }

  #shiftHot(id: NodeId, shift: Shift): boolean {
    const record = this.get(id);
    const right = record && shiftedRecord(record, shift);
    if (right !== undefined) this.set(right);
    return right !== undefined;
  }

  #shiftCold(id: NodeId, place: number, shift: Shift): boolean {
    const bytes = this.#records.get(id);
    const right = bytes && shiftedBytes(bytes, shift, this.#writer);
    if (right === undefined) return false;
    this.#records.set(id, right.bytes);
    this.#noteReach(place, right.reach);
    return true;
  }

  /** Something was heard of the node besides facts: look at it the next time. */
  lookSoon(id: NodeId): void {
    const place = this.#records.place(id);
    if (place !== undefined) this.#due[place] = 0;
  }

  #noteReach(place: number, reach: Reach): void {
    const state = REACHABILITIES.indexOf(reach.state);
    const before = this.#state[place] ?? 0;
    if (state !== before) {
      this.#countState(before, -1);
      this.#countState(state, 1);
      this.#state[place] = state;
    }
    this.#due[place] = quietUntil(reach);
  }

  #countState(state: number, by: number): void {
    this.#counts[state] = (this.#counts[state] ?? 0) + by;
  }

  #growColumns(place: number): void {
    const { length } = this.#due;
    if (place < length) return;
    const due = new Float64Array(2 * length).fill(NEVER);
    const state = new Uint8Array(2 * length);
    due.set(this.#due);
    state.set(this.#state);
    this.#due = due;
    this.#state = state;
  }

  /** The record, decoded without being kept so. */
  #peek(id: NodeId): NodeRecord | undefined {
    const hot = this.#hot.get(id);
    if (hot !== undefined) return hot.record;
    const bytes = this.#records.get(id);
    return bytes && this.#read(id, bytes);
  }

  #read(id: NodeId, bytes: Uint8Array): NodeRecord {
    return decodeNodeRecord(id, bytes, (tree, set) => this.#readTree(id, tree, set));
  }

  #readTree(id: NodeId, bytes: Uint8Array, set: SetName): KeptTree {
    if (bytes.length === 0) return NOTHING_KEPT;
    const kept = readKept(bytes, this.#schemas.of(set));
    if (kept.dropped.length > 0) this.#tell(id, kept.dropped);
    return kept;
  }

  /** Once for each node: its bytes are read again and again. */
  #tell(owner: NodeId, dropped: Salvaged["dropped"]): void {
    if (this.#told.has(owner)) return;
    this.#told.add(owner);
    for (const { sid, reason } of dropped) this.#log.warn("registry.data-left-out", { owner, sid, reason });
  }

  #warm(id: NodeId): Hot | undefined {
    const hot = this.#hot.get(id);
    if (hot !== undefined) {
      hot.used = true;
      return hot;
    }
    const place = this.#records.place(id);
    const record = place === undefined ? undefined : this.#peek(id);
    if (place === undefined || record === undefined) return undefined;
    if (this.#hot.size >= HOT) this.#coolOne();
    const schema = this.#schemas.of(record.set);
    const warmed: Hot = { record, schema, place, changed: false, used: false };
    this.#hot.set(id, warmed);
    this.#hotByEndpoint.set(record.endpoint, warmed);
    return warmed;
  }

  /** Lets go of the first that nobody asked for since the hand last passed it. */
  #coolOne(): void {
    for (const [id, hot] of this.#hot) {
      this.#hot.delete(id);
      if (!hot.used) {
        this.#hotByEndpoint.delete(hot.record.endpoint);
        if (hot.changed) this.#save(id, hot);
        return;
      }
      hot.used = false;
      this.#hot.set(id, hot); // behind all others: the loop meets it again when each of them was asked for too
    }
  }

  #save(id: NodeId, hot: Hot): Uint8Array {
    const bytes = encodeNodeRecord(hot.record, hot.schema, this.#writer);
    this.#records.set(id, bytes);
    hot.changed = false;
    return bytes;
  }
}

/** A bound that holds whatever the machine makes of the time after it: the look at the node finds out. */
function quietUntil({ state, lastSeen, nextWake, awakeTime }: Reach): number {
  if (lastSeen === undefined || nextWake === undefined) return NEVER;
  return state === "awake" ? Math.min(nextWake, lastSeen + awakeTime) : nextWake;
}

const textOf = (id: Uint8Array): NodeId =>
  Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString("latin1") as NodeId;
