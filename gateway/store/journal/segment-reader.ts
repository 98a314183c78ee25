/** Reading journal segments: a stream over the records of one file, and the look at the last one after a crash. */
import { open, readFile } from "node:fs/promises";
import { StoreError } from "../../base/index.ts";
import { decodeRecord, hasLaterBatch, type JournalRecord } from "./record.ts";

/** First bytes of each segment: format and its version. */
export const MAGIC = Buffer.from("SGJRNL01", "latin1");

const CHUNK = 256 * 1024;

export interface SegmentEnd {
  /** Number of the last sound record; first - 1 when there is none. */
  readonly last: number;
  /** Offset behind it. */
  readonly offset: number;
  /** Bytes behind `offset` that are no zeros, up to the last such byte: the torn tail. */
  readonly torn: number;
}

/** Finds the end of the last segment. Throws store.damaged when a batch that was durable cannot be read. */
export async function findEnd(path: string, first: number): Promise<SegmentEnd> {
  const bytes = await readFile(path);
  let expected = first;
  let offset = 0;
  if (bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    offset = MAGIC.length;
    for (;;) {
      const read = decodeRecord(bytes, offset);
      if (typeof read === "string" || read.seq !== expected) break;
      offset = read.end;
      expected++;
    }
  }
  const torn = lengthWithoutZeros(bytes) - offset;
  if (torn > 0 && hasLaterBatch(bytes, offset, expected)) throw new StoreError("store.damaged", { file: path, offset });
  return { last: expected - 1, offset, torn: Math.max(torn, 0) };
}

function lengthWithoutZeros(bytes: Buffer): number {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return length;
}

export interface RecordPlace {
  readonly seq: number;
  readonly offset: number;
}

/** Calls `take` for each record from `start` on until it returns false or the segment ends; returns the next number. */
export async function scanRecords(
  path: string,
  start: RecordPlace,
  take: (record: JournalRecord, offset: number) => boolean,
): Promise<number> {
  const handle = await open(path, "r");
  try {
    let chunk = Buffer.alloc(CHUNK);
    let held = 0; // bytes in the chunk
    let base = start.offset; // file offset of the chunk
    let expected = start.seq;
    for (;;) {
      const { bytesRead } = await handle.read(chunk, held, chunk.length - held, base + held);
      held += bytesRead;
      let at = 0;
      for (;;) {
        const read = decodeRecord(chunk.subarray(0, held), at);
        if (read === "end") return expected;
        if (read === "more") {
          if (bytesRead > 0) break;
          if (at === held) return expected;
          throw new StoreError("store.damaged", { file: path, offset: base + at });
        }
        if (read === "bad" || read.seq !== expected) {
          throw new StoreError("store.damaged", { file: path, offset: base + at });
        }
        if (!take(read, base + at)) return expected + 1;
        expected++;
        at = read.end;
      }
      if (at === 0 && held === chunk.length) chunk = Buffer.concat([chunk], chunk.length * 2);
      else chunk.copyWithin(0, at, held);
      held -= at;
      base += at;
    }
  } finally {
    await handle.close();
  }
}
