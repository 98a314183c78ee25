/** The outbox's journal class in numbers, and the row that keeps them. */
import type { ChainLink } from "./journal-rows.ts";
import { type Place, parsePayload, partOf, placeOf, seqOf } from "./message.ts";

export interface Marks {
  readonly last: Place;
  /** The last journal message, in their order, that the broker acknowledged. */
  readonly acked: Place;
  readonly unacked: number;
  /** Of all rows. */
  readonly bytes: number;
  /** Of those that the broker does not have, near enough. */
  readonly unsent: number;
  /** The last event that the broker has. */
  readonly link: ChainLink;
}

const NOWHERE = placeOf({ seq: 0 });
export const NO_MARKS: Marks = {
  last: NOWHERE,
  acked: NOWHERE,
  unacked: 0,
  bytes: 0,
  unsent: 0,
  link: { seq: 0, hash: null },
};

/** `last` and `acked` are numbers of facts, as they were before facts had parts. */
export function encodeMarks({ last, acked, unacked, bytes, unsent, link }: Marks): Uint8Array {
  const parts = { "last-part": partOf(last), "acked-part": partOf(acked) };
  const row = { last: seqOf(last), acked: seqOf(acked), ...parts, unacked, bytes, unsent, link };
  return Buffer.from(JSON.stringify(row));
}

/** Rows of the first outboxes have neither parts nor `unsent` nor `link`. */
export function decodeMarks(row: Uint8Array): Marks {
  const marks = parsePayload(row);
  const number = (name: string, otherwise = 0): number => {
    const value = marks[name];
    return typeof value === "number" ? value : otherwise;
  };
  const [unacked, bytes] = [number("unacked"), number("bytes")];
  return {
    last: placeOf({ seq: number("last"), part: number("last-part") }),
    acked: placeOf({ seq: number("acked"), part: number("acked-part") }),
    unacked,
    bytes,
    unsent: number("unsent", unacked === 0 ? 0 : bytes),
    link: linkOf(marks["link"]),
  };
}

function linkOf(value: unknown): ChainLink {
  const known = typeof value === "object" && value !== null && "seq" in value && "hash" in value ? value : undefined;
  return { seq: Number(known?.seq ?? 0), hash: typeof known?.hash === "string" ? known.hash : null };
}
