/** The state store without a disk, for trials and tests. */
import type { StateStore } from "../ports.ts";
import { entryKey } from "./keys.ts";

/** An empty state in memory. */
export function memoryState(): StateStore {
  const tables = new Map<string, Map<string, Uint8Array>>();
  const applied = new Map<string, number>();
  const table = (name: string): Map<string, Uint8Array> => {
    const found = tables.get(name) ?? new Map<string, Uint8Array>();
    tables.set(name, found);
    return found;
  };
  return {
    get: async (name, key) => tables.get(name)?.get(key)?.slice(),
    entries: async (name, from, limit) => sortedEntries(tables.get(name) ?? [], from, limit),
    commit: async (projection, seq, changes) => {
      for (const { table: name, key } of changes) entryKey(name, key); // the limit holds for all before any is written
      for (const { table: name, key, value } of changes) {
        if (value === undefined) table(name).delete(key);
        else table(name).set(key, value.slice());
      }
      applied.set(projection, seq);
    },
    applied: async (projection) => applied.get(projection) ?? 0,
    close: () => undefined,
  };
}

/** Entries in the order of their keys' UTF-8 bytes, from `from` on. */
export function sortedEntries<V extends Uint8Array>(
  entries: Iterable<readonly [string, V]>,
  from = "",
  limit = Number.POSITIVE_INFINITY,
): ReadonlyArray<readonly [string, V]> {
  const start = Buffer.from(from);
  return Array.from(entries, ([key, value]) => ({ key, value, bytes: Buffer.from(key) }))
    .filter(({ bytes }) => Buffer.compare(bytes, start) >= 0)
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .slice(0, limit)
    .map(({ key, value }) => [key, value] as const);
}
