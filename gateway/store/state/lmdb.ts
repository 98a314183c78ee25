/**
 * The adapter of lmdb: the default state store. All tables share one database, a table being a key prefix: a commit
 * then touches the fewest pages, and memory cards wear by pages.
 */
import { open as openFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { open, type RootDatabase } from "lmdb";
import { isCoded, StoreError } from "../../base/index.ts";
import { makeFolder } from "../folder/durable-file.ts";
import type { CopiedState, ListedState, StateChange } from "../ports.ts";
import { reasonOf, systemCode } from "../system-error.ts";
import { checkSpace, commitNeeds, type FreeBytes, freeBytesOf, OPENING_NEEDS, SPACE_FLOOR } from "./disk-space.ts";
import { APPLIED_TABLE, decodeNumber, encodeNumber, entryKey, keyOf, tableOf, tableRange } from "./keys.ts";

const PAGE = 4096;
/** lmdb.h: each of the two meta pages carries MDB_MAGIC behind its page header (24 bytes in lmdb-js). */
const META_MAGIC = 0xbeefc0de;
const META_MAGIC_AT = 24;

/** lmdb.h: MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_PANIC and MDB_INVALID, which say that the file is no longer itself. */
const DAMAGED: ReadonlySet<unknown> = new Set([-30797, -30796, -30795, -30793]);

export interface LmdbStateOptions {
  readonly folder: string;
  /** How much the disk of a folder still takes. */
  readonly freeBytes?: FreeBytes;
}

/** Opens or creates the state in `folder`. Throws store.no-space, store.damaged, store.read-failed. */
export async function openLmdbState({
  folder,
  freeBytes = freeBytesOf,
}: LmdbStateOptions): Promise<ListedState & CopiedState> {
  const file = join(folder, "data.mdb");
  try {
    await makeFolder(folder);
    await checkSpace(folder, OPENING_NEEDS, freeBytes);
    await checkMetaPages(file);
    const database = open<Buffer, Buffer>({
      path: folder,
      keyEncoding: "binary",
      encoding: "binary",
      pageSize: PAGE,
      // The sync belongs to the commit, so that a commit which resolved survives loss of power.
      overlappingSync: false,
    });
    return new LmdbState(database, { folder, file, freeBytes });
  } catch (error) {
    throw asReadFailure(error, file);
  }
}

/** lmdb 3.5.6 ends the process with a segmentation fault on a file that is no database, so we look first. */
async function checkMetaPages(file: string): Promise<void> {
  const handle = await openFile(file, "a+", 0o600);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2 * PAGE), 0, 2 * PAGE, 0);
    if (bytesRead === 0) return; // new
    for (const page of [0, PAGE]) {
      if (bytesRead < page + PAGE || buffer.readUInt32LE(page + META_MAGIC_AT) !== META_MAGIC) {
        throw new StoreError("store.damaged", { file, offset: page });
      }
    }
  } finally {
    await handle.close();
  }
}

interface LmdbPlace {
  readonly folder: string;
  readonly file: string;
  readonly freeBytes: FreeBytes;
}

class LmdbState implements ListedState, CopiedState {
  readonly #database: RootDatabase<Buffer, Buffer>;
  readonly #place: LmdbPlace;

  constructor(database: RootDatabase<Buffer, Buffer>, place: LmdbPlace) {
    this.#database = database;
    this.#place = place;
  }

  async get(table: string, key: string): Promise<Uint8Array | undefined> {
    return this.#read(() => this.#database.get(entryKey(table, key)));
  }

  async entries(table: string, from = "", limit?: number): Promise<ReadonlyArray<readonly [string, Uint8Array]>> {
    const range = { ...tableRange(table, from), ...(limit === undefined ? {} : { limit }) };
    return this.#read(() =>
      Array.from(this.#database.getRange(range), ({ key, value }) => [keyOf(table, key), value] as const),
    );
  }

  async commit(projection: string, seq: number, changes: readonly StateChange[]): Promise<void> {
    const writes = changes.map(({ table, key, value }) => ({ entry: entryKey(table, key), value }));
    const { folder, file, freeBytes } = this.#place;
    try {
      // lmdb 3.5.6 corrupts its heap when the disk is full in the middle of a commit, so we look first.
      await checkSpace(folder, await commitNeeds(file, writes), freeBytes);
      // All calls of one batch end in one transaction, and its promise tells for all of them.
      await this.#database.batch(() => {
        for (const { entry, value } of writes) {
          hush(value === undefined ? this.#database.remove(entry) : this.#database.put(entry, asBuffer(value)));
        }
        hush(this.#database.put(entryKey(APPLIED_TABLE, projection), encodeNumber(seq)));
      });
    } catch (error) {
      const cause = await commitErrorOf(error);
      if (cause instanceof StoreError) throw cause;
      if (DAMAGED.has(systemCode(cause))) throw damaged(file, cause);
      const what = `the state of ${projection}`;
      throw new StoreError("store.write-failed", { what, reason: reasonOf(cause) }, { cause });
    }
  }

  async applied(projection: string): Promise<number> {
    const value = this.#read(() => this.#database.get(entryKey(APPLIED_TABLE, projection)));
    return value === undefined ? 0 : decodeNumber(value);
  }

  async tables(): Promise<readonly string[]> {
    const tables: string[] = [];
    // From the first key of each table to what lies behind its last one.
    for (let start = tableRange(APPLIED_TABLE, "").end; ; start = tableRange(tables.at(-1) ?? "", "").end) {
      const from = start;
      const [first] = this.#read(() => [...this.#database.getKeys({ start: from, limit: 1 })]);
      if (first === undefined) return tables;
      tables.push(tableOf(first));
    }
  }

  async projections(): Promise<ReadonlyArray<readonly [string, number]>> {
    return (await this.entries(APPLIED_TABLE)).map(([name, bytes]) => [name, decodeNumber(asBuffer(bytes))] as const);
  }

  async copyTo(folder: string): Promise<void> {
    const { file, freeBytes } = this.#place;
    try {
      await makeFolder(folder);
      await checkSpace(folder, (await stat(file)).size + SPACE_FLOOR, freeBytes);
      // A transaction of its own, in a thread of its own; pages that nothing uses stay behind.
      await this.#database.backup(folder, true);
    } catch (error) {
      if (isCoded(error)) throw error;
      throw new StoreError("store.write-failed", { what: folder, reason: reasonOf(error) }, { cause: error });
    }
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw asReadFailure(error, this.#place.file);
    }
  }
}

const damaged = (file: string, cause: unknown): StoreError =>
  new StoreError("store.damaged", { file, offset: 0 }, { cause });

function asReadFailure(error: unknown, file: string): unknown {
  if (isCoded(error)) return error;
  if (DAMAGED.has(systemCode(error))) return damaged(file, error);
  return new StoreError("store.read-failed", { what: file, reason: reasonOf(error) }, { cause: error });
}

/** A promise whose outcome another one tells: its rejection must not end the process. */
function hush(promise: Promise<unknown>): void {
  promise.catch(() => undefined);
}

/**
 * What made lmdb's commit fail. Its promises reject with "see commitError": a second promise, which rejects in the same
 * turn, ends the process when nobody listens, and might never settle.
 */
async function commitErrorOf(error: unknown): Promise<unknown> {
  if (typeof error !== "object" || error === null || !("commitError" in error)) return error;
  const reason = Promise.resolve(error.commitError).then(
    () => error,
    (inner: unknown) => inner,
  );
  return Promise.race([reason, nextTurn(error)]);
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
