/** What every state store must do, whatever is behind it. */
import { afterEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { StateStore } from "../../gateway/store/index.ts";

export interface StateDriver {
  /** A new, empty store. */
  create(): Promise<StateStore>;
  /** Closes it and opens the same one again; absent when the driver keeps nothing. */
  reopen?(state: StateStore): Promise<StateStore>;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const plain = (entries: ReadonlyArray<readonly [string, Uint8Array]>): unknown =>
  entries.map(([key, value]) => [key, [...value]]);

export function stateContract(name: string, makeDriver: () => Promise<StateDriver>): void {
  let open: StateStore | undefined;
  const create = async (): Promise<{ state: StateStore; driver: StateDriver }> => {
    const driver = await makeDriver();
    open = await driver.create();
    return { state: open, driver };
  };
  afterEach(async () => {
    await open?.close();
    open = undefined;
  });

  test(`${name}: a new store knows nothing`, async () => {
    const { state } = await create();
    expect(await state.get("nodes", "n-1")).toBeUndefined();
    expect(await state.entries("nodes")).toEqual([]);
    expect(await state.applied("registry")).toBe(0);
  });

  test(`${name}: a commit writes, replaces and deletes together with its number`, async () => {
    const { state, driver } = await create();
    await state.commit("registry", 7, [
      { table: "nodes", key: "n-1", value: bytes(1, 0, 255) },
      { table: "nodes", key: "n-2", value: bytes() },
      { table: "images", key: "n-1", value: bytes(9) },
    ]);
    await state.commit("registry", 9_007_199_254_740_991, [
      { table: "nodes", key: "n-1", value: bytes(2) },
      { table: "nodes", key: "n-2", value: undefined },
      { table: "nodes", key: "n-none", value: undefined },
    ]);
    await state.commit("mailbox", 3, []);
    const check = async (each: StateStore): Promise<void> => {
      expect(plain(await each.entries("nodes"))).toEqual([["n-1", [2]]]);
      expect([...((await each.get("images", "n-1")) ?? [])]).toEqual([9]);
      expect(await each.get("nodes", "n-2")).toBeUndefined();
      expect([await each.applied("registry"), await each.applied("mailbox"), await each.applied("other")]).toEqual([
        9_007_199_254_740_991, 3, 0,
      ]);
    };
    await check(state);
    if (driver.reopen === undefined) return;
    open = await driver.reopen(state);
    await check(open);
  });

  test(`${name}: an empty value is a value`, async () => {
    const { state } = await create();
    await state.commit("p", 1, [{ table: "t", key: "", value: bytes() }]);
    expect([...((await state.get("t", "")) ?? [1])]).toEqual([]);
    expect(plain(await state.entries("t"))).toEqual([["", []]]);
  });

  test(`${name}: entries come in the order of their UTF-8 bytes, and of one table only`, async () => {
    const { state } = await create();
    // U+FF5E sorts behind U+1F600 in UTF-16 units, before it in UTF-8.
    const keys = ["b", "a", "aa", "ä", "\uff5e", "\u{1f600}", "a\u0001", "n/1", "n/10", "n/2"];
    const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    await state.commit("p", 1, [
      ...keys.map((key) => ({ table: "t", key, value: bytes(1) })),
      { table: "s", key: "z", value: bytes(2) },
      { table: "t2", key: "a", value: bytes(2) },
      { table: "tt", key: "a", value: bytes(2) },
    ]);
    const found = async (from?: string, limit?: number) => (await state.entries("t", from, limit)).map(([key]) => key);
    expect(await found()).toEqual(sorted);
    expect(await found("n/1")).toEqual(sorted.slice(sorted.indexOf("n/1")));
    expect(await found("aaa", 2)).toEqual(["b", "n/1"]);
    expect(await found("", 0)).toEqual([]);
  });

  test(`${name}: what a reader or a writer does to its bytes afterwards changes nothing`, async () => {
    const { state } = await create();
    const value = bytes(1, 2, 3);
    await state.commit("p", 1, [{ table: "t", key: "k", value }]);
    value.fill(9);
    const read = await state.get("t", "k");
    read?.fill(8);
    expect([...((await state.get("t", "k")) ?? [])]).toEqual([1, 2, 3]);
  });

  test(`${name}: a key that is too long is refused and the whole commit with it`, async () => {
    const { state } = await create();
    const tooLong = { table: "t", key: "k".repeat(2000), value: bytes(1) };
    await expect(state.commit("p", 5, [{ table: "t", key: "a", value: bytes(1) }, tooLong])).rejects.toMatchObject({
      code: "store.bug",
    });
    expect(await state.entries("t")).toEqual([]);
    expect(await state.applied("p")).toBe(0);
  });

  test(`${name}: any series of commits agrees with a map`, async () => {
    const change = fc.record({
      table: fc.constantFrom("nodes", "images"),
      key: fc.constantFrom("a", "b", "ab", "é", "z"),
      value: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 6 }), async (commits) => {
        const driver = await makeDriver();
        const state = await driver.create();
        const model = new Map<string, Map<string, Uint8Array>>([
          ["nodes", new Map()],
          ["images", new Map()],
        ]);
        try {
          for (const [index, changes] of commits.entries()) {
            for (const { table, key, value } of changes) {
              if (value === undefined) model.get(table)?.delete(key);
              else model.get(table)?.set(key, value);
            }
            await state.commit("p", index + 1, changes);
          }
          expect(await state.applied("p")).toBe(commits.length);
          for (const [table, entries] of model) {
            const sorted = [...entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
            expect(plain(await state.entries(table))).toEqual(plain(sorted));
          }
        } finally {
          await state.close();
        }
      }),
      { numRuns: 15 },
    );
  });
}
