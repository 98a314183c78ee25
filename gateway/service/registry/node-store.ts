/**
 * The records of all nodes at the cost of their bytes. A fleet sleeps nearly all the time: a record is bytes then, and
 * only the nodes at work are kept decoded. What is asked of all nodes at once stands in columns of plain numbers.
 */
import { type Logger, type Millis, type NodeId, RecordMap } from "../../base/index.ts";
import { REACHABILITIES, type Reachability } from "../../store/index.ts";
import { CborWriter } from "../../wire/cbor/index.ts";
import { type Schema, salvageTree, type Tree } from "../../yang/index.ts";
import { decodeNodeRecord, encodeNodeRecord, type NodeRecord } from "./node-record.ts";
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
  readonly place: number;
  /** The bytes are older. */
  changed: boolean;
  /** Asked for since the hand last passed (the CLOCK algorithm): nothing is moved when a record is used. */
  used: boolean;
}

export class NodeStore {
  readonly #schema: Schema;
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

  constructor(schema: Schema, log: Logger) {
    this.#schema = schema;
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

  countByState(): Record<Reachability, number> {
    const counts = { unknown: 0, awake: 0, asleep: 0, overdue: 0, lost: 0 };
    for (const [index, state] of REACHABILITIES.entries()) counts[state] = this.#counts[index] ?? 0;
    return counts;
  }

  set(record: NodeRecord): void {
    const hot = this.#warm(record.id);
    if (hot === undefined) {
      this.#take(record.id, record, encodeNodeRecord(record, this.#schema, this.#writer));
      return;
    }
    // A change of something else must not put off a look that was asked for.
    if (record.reach !== hot.record.reach) this.#noteReach(hot.place, record.reach);
    hot.record = record;
    hot.changed = true;
  }

  /** A record as the disk has it. What was stored of modules that changed since is left out: the rest must still start. */
  restore(id: NodeId, bytes: Uint8Array): void {
    let whole = true;
    const record = decodeNodeRecord(id, bytes, (tree) => {
      const salvaged = salvageTree(tree, this.#schema);
      for (const { sid, reason } of salvaged.dropped) {
        this.#log.warn("registry.data-left-out", { owner: id, sid, reason });
        whole = false;
      }
      return salvaged.tree;
    });
    this.#take(id, record, whole ? bytes : encodeNodeRecord(record, this.#schema, this.#writer));
  }

  #take(id: NodeId, record: NodeRecord, bytes: Uint8Array): void {
    this.#records.set(id, bytes);
    this.#endpoints.set(record.endpoint, Buffer.from(id, "latin1"));
    const place = this.#records.place(id) ?? 0;
    this.#growColumns(place);
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
    return bytes && decodeNodeRecord(id, bytes, this.#readTree);
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
    const warmed = { record, place, changed: false, used: false };
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
    const bytes = encodeNodeRecord(hot.record, this.#schema, this.#writer);
    this.#records.set(id, bytes);
    hot.changed = false;
    return bytes;
  }

  readonly #readTree = (bytes: Uint8Array): Tree => salvageTree(bytes, this.#schema).tree;
}

/** A bound that holds whatever the machine makes of the time after it: the look at the node finds out. */
function quietUntil({ state, lastSeen, nextWake, awakeTime }: Reach): number {
  if (lastSeen === undefined || nextWake === undefined) return NEVER;
  return state === "awake" ? Math.min(nextWake, lastSeen + awakeTime) : nextWake;
}

const textOf = (id: Uint8Array): NodeId =>
  Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString("latin1") as NodeId;
