/** Keys of state entries: the table's name, a zero byte, the key in UTF-8. Byte order is then order of table, then key. */
import { BugError } from "../../base/index.ts";

/** Where the numbers of the projections live; no table of a projection can have this name. */
export const APPLIED_TABLE = "";

/** Longest key of an entry, in bytes; every driver refuses a longer one, so that none is found to be too long later. */
const LONGEST_KEY = 1024;

export function entryKey(table: string, key: string): Buffer {
  const entry = Buffer.from(`${table}\0${key}`);
  if (entry.length > LONGEST_KEY)
    throw new BugError("store.bug", { what: `a key of ${entry.length} bytes in ${table}` });
  return entry;
}

export const keyOf = (table: string, entry: Buffer): string => entry.toString("utf8", Buffer.byteLength(table) + 1);

export const tableOf = (entry: Buffer): string => entry.toString("utf8", 0, entry.indexOf(0));

export const tableRange = (table: string, from: string): { readonly start: Buffer; readonly end: Buffer } => ({
  start: Buffer.from(`${table}\0${from}`),
  end: Buffer.from(`${table}\x01`),
});

export function encodeNumber(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export const decodeNumber = (bytes: Buffer): number => Number(bytes.readBigUInt64BE());
