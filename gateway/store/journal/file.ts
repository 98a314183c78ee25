/** The default journal: a folder of segments, each named by the number of its first fact. */
import { readdir, stat, truncate, unlink } from "node:fs/promises";
import { join } from "node:path";
import { type Logger, StoreError } from "../../base/index.ts";
import { decodeFact } from "../fact-codec.ts";
import type { Fact } from "../facts.ts";
import { makeFolder, syncFolder } from "../folder/durable-file.ts";
import type { Journal } from "../ports.ts";
import { reasonOf } from "../system-error.ts";
import { type FactBatch, GroupCommitJournal, type JournalBacking } from "./group-commit.ts";
import { encodeRecord, LARGEST_BATCH, RECORD_HEADER } from "./record.ts";
import { findEnd, MAGIC, type RecordPlace, scanRecords } from "./segment-reader.ts";
import { SegmentWriter } from "./segment-writer.ts";

export interface FileJournalOptions {
  readonly folder: string;
  readonly log: Logger;
  /** A segment takes no further batch when it would grow beyond this. */
  readonly segmentBytes?: number;
  /** Most facts in one group commit. */
  readonly maxBatch?: number;
  /** Facts kept in memory for readers who follow. */
  readonly recent?: number;
}

/** Opens the journal in `folder`, cutting off what a crash left half written at its end. */
export async function openFileJournal(options: FileJournalOptions): Promise<Journal> {
  const maxBatch = Math.min(options.maxBatch ?? 1024, LARGEST_BATCH);
  const backing = await openSegments(options);
  return new GroupCommitJournal(backing, { maxBatch, recent: options.recent });
}

interface Segment {
  readonly first: number;
  readonly path: string;
  /** Some places on the way, so that reading from the middle need not start at the first record. */
  readonly marks: RecordPlace[];
}

const SEGMENT_NAME = /^(\d{16})\.seg$/;
const MARK_EVERY = 64 * 1024;

function segment(folder: string, first: number): Segment {
  const path = join(folder, `${String(first).padStart(16, "0")}.seg`);
  return { first, path, marks: [{ seq: first, offset: MAGIC.length }] };
}

/** What the journal writes to, for who brings numbered facts along. */
export async function openSegments(options: FileJournalOptions): Promise<JournalBacking> {
  const { folder, log } = options;
  const segmentBytes = options.segmentBytes ?? 4 << 20;
  try {
    await makeFolder(folder);
    const numbers = (await readdir(folder)).flatMap((name) => SEGMENT_NAME.exec(name)?.[1] ?? []).map(Number);
    const segments = numbers.sort((a, b) => a - b).map((first) => segment(folder, first));
    const newest = segments.at(-1);
    if (newest === undefined) return new Segments({ folder, segmentBytes, segments, last: 0 });

    const end = await findEnd(newest.path, newest.first);
    if (end.torn > 0) {
      log.warn("journal.torn-tail", { file: newest.path, offset: end.offset, bytes: end.torn, last: end.last });
      await truncate(newest.path, end.offset);
    }
    const writer = await SegmentWriter.open(newest.path, end.offset);
    return new Segments({ folder, segmentBytes, segments, last: end.last, writer });
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError("store.read-failed", { what: folder, reason: reasonOf(error) }, { cause: error });
  }
}

interface SegmentsState {
  readonly folder: string;
  readonly segmentBytes: number;
  readonly segments: Segment[];
  readonly last: number;
  readonly writer?: SegmentWriter;
}

class Segments implements JournalBacking {
  readonly name: string;
  readonly last: number;
  readonly #segmentBytes: number;
  readonly #segments: Segment[];
  #writer: SegmentWriter | undefined;
  /** Where a batch is put together; grows to the largest one. */
  #frame = Buffer.alloc(64 * 1024);

  constructor(state: SegmentsState) {
    this.name = state.folder;
    this.last = state.last;
    this.#segmentBytes = state.segmentBytes;
    this.#segments = state.segments;
    this.#writer = state.writer;
  }

  get first(): number {
    return this.#segments[0]?.first ?? 1;
  }

  async write(batch: FactBatch): Promise<void> {
    const size = batch.payloads.reduce((sum, payload) => sum + RECORD_HEADER + payload.length, 0);
    const full = this.#writer !== undefined && this.#writer.offset + size > this.#segmentBytes;
    const writer = this.#writer === undefined || full ? await this.#newSegment(batch.first) : this.#writer;
    const start = writer.offset;
    // A segment's magic and its first batch go in one write.
    await writer.write(this.#encode(batch, size, start === 0 ? MAGIC : undefined));
    if (start === 0) await syncFolder(this.name);
    else this.#mark(batch.first, start);
  }

  async read(from: number, to: number): Promise<readonly Fact[]> {
    const facts: Fact[] = [];
    let next = from;
    while (next <= to) {
      const found = this.#segments.findLast((each) => each.first <= next);
      if (found === undefined) break; // trimmed meanwhile
      next = await this.#readSegment(found, next, to, facts);
      // Segments follow each other without a gap: what the next one does not begin with is missing in this one.
      if (next <= to && !this.#segments.some((each) => each.first === next)) {
        throw new StoreError("store.damaged", { file: found.path, offset: found.marks.at(-1)?.offset ?? 0 });
      }
    }
    return facts;
  }

  async size(): Promise<number> {
    const files = await Promise.all(this.#segments.map(({ path }) => stat(path)));
    return files.reduce((sum, { size }) => sum + size, 0);
  }

  async trim(seq: number): Promise<void> {
    let dropped = 0;
    while ((this.#segments[1]?.first ?? Number.POSITIVE_INFINITY) <= seq) {
      const oldest = this.#segments.shift();
      if (oldest === undefined) break;
      await unlink(oldest.path);
      dropped++;
    }
    if (dropped > 0) await syncFolder(this.name);
  }

  async close(): Promise<void> {
    await this.#writer?.close();
  }

  async #newSegment(first: number): Promise<SegmentWriter> {
    await this.#writer?.close();
    const next = segment(this.name, first);
    this.#writer = await SegmentWriter.open(next.path, 0);
    this.#segments.push(next);
    return this.#writer;
  }

  #encode(batch: FactBatch, size: number, magic: Buffer | undefined): Buffer {
    const start = magic?.length ?? 0;
    if (this.#frame.length < start + size) this.#frame = Buffer.alloc(2 * (start + size));
    const frame = this.#frame;
    if (magic !== undefined) frame.set(magic);
    let offset = start;
    let position = 0;
    for (const payload of batch.payloads) {
      offset = encodeRecord(frame, offset, batch.first + position, position, payload);
      position++;
    }
    return frame.subarray(0, offset);
  }

  #mark(seq: number, offset: number): void {
    const marks = this.#segments.at(-1)?.marks;
    const latest = marks?.at(-1);
    if (latest !== undefined && offset - latest.offset >= MARK_EVERY) marks?.push({ seq, offset });
  }

  async #readSegment(from: Segment, seq: number, to: number, facts: Fact[]): Promise<number> {
    const start = from.marks.findLast((mark) => mark.seq <= seq) ?? { seq: from.first, offset: MAGIC.length };
    return scanRecords(from.path, start, (record, offset) => {
      const latest = from.marks.at(-1);
      if (latest !== undefined && offset - latest.offset >= MARK_EVERY) from.marks.push({ seq: record.seq, offset });
      if (record.seq < seq) return true;
      const fact = decodeFact(record.seq, record.payload);
      if (fact === undefined) throw new StoreError("store.damaged", { file: from.path, offset });
      facts.push(fact);
      return record.seq < to;
    });
  }
}
