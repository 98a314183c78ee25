import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { openLmdbState } from "../../gateway/store/index.ts";
import { SPACE_FLOOR } from "../../gateway/store/state/disk-space.ts";
import { stateContract } from "../contract/state-contract.ts";
import { smallDisk } from "./small-disk.ts";
import { temporaryFolders } from "./temporary-folder.ts";

const folders = temporaryFolders();

stateContract("state in LMDB", async () => {
  const folder = folders();
  return {
    create: () => openLmdbState({ folder }),
    reopen: async (state) => {
      await state.close();
      return openLmdbState({ folder });
    },
  };
});

test.each([
  ["is no database", (database: Buffer) => Buffer.alloc(database.length, 1)],
  ["ends within the first page", (database: Buffer) => database.subarray(0, 100)],
  ["has no second meta page", (database: Buffer) => database.subarray(0, 4096)],
])("a file that %s is refused instead of ending the process", async (_name, damage) => {
  const folder = folders();
  await (await openLmdbState({ folder })).close();
  const file = join(folder, "data.mdb");
  writeFileSync(file, damage(readFileSync(file)));
  await expect(openLmdbState({ folder })).rejects.toMatchObject({ code: "store.damaged", facts: { file } });
});

test("an entry in pages that were wiped is refused as damage of the file", async () => {
  const folder = folders();
  const file = join(folder, "data.mdb");
  const first = await openLmdbState({ folder });
  await first.commit("registry", 1, [{ table: "nodes", key: "n-1", value: Uint8Array.of(1) }]);
  await first.close();
  writeFileSync(file, readFileSync(file).fill(0, 8192));
  const read = async (): Promise<unknown> => {
    const state = await openLmdbState({ folder });
    try {
      return await state.applied("registry");
    } finally {
      await state.close();
    }
  };
  await expect(read()).rejects.toMatchObject({ code: "store.damaged", facts: { file, offset: 0 } });
});

const write = (key: string, length: number) => [{ table: "t", key, value: new Uint8Array(length) }];

test("a commit that the disk may not hold is refused before lmdb hears of it, and works when there is room", async () => {
  const folder = folders();
  let free = 1 << 30;
  const state = await openLmdbState({ folder, freeBytes: async () => free });
  await state.commit("registry", 1, write("a", 10));
  free = SPACE_FLOOR + 1000;
  await expect(state.commit("registry", 2, write("a", 1000))).rejects.toMatchObject({
    code: "store.no-space",
    facts: { folder, free },
  });
  expect(await state.applied("registry")).toBe(1);
  expect(await state.get("t", "a")).toHaveLength(10);
  free = 1 << 30;
  await state.commit("registry", 2, write("a", 1000));
  expect(await state.applied("registry")).toBe(2);
  await state.close();
});

test("a disk without room for a lock file is refused at opening", async () => {
  await expect(openLmdbState({ folder: folders(), freeBytes: async () => 4096 })).rejects.toMatchObject({
    code: "store.no-space",
  });
});

const disk = smallDisk("6m");

(disk !== undefined ? test : test.skip)("a disk that is really full (needs mount)", async () => {
  const small = disk ?? "";
  const folder = join(small, "state");
  const state = await openLmdbState({ folder });
  await state.commit("registry", 1, write("a", 10));
  // The disk takes what it can and refuses the rest.
  expect(() => writeFileSync(join(small, "filling"), Buffer.alloc(8 << 20))).toThrow(
    expect.objectContaining({ code: "ENOSPC" }),
  );
  await expect(state.commit("registry", 2, write("b", 100_000))).rejects.toMatchObject({
    code: "store.no-space",
    facts: { free: 0 },
  });
  writeFileSync(join(small, "filling"), "");
  await state.commit("registry", 2, write("b", 100_000));
  expect(await state.applied("registry")).toBe(2);
  await state.close();
});
