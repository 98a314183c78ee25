/**
 * Records of a journal segment, little endian:
 *
 *   crc 4 | length 4 | seq 6 | position 2 | payload
 *
 * crc is the CRC-32 (ISO-HDLC) of everything behind it; length is that of the payload and never 0, so zeros mean "nothing written here yet".
 * position counts the records before this one in the same batch: it tells the torn end of the last batch (which nobody was
 * told of) from damage to one that was durable.
 */
import { crc32 } from "node:zlib";
import { LARGEST_PAYLOAD } from "./group-commit.ts";

export const RECORD_HEADER = 16;
/** Most records in a batch: what `position` can count. */
export const LARGEST_BATCH = 0x10000;

export interface JournalRecord {
  readonly seq: number;
  readonly position: number;
  readonly payload: Uint8Array;
  /** Offset of the byte behind the record. */
  readonly end: number;
}

/** `end` = zeros, nothing written here; `more` = the bytes stop inside a record that looks sound so far. */
export type RecordRead = JournalRecord | "end" | "more" | "bad";

/** Writes a record to `target` at `offset`, where it must fit; returns the offset behind it. */
export function encodeRecord(
  target: Buffer,
  offset: number,
  seq: number,
  position: number,
  payload: Uint8Array,
): number {
  const end = offset + RECORD_HEADER + payload.length;
  target.writeUInt32LE(payload.length, offset + 4);
  target.writeUIntLE(seq, offset + 8, 6);
  target.writeUInt16LE(position, offset + 14);
  target.set(payload, offset + RECORD_HEADER);
  target.writeUInt32LE(crc32(target.subarray(offset + 4, end)), offset);
  return end;
}

export function decodeRecord(bytes: Buffer, offset: number): RecordRead {
  if (offset + RECORD_HEADER > bytes.length) return "more";
  const length = bytes.readUInt32LE(offset + 4);
  const crc = bytes.readUInt32LE(offset);
  if (length === 0) return crc === 0 ? "end" : "bad";
  if (length > LARGEST_PAYLOAD) return "bad";
  const end = offset + RECORD_HEADER + length;
  if (end > bytes.length) return "more";
  if (crc32(bytes.subarray(offset + 4, end)) !== crc) return "bad";
  return {
    seq: bytes.readUIntLE(offset + 8, 6),
    position: bytes.readUInt16LE(offset + 14),
    payload: bytes.subarray(offset + RECORD_HEADER, end),
    end,
  };
}

/**
 * Whether a sound record behind `offset` belongs to a batch that was begun after fact `seq`, the one that cannot be
 * read. Batches are written one after the other, so then the batch of `seq` had become durable and was damaged later.
 */
export function hasLaterBatch(bytes: Buffer, offset: number, seq: number): boolean {
  const largest = seq + (bytes.length - offset) / RECORD_HEADER;
  for (let at = offset; at + RECORD_HEADER < bytes.length; at++) {
    // Cheap tests first: this runs over every byte of a torn tail.
    const found = bytes.readUIntLE(at + 8, 6);
    if (found <= seq || found > largest) continue;
    if (found - bytes.readUInt16LE(at + 14) <= seq) continue;
    if (typeof decodeRecord(bytes, at) === "object") return true;
  }
  return false;
}
