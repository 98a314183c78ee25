/** The backup of a site that no gateway runs on: claimed like by one that does, so that none begins meanwhile. */
import { copyFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Lifecycle, UsageError } from "../../base/index.ts";
import { siteIn } from "../folder/data-folder.ts";
import { makeFolder } from "../folder/durable-file.ts";
import { checkSiteIsHere } from "../folder/elsewhere.ts";
import { claimFolder } from "../folder/owner.ts";
import { settleRestored, stageIn } from "../folder/restored.ts";
import type { RedisHomeOptions } from "../redis/home.ts";
import { WITNESS } from "../redis/witness.ts";
import { systemCode } from "../system-error.ts";
import { type Backup, type BackupWords, makeBackup } from "./backup.ts";
import { folderSource } from "./folder-source.ts";
import { tidyBackups } from "./place.ts";
import type { BackupSource } from "./source.ts";

/** Where a site lies that is not in its folder. */
export type StoppedRedis = Pick<RedisHomeOptions, "url" | "site" | "log" | "clock" | "random">;

/** Throws UsageErrors `backup.nothing`, `store.in-redis`, StoreErrors `store.owned`, `store.claimed`, `store.*`. */
export async function backUpStopped(folder: string, words: BackupWords, redis?: StoppedRedis): Promise<Backup> {
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) throw new UsageError("backup.nothing", { folder });
  const claimed = new Lifecycle();
  claimed.add(await claimFolder(folder));
  try {
    await settleRestored(folder);
    await tidyBackups(folder);
    if (redis === undefined) await checkSiteIsHere(folder);
    const source = redis === undefined ? sourceOf(folder) : await sourceInRedis(folder, redis, claimed);
    const backup = await makeBackup(source, words);
    return {
      ...backup,
      close: async () => {
        await backup.close();
        await claimed.close();
      },
    };
  } catch (error) {
    await claimed.close();
    throw error;
  }
}

/** A folder that no gateway has started on has no keys either. */
async function sourceInRedis(folder: string, redis: StoppedRedis, claimed: Lifecycle): Promise<BackupSource> {
  const own = await siteIn(folder);
  if (own === undefined) throw new UsageError("backup.nothing", { folder });
  const { openRedisHome } = await import("../redis/home.ts");
  const { process } = own;
  const options = { ...redis, witness: join(folder, WITNESS), process, make: false, staged: await stageIn(folder) };
  const home = claimed.add(await openRedisHome(options));
  await home.claim("gateway");
  return home.backup(folder);
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
