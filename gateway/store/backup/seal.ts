/**
 * The seal of a backup: a last gzip member without content, whose extra field (RFC 1952 §2.3.1.1) is the SHA-256 of all bytes
 * before it. Every tool that reads .tar.gz reads past it. The CRC of gzip would leave out its own headers, and cannot tell
 * two ways to pack the same; with the seal each byte of the file counts.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { StoreError, UsageError } from "../../base/index.ts";
import { reasonOf, systemCode } from "../system-error.ts";

const GZIP = Buffer.from([0x1f, 0x8b]);
/** FEXTRA, no time, no name of an operating system; XLEN 36; subfield SG of 32 bytes. */
const BEFORE = Buffer.from([...GZIP, 8, 4, 0, 0, 0, 0, 0, 0xff, 36, 0, 0x53, 0x47, 32, 0]);
/** An empty block of DEFLATE, CRC-32 and length of nothing. */
const BEHIND = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const SEAL = BEFORE.length + 32 + BEHIND.length;

/** The same bytes, and their seal behind them. */
export async function* sealed(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const part of bytes) {
    hash.update(part);
    yield part;
  }
  yield Buffer.concat([BEFORE, hash.digest(), BEHIND]);
}

/** What somebody named and is not there is his affair, all else the disk's. */
const NOT_THERE: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR", "EISDIR"]);

export function unread(file: string, error: unknown): UsageError | StoreError {
  const code = systemCode(error);
  if (NOT_THERE.has(code)) return new UsageError("cli.file", { path: file, reason: String(code) }, { cause: error });
  return new StoreError("store.read-failed", { what: file, reason: reasonOf(error) }, { cause: error });
}

/** Throws StoreErrors `backup.damaged`, `store.read-failed`, UsageErrors `backup.unknown`, `cli.file`. */
export async function checkSeal(file: string): Promise<void> {
  const { begins, ends, size } = await edgesOf(file).catch((error: unknown) => {
    throw unread(file, error);
  });
  const isSealed =
    ends.length === SEAL &&
    ends.subarray(0, BEFORE.length).equals(BEFORE) &&
    ends.subarray(-BEHIND.length).equals(BEHIND);
  if (!isSealed) {
    if (!begins.equals(GZIP)) throw new UsageError("backup.unknown", { file, reason: "it is no gzip file" });
    throw new StoreError("backup.damaged", { file, reason: "its end is missing" });
  }
  const hash = createHash("sha256");
  if (size > SEAL) {
    for await (const part of createReadStream(file, { end: size - SEAL - 1, highWaterMark: 256 * 1024 }))
      hash.update(part as Buffer);
  }
  if (!hash.digest().equals(ends.subarray(BEFORE.length, -BEHIND.length))) {
    throw new StoreError("backup.damaged", { file, reason: "its bytes are not those that its end was made for" });
  }
}

async function edgesOf(file: string): Promise<{ begins: Buffer; ends: Buffer; size: number }> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const begins = Buffer.alloc(Math.min(size, GZIP.length));
    const ends = Buffer.alloc(Math.min(size, SEAL));
    await handle.read(begins, 0, begins.length, 0);
    await handle.read(ends, 0, ends.length, size - ends.length);
    return { begins, ends, size };
  } finally {
    await handle.close();
  }
}
