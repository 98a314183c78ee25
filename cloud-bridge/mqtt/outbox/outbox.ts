/**
 * docs/mqtt.md, "The broker" — the durable outbox: messages rendered from the journal and not yet acknowledged, then
 * their bytes for the replay span.
 *
 * Two classes. `journal` messages are rows in the order of their facts, several of one fact in the order of their parts;
 * PUBACK moves a mark past them, their bytes stay until the span or the byte limit ends. `latest` messages are one row per topic; a newer one takes the place of
 * an older one, so a broker that was away for a week finds one value per topic and no flood.
 *
 * The outbox writes nothing itself: it hands StateChanges to the projector, which commits them together with the
 * number of the last rendered fact (one transaction), and is told afterwards.
 */
import { type Logger, type Millis, millis } from "../../../gateway/base/index.ts";
import type { StateChange, StateStore } from "../../../gateway/store/ports.ts";
import {
  type ChainLink,
  EXPIRY_INTERVAL,
  isNumbered,
  JOURNAL_TABLE,
  OUTBOX_LIMITS,
  type OutboxLimits,
  oldestFirst,
  rowKey,
  timeOf,
  trimJournal,
  weightOf,
} from "./journal-rows.ts";
import { decodeMarks, encodeMarks, type Marks, NO_MARKS } from "./marks.ts";
import {
  classOf,
  decodeMessage,
  encodeMessage,
  isRemoval,
  type Message,
  type Place,
  parsePayload,
  placeOf,
  propertiesOf,
  seqOf,
} from "./message.ts";
import { Recent } from "./recent.ts";
import type { TopicName } from "./topics.ts";

const LATEST = "mqtt.latest";
const MARKS = "mqtt.marks";

const ALARM_AT = 0.8;
/** A connected consumer may see intermediate values of a topic; no more than these wait for the window. */
const STEPS_PER_TOPIC = 64;
const RANGE_PAGE = 200;

/** What one batch adds, before it is committed. */
export interface Staged {
  readonly changes: readonly StateChange[];
  readonly added: Pick<Marks, "last" | "unacked" | "bytes" | "unsent">;
  readonly journal: readonly Message[];
  readonly latest: readonly Message[];
  /** The overflow event of this batch has this place; 0 = nothing was lost. */
  readonly lostUpTo: Place;
  readonly lost: { readonly from: number; readonly to: number } | undefined;
  /** What this batch saves of the acknowledgements. */
  readonly acked: Place;
  readonly dropped: number;
}

export class Outbox {
  readonly #state: StateStore;
  readonly #log: Logger;
  readonly #site: string;
  readonly #limits: OutboxLimits;
  /** Present value of every retained topic; a removal stays until the broker acknowledged it. */
  readonly #latest = new Map<string, Message>();
  /** What changed since it was last sent, oldest first per topic. */
  readonly #dirty = new Map<string, Message[]>();
  readonly #listeners = new Set<() => void>();
  /** Rows that acknowledged removals have made superfluous. */
  #dropped: string[] = [];
  #marks: Marks = NO_MARKS;
  #savedAcked = NO_MARKS.acked;
  #lostUpTo = NO_MARKS.acked;
  /** The last event that the broker acknowledged since this process began; what is before it stands in the marks. */
  #lastEvent: Message | undefined;
  readonly #recent = new Recent();
  #nextExpiry = millis(0);
  #oldest: Millis | undefined;
  #keepSteps = false;
  #alarmed = false;

  private constructor(state: StateStore, log: Logger, site: string, limits: OutboxLimits) {
    this.#state = state;
    this.#log = log;
    this.#site = site;
    this.#limits = limits;
  }

  static async open(
    state: StateStore,
    options: { readonly log: Logger; readonly site: string; readonly limits?: OutboxLimits | undefined },
  ): Promise<Outbox> {
    const outbox = new Outbox(state, options.log, options.site, options.limits ?? OUTBOX_LIMITS);
    const marks = await state.get(MARKS, "journal");
    if (marks !== undefined) outbox.#marks = decodeMarks(marks);
    outbox.#recent.begin(outbox.#marks.last);
    outbox.#savedAcked = outbox.#marks.acked;
    const [next] = await outbox.journalAfter(outbox.#marks.acked, 1);
    if (next !== undefined) outbox.#oldest = timeOf(next);
    for (const [topic, row] of await state.entries(LATEST)) {
      const message = decodeMessage(row);
      outbox.#latest.set(topic, message);
      if (isRemoval(message)) outbox.#dirty.set(topic, [message]);
    }
    return outbox;
  }

  // -- the projector's side: rendered messages come in

  /** What must be committed so that `messages` are in the outbox. Changes nothing yet. */
  async stage(messages: readonly Message[], now: Millis): Promise<Staged> {
    const rows = new Map<string, StateChange>();
    const put = (table: string, key: string, value: Uint8Array | undefined): void => {
      rows.set(`${table}/${key}`, { table, key, value });
    };
    const { acked } = this.#marks;
    const dropped = this.#dropped.length;
    for (const topic of this.#dropped) if (!this.#latest.has(topic)) put(LATEST, topic, undefined);
    const added = { last: this.#marks.last, unacked: 0, bytes: 0, unsent: 0 };
    const journal: Message[] = [];
    const latest: Message[] = [];
    for (const message of messages) {
      const row = encodeMessage(message);
      if (classOf(message) === "latest") {
        put(LATEST, message.topic, row);
        latest.push(message);
        continue;
      }
      const place = placeOf(message);
      put(JOURNAL_TABLE, rowKey(place), row);
      journal.push(message);
      added.last = place;
      added.unacked += 1;
      added.bytes += row.length;
      added.unsent += weightOf(message);
    }
    // Also when somebody has set the clock back.
    const lookForExpired = now >= this.#nextExpiry || this.#nextExpiry - now > EXPIRY_INTERVAL;
    const trimmed = await trimJournal(this.#state, {
      site: this.#site,
      limits: this.#limits,
      bytes: this.#marks.bytes + added.bytes,
      acked: this.#marks.acked,
      sentLink: this.#sentLink,
      now,
      lookForExpired,
    });
    if (lookForExpired) this.#nextExpiry = millis(now + EXPIRY_INTERVAL);
    for (const { table, key, value } of trimmed.changes) put(table, key, value);
    added.bytes -= trimmed.bytes;
    added.unacked -= trimmed.unacked;
    added.unsent -= trimmed.unsent;
    if (rows.size > 0 || acked !== this.#savedAcked) {
      put(MARKS, "journal", encodeMarks({ ...this.#plus(added), link: this.#sentLink }));
    }
    const { lostUpTo, lost } = trimmed;
    return { changes: [...rows.values()], added, journal, latest, lostUpTo, lost, acked, dropped };
  }

  /** `staged` is durable: the link may send it. */
  committed(staged: Staged, now: Millis): void {
    // PUBACKs that came during the commit have moved the marks on; the next batch saves those.
    this.#marks = this.#plus(staged.added);
    this.#savedAcked = staged.acked;
    this.#dropped = this.#dropped.slice(staged.dropped);
    if (staged.added.unacked > 0) this.#oldest ??= now;
    for (const message of staged.latest) this.offer(message);
    this.#recent.add(staged.journal);
    if (staged.lost !== undefined) {
      this.#lostUpTo = staged.lostUpTo;
      this.#recent.begin(staged.added.last);
      this.#log.error("mqtt.journal-overflow", { ...staged.lost });
    }
    this.#alarm();
    this.#changed();
  }

  /** A retained message without a fact behind it: sent like the others, not stored. */
  offer(message: Message): void {
    this.#latest.set(message.topic, message);
    const waiting = this.#dirty.get(message.topic);
    if (waiting === undefined || !this.#keepSteps) this.#dirty.set(message.topic, [message]);
    else {
      waiting.push(message);
      if (waiting.length > STEPS_PER_TOPIC) waiting.shift();
    }
    if (message.seq === 0) this.#changed();
  }

  /** Acknowledgements that no commit knows of yet. */
  get unsaved(): boolean {
    return this.#marks.acked !== this.#savedAcked || this.#dropped.length > 0;
  }

  // -- the link's side: messages go out

  /** What every connection begins with after its greeting: all retained topics that have a value. What waited singly is among them. */
  resync(): readonly string[] {
    this.#keepSteps = true;
    for (const [topic, waiting] of this.#dirty) {
      const newest = waiting.at(-1);
      if (newest === undefined || !isRemoval(newest)) this.#dirty.delete(topic);
      else this.#dirty.set(topic, [newest]);
    }
    return [...this.#latest].filter(([, message]) => !isRemoval(message)).map(([topic]) => topic);
  }

  /** Nobody listens: from now on only the newest value of a topic waits. */
  conflate(): void {
    this.#keepSteps = false;
    for (const [topic, waiting] of this.#dirty) this.#dirty.set(topic, waiting.slice(-1));
  }

  /** Retained messages of these kinds, as they are told now. */
  told(kinds: ReadonlySet<TopicName>): readonly Message[] {
    return [...this.#latest.values()].filter((message) => kinds.has(message.kind) && !isRemoval(message));
  }

  latest(topic: string): Message | undefined {
    return this.#latest.get(topic);
  }

  /** Does a change of this topic wait for `takeLatest`? */
  waits(topic: string): boolean {
    return this.#dirty.has(topic);
  }

  /** The next changed retained message; a removal waits until the event that explains it was acknowledged. */
  takeLatest(): Message | undefined {
    for (const [topic, waiting] of this.#dirty) {
      const [first] = waiting;
      if (first === undefined || (isRemoval(first) && this.#explains(first.seq))) continue;
      if (waiting.length === 1) this.#dirty.delete(topic);
      else waiting.shift();
      return first;
    }
    return undefined;
  }

  #explains(seq: number): boolean {
    return this.#marks.unacked > 0 && this.#marks.acked < placeOf({ seq });
  }

  /** The next journal messages, from memory when they were rendered just now. */
  async journalAfter(place: Place, limit: number): Promise<readonly Message[]> {
    if (place >= this.#marks.last) return [];
    const recent = this.#recent.after(place, limit);
    if (recent !== undefined) return recent;
    const rows = await this.#state.entries(JOURNAL_TABLE, `${rowKey(place)}\0`, limit);
    return rows.map(([, row]) => decodeMessage(row));
  }

  /**
   * Numbered messages of the facts `from` to `to` for a replay, with the bytes that were sent. Those that the broker does
   * not have yet are left out: they come by themselves.
   */
  async *range(epoch: number, from: number, to: number): AsyncIterable<Message> {
    const first = rowKey(placeOf({ seq: Math.max(0, from) }));
    for await (const [, row] of oldestFirst(this.#state, RANGE_PAGE, first)) {
      const message = decodeMessage(row);
      if (message.seq > to || placeOf(message) > this.#marks.acked) return;
      if (isNumbered(message) && epochOf(message) === epoch) yield message;
    }
  }

  /** Number of the oldest fact whose message is kept; that of the next one when there is none. */
  async oldest(): Promise<number> {
    const [first] = await this.#state.entries(JOURNAL_TABLE, "", 1);
    return first === undefined ? seqOf(this.#marks.last) + 1 : decodeMessage(first[1]).seq;
  }

  /** The broker has every journal message up to and including this one. */
  acked(message: Message, next: Message | undefined): void {
    const place = placeOf(message);
    if (place <= this.#marks.acked) return;
    const saved = !this.unsaved;
    // What an overflow dropped while it was in flight is not counted any more.
    const counts = place >= this.#lostUpTo;
    const unacked = Math.max(0, this.#marks.unacked - (counts ? 1 : 0));
    const unsent = unacked === 0 ? 0 : Math.max(0, this.#marks.unsent - (counts ? weightOf(message) : 0));
    this.#marks = { ...this.#marks, acked: place, unacked, unsent };
    if (message.kind === "event") this.#lastEvent = message;
    this.#oldest = unacked === 0 ? undefined : next === undefined ? this.#oldest : timeOf(next);
    this.#alarm();
    if (saved) this.#changed();
  }

  /** The broker has this retained message. */
  delivered(message: Message): void {
    if (!isRemoval(message) || this.#latest.get(message.topic) !== message) return;
    const saved = !this.unsaved;
    this.#latest.delete(message.topic);
    this.#dropped.push(message.topic);
    if (saved) this.#changed();
  }

  /** Called when there is something new to send, or something to save. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get lastAcked(): Place {
    return this.#marks.acked;
  }
  get lastJournal(): Place {
    return this.#marks.last;
  }
  /** Messages before this place that were fetched but not sent must be fetched again: an overflow event took them in. */
  get lostUpTo(): Place {
    return this.#lostUpTo;
  }
  get journalDepth(): number {
    return this.#marks.unacked;
  }
  get latestDepth(): number {
    return this.#dirty.size;
  }
  /** Of all that is kept. */
  get bytes(): number {
    return this.#marks.bytes;
  }
  get limit(): number {
    return this.#limits.maxBytes;
  }
  /** What the broker does not have takes up four fifths of the room: the oldest of it will be lost before long. */
  get filling(): boolean {
    return this.#marks.unsent >= this.#limits.maxBytes * ALARM_AT;
  }
  oldestSeconds(now: Millis): number {
    return this.#oldest === undefined ? 0 : Math.max(0, Math.round((now - this.#oldest) / 1000));
  }

  #plus(added: Staged["added"]): Marks {
    const { unacked, bytes, unsent } = this.#marks;
    return {
      ...this.#marks,
      last: added.last,
      unacked: Math.max(0, unacked + added.unacked),
      bytes: bytes + added.bytes,
      unsent: Math.max(0, unsent + added.unsent),
    };
  }

  get #sentLink(): ChainLink {
    if (this.#lastEvent === undefined) return this.#marks.link;
    const { seq, hash } = parsePayload(this.#lastEvent.payload);
    this.#marks = { ...this.#marks, link: { seq: Number(seq), hash: typeof hash === "string" ? hash : null } };
    this.#lastEvent = undefined;
    return this.#marks.link;
  }

  #alarm(): void {
    const { filling } = this;
    if (filling === this.#alarmed) return;
    this.#alarmed = filling;
    const facts = { unsent: this.#marks.unsent, limit: this.#limits.maxBytes };
    if (filling) this.#log.warn("mqtt.outbox-filling", facts);
    else this.#log.info("mqtt.outbox-relieved", facts);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Events say it themselves, pushes in their `sidgate-mqtt:meta`. */
const epochOf = (message: Message): number => Number(propertiesOf(message).user["epoch"]);
