/**
 * docs/mqtt.md, "The broker" — the bounds of the outbox's journal class: what goes when the replay span or the bytes are
 * used up.
 */
import { days, type Millis, millis, minutes, rfc3339 } from "../../../gateway/base/index.ts";
import type { StateChange, StateStore } from "../../../gateway/store/ports.ts";
import type { JsonObject } from "../../../gateway/yang/api.ts";
import { renderOverflow } from "../render/event.ts";
import { ulidOfFact } from "../render/ulid.ts";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type Place,
  parsePayload,
  partOf,
  placeOf,
  propertiesOf,
  seqOf,
} from "./message.ts";

export const JOURNAL_TABLE = "mqtt.journal";

/** Sorts as the place does; the first part of a fact has the key that rows had when facts had one part only. */
export function rowKey(place: Place): string {
  const part = partOf(place);
  return String(seqOf(place)).padStart(16, "0") + (part === 0 ? "" : `.${String(part).padStart(3, "0")}`);
}

export interface OutboxLimits {
  /** Bytes of journal-class rows, acknowledged or not. */
  readonly maxBytes: number;
  readonly replaySpan: Millis;
}
export const OUTBOX_LIMITS: OutboxLimits = { maxBytes: 256 * 1024 * 1024, replaySpan: days(7) };

/** Trimming goes on to this share of the limit, so that not every batch must trim. */
const TRIM_TO = 0.95;
const TRIM_PAGE = 500;

/** How often it is looked whether messages are past the replay span. */
export const EXPIRY_INTERVAL = minutes(1);

/** The last event that was sent or lost: what an overflow's place in the chain of events follows from. */
export interface ChainLink {
  readonly seq: number;
  readonly hash: string | null;
}

export interface Trim {
  readonly site: string;
  readonly limits: OutboxLimits;
  /** Bytes with those of the batch at hand, whose rows are not in the store yet and are never trimmed with it. */
  readonly bytes: number;
  readonly acked: Place;
  /** The last event before those that are unsent. */
  readonly sentLink: ChainLink;
  readonly now: Millis;
  readonly lookForExpired: boolean;
}

export interface Trimmed {
  readonly changes: readonly StateChange[];
  /** How much less there is now. */
  readonly bytes: number;
  readonly unacked: number;
  readonly unsent: number;
  /** Place of the overflow event; 0 = nothing was lost. */
  readonly lostUpTo: Place;
  /** Numbers of the facts whose messages were lost. */
  readonly lost: { readonly from: number; readonly to: number } | undefined;
}

const NO_PLACE = 0 as Place;
const NOTHING: Trimmed = { changes: [], bytes: 0, unacked: 0, unsent: 0, lostUpTo: NO_PLACE, lost: undefined };

/**
 * Acknowledged messages go first: those past the replay span, then by age while the rows exceed the limit. When
 * unsent ones must go, the oldest go and one overflow event takes the place of the last of them.
 */
export async function trimJournal(state: StateStore, trim: Trim): Promise<Trimmed> {
  const { limits, bytes, acked, now, lookForExpired } = trim;
  const toFree = bytes > limits.maxBytes ? bytes - limits.maxBytes * TRIM_TO : 0;
  if (toFree === 0 && !lookForExpired) return NOTHING;
  const changes: StateChange[] = [];
  const lost: Message[] = [];
  let freed = 0;
  let named = false;
  for await (const [key, row] of oldestFirst(state, toFree > 0 ? TRIM_PAGE : 1)) {
    const message = decodeMessage(row);
    const sent = placeOf(message) <= acked;
    const expired = sent && now - timeOf(message) > limits.replaySpan;
    // Replies have no number of their own: a loss ends at a message that has one, for the overflow event to take.
    if (!expired && freed >= toFree && (lost.length === 0 || named)) break;
    changes.push({ table: JOURNAL_TABLE, key, value: undefined });
    freed += row.length;
    if (sent) continue;
    lost.push(message);
    named ||= isNumbered(message);
  }
  const [first] = lost;
  const last = lost.at(-1);
  if (first === undefined || last === undefined) return { ...NOTHING, changes, bytes: freed };
  const unsent = lost.reduce((sum, message) => sum + weightOf(message), 0);
  const marker = overflowOf(lost, first, last, trim);
  const row = encodeMessage(marker);
  changes.push({ table: JOURNAL_TABLE, key: rowKey(placeOf(marker)), value: row });
  return {
    changes,
    bytes: freed - row.length,
    unacked: lost.length - 1,
    unsent: unsent - weightOf(marker),
    lostUpTo: placeOf(marker),
    lost: { from: first.seq, to: last.seq },
  };
}

/** What a message takes up in the outbox, near enough. */
export const weightOf = ({ topic, payload }: Message): number => topic.length + payload.length + 40;

export const isNumbered = ({ kind }: Message): boolean => kind === "event" || kind === "nodePush";

/**
 * The event that stands for what was lost. Its row takes the place of the last of it, so that whatever comes later comes
 * after; its number is that of the last lost event, so that the next event follows it. Where no event was lost the chain
 * goes on around it: its number is that of the last lost push.
 */
function overflowOf(lost: readonly Message[], first: Message, last: Message, trim: Trim): Message {
  const lostEvents = lost.filter(({ kind }) => kind === "event").map(({ payload }) => parsePayload(payload));
  const [firstEvent] = lostEvents;
  const named = lost.findLast(isNumbered) ?? last;
  const lastEvent = lostEvents.at(-1) ?? standIn(named, trim);
  const { "prev-seq": prevSeq, prev } = firstEvent ?? lastEvent;
  const marker = renderOverflow(
    {
      // An earlier overflow that never went out is among what is lost: its range counts.
      seq: String(Math.min(first.seq, Number(firstEvent?.["from-seq"] ?? first.seq))),
      "prev-seq": prevSeq ?? null,
      prev: prev ?? null,
    },
    lastEvent,
    trim.site,
    String(last.seq),
  );
  return {
    ...marker,
    seq: last.seq,
    at: timeOf(named),
    ...(last.part === undefined ? {} : { part: last.part }),
  };
}

/** An event in the number of a push: before and after it the chain is the same. */
function standIn(push: Message, { site, sentLink, now }: Trim): JsonObject {
  const epoch = Number(propertiesOf(push).user["epoch"]);
  const at = push.at ?? now;
  const time = rfc3339(at);
  const link = { "prev-seq": String(sentLink.seq), prev: sentLink.hash, hash: sentLink.hash };
  return { seq: String(push.seq), epoch, id: ulidOfFact(site, epoch, push.seq, at), time, observed: time, ...link };
}

export async function* oldestFirst(
  state: StateStore,
  pageSize: number,
  from = "",
): AsyncIterable<readonly [string, Uint8Array]> {
  let next = from;
  for (;;) {
    const page = await state.entries(JOURNAL_TABLE, next, pageSize);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    next = `${last[0]}\0`; // the first key after this one
  }
}

/** When the fact behind a journal message was written. */
export function timeOf(message: Message): Millis {
  return message.at ?? millis(Date.parse(String(parsePayload(message.payload)["time"])));
}
