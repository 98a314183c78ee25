/** The backup of a data folder that no gateway runs on: claimed like one that does, so that none begins meanwhile. */
import { copyFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../base/index.ts";
import { makeFolder } from "../folder/durable-file.ts";
import { claimFolder } from "../folder/owner.ts";
import { settleRestored } from "../folder/restored.ts";
import { systemCode } from "../system-error.ts";
import { type Backup, type BackupWords, makeBackup } from "./backup.ts";
import { folderSource } from "./folder-source.ts";
import { tidyBackups } from "./place.ts";
import type { BackupSource } from "./source.ts";

/** Throws UsageError `backup.nothing`, StoreErrors `store.owned`, `store.*`. */
export async function backUpStopped(folder: string, words: BackupWords): Promise<Backup> {
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) throw new UsageError("backup.nothing", { folder });
  const ownership = await claimFolder(folder);
  try {
    await settleRestored(folder);
    await tidyBackups(folder);
    const backup = await makeBackup(sourceOf(folder), words);
    return {
      ...backup,
      close: async () => {
        await backup.close();
        await ownership.close();
      },
    };
  } catch (error) {
    await ownership.close();
    throw error;
  }
}

const sourceOf = (folder: string): BackupSource =>
  folderSource({
    folder,
    copyState: async (to) => {
      await makeFolder(to);
      await copyFile(join(folder, "state", "data.mdb"), join(to, "data.mdb")).catch((error: unknown) => {
        if (systemCode(error) !== "ENOENT") throw error; // it has not begun yet
      });
    },
    moment: () => undefined,
  });
