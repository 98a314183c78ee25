/** What is remembered of one subscription to one node, as bytes: what was told is kept as it was recorded, and read when it is asked for. */
import { type Millis, millis } from "../../base/index.ts";
import { decodePlain, encodePlain, moved, type Shift } from "../../store/index.ts";

export interface Row {
  /** When something was told last. */
  readonly at?: Millis | undefined;
  /** What was told: a root map (content format 140). */
  readonly told?: Uint8Array | undefined;
  readonly heard?: Millis | undefined;
  /** The latest observation of its subtree, told or not. */
  readonly observed?: Millis | undefined;
}

export const EMPTY_ROW: Row = {};

type Stored = readonly [at: number | null, heard: number | null, observed: number | null, told: Uint8Array | null];

export const encodeRow = ({ at, heard, observed, told }: Row): Uint8Array =>
  encodePlain([at ?? null, heard ?? null, observed ?? null, told ?? null] satisfies Stored);

/** Our own bytes: committed with a checksum by the store. */
export function decodeRow(bytes: Uint8Array): Row {
  const [at, heard, observed, told] = decodePlain(bytes) as Stored;
  return { at: timeOf(at), heard: timeOf(heard), observed: timeOf(observed), told: told ?? undefined };
}

const timeOf = (at: number | null): Millis | undefined => (at === null ? undefined : millis(at));

/** As far apart as before, after the clock was put right. */
export function shifted(row: Row, shift: Shift): Row {
  const right = (at: Millis | undefined): Millis | undefined => at && moved(at, shift);
  return { ...row, at: right(row.at), heard: right(row.heard), observed: right(row.observed) };
}
