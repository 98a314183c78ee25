/**
 * The adapter of lmdb: the default state store. All tables share one database, a table being a key prefix: a commit
 * then touches the fewest pages, and memory cards wear by pages.
 */
import { open as openFile } from "node:fs/promises";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import { StoreError } from "../../base/index.ts";
import { makeFolder } from "../folder/durable-file.ts";
import type { StateChange, StateStore } from "../ports.ts";
import { reasonOf } from "../system-error.ts";
import { APPLIED_TABLE, decodeNumber, encodeNumber, entryKey, keyOf, tableRange } from "./keys.ts";

const PAGE = 4096;
/** lmdb.h: each of the two meta pages carries MDB_MAGIC behind its page header (24 bytes in lmdb-js). */
const META_MAGIC = 0xbeefc0de;
const META_MAGIC_AT = 24;

/** Opens or creates the state in `folder`. */
export async function openLmdbState({ folder }: { readonly folder: string }): Promise<StateStore> {
  try {
    await makeFolder(folder);
    await checkMetaPages(join(folder, "data.mdb"));
    return new LmdbState(
      open<Buffer, Buffer>({
        path: folder,
        keyEncoding: "binary",
        encoding: "binary",
        pageSize: PAGE,
        // The sync belongs to the commit, so that a commit which resolved survives loss of power.
        overlappingSync: false,
      }),
    );
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError("store.read-failed", { what: folder, reason: reasonOf(error) }, { cause: error });
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

class LmdbState implements StateStore {
  readonly #database: RootDatabase<Buffer, Buffer>;

  constructor(database: RootDatabase<Buffer, Buffer>) {
    this.#database = database;
  }

  async get(table: string, key: string): Promise<Uint8Array | undefined> {
    return this.#database.get(entryKey(table, key));
  }

  async entries(table: string, from = "", limit?: number): Promise<ReadonlyArray<readonly [string, Uint8Array]>> {
    const range = this.#database.getRange({ ...tableRange(table, from), ...(limit === undefined ? {} : { limit }) });
    return Array.from(range, ({ key, value }) => [keyOf(table, key), value] as const);
  }

  async commit(projection: string, seq: number, changes: readonly StateChange[]): Promise<void> {
    const writes = changes.map(({ table, key, value }) => ({ entry: entryKey(table, key), value }));
    try {
      // All calls of one batch end in one transaction.
      await this.#database.batch(() => {
        for (const { entry, value } of writes) {
          void (value === undefined ? this.#database.remove(entry) : this.#database.put(entry, asBuffer(value)));
        }
        void this.#database.put(entryKey(APPLIED_TABLE, projection), encodeNumber(seq));
      });
    } catch (error) {
      throw new StoreError(
        "store.write-failed",
        { what: `the state of ${projection}`, reason: reasonOf(error) },
        { cause: error },
      );
    }
  }

  async applied(projection: string): Promise<number> {
    const value = this.#database.get(entryKey(APPLIED_TABLE, projection));
    return value === undefined ? 0 : decodeNumber(value);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
