import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { openLmdbState } from "../../gateway/store/index.ts";
import { stateContract } from "../contract/state-contract.ts";
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
