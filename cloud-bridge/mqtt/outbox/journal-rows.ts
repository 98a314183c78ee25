/**
 * docs/mqtt.md, "The broker" — the bounds of the outbox's journal class: what goes when the replay span or the bytes are
 * used up.
 */
import { days, type Millis, minutes } from "../../../gateway/base/index.ts";
import type { StateChange, StateStore } from "../../../gateway/store/ports.ts";
import { renderOverflow } from "../render/event.ts";
import { decodeMessage, encodeMessage, type Message, parsePayload } from "./message.ts";

export const JOURNAL_TABLE = "mqtt.journal";

/** Sorts as the number does. */
export const rowKey = (seq: number): string => String(seq).padStart(16, "0");

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

export interface Trim {
  readonly site: string;
  readonly limits: OutboxLimits;
  /** Bytes with those of the batch at hand, whose rows are not in the store yet and are never trimmed with it. */
  readonly bytes: number;
  readonly acked: number;
  readonly now: Millis;
  readonly lookForExpired: boolean;
}

export interface Trimmed {
  readonly changes: readonly StateChange[];
  /** How much less there is now. */
  readonly bytes: number;
  readonly unacked: number;
  /** Number of the overflow event; 0 = nothing was lost. */
  readonly lostUpTo: number;
}

/**
 * Acknowledged messages go first: those past the replay span, then by age while the rows exceed the limit. When
 * unsent ones must go, the oldest go and one overflow event takes the place of the last of them.
 */
export async function trimJournal(state: StateStore, trim: Trim): Promise<Trimmed> {
  const { site, limits, bytes, acked, now, lookForExpired } = trim;
  const toFree = bytes > limits.maxBytes ? bytes - limits.maxBytes * TRIM_TO : 0;
  if (toFree === 0 && !lookForExpired) return { changes: [], bytes: 0, unacked: 0, lostUpTo: 0 };
  const changes: StateChange[] = [];
  const lost: Message[] = [];
  let freed = 0;
  for await (const [key, row] of oldestFirst(state, toFree > 0 ? TRIM_PAGE : 1)) {
    const message = decodeMessage(row);
    const sent = message.seq <= acked;
    const expired = sent && now - timeOf(message) > limits.replaySpan;
    if (!expired && freed >= toFree) break;
    changes.push({ table: JOURNAL_TABLE, key, value: undefined });
    freed += row.length;
    if (!sent) lost.push(message);
  }
  const [first] = lost;
  const last = lost.at(-1);
  if (first === undefined || last === undefined) return { changes, bytes: freed, unacked: 0, lostUpTo: 0 };
  const marker = renderOverflow(parsePayload(first.payload), parsePayload(last.payload), site);
  const row = encodeMessage(marker);
  changes.push({ table: JOURNAL_TABLE, key: rowKey(marker.seq), value: row });
  return { changes, bytes: freed - row.length, unacked: lost.length - 1, lostUpTo: marker.seq };
}

async function* oldestFirst(state: StateStore, pageSize: number): AsyncIterable<readonly [string, Uint8Array]> {
  let from = "";
  for (;;) {
    const page = await state.entries(JOURNAL_TABLE, from, pageSize);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    from = `${last[0]}\0`; // the first key after this one
  }
}

/** When the fact behind a journal message was written. */
export function timeOf(message: Message): Millis {
  const { time } = parsePayload(message.payload);
  return Date.parse(String(time)) as Millis;
}
