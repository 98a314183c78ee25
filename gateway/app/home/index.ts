/** Which drivers keep a site: the one place that asks the configuration for it. */
import { type Lifecycle, systemClock } from "../../base/index.ts";
import { forgetRestored, openDataFolder, stageIn } from "../../store/index.ts";
import type { Config } from "../config/index.ts";
import { openFolderHome } from "./folder-home.ts";
import type { Home, HomeOptions } from "./home.ts";
import { openShared } from "./shared.ts";
import { openSharedHome } from "./shared-home.ts";
import { openStartingDoor } from "./starting-door.ts";

export type { Home, HomeOptions } from "./home.ts";
export { ownRow, type ProcessRow } from "./process-row.ts";
export { Processes, type SeenProcess } from "./processes.ts";
export { openShared, type Shared } from "./shared.ts";

/** What it opens is handed to `lifecycle`. Throws StoreErrors `store.*`. */
export async function openHome(config: Config, options: HomeOptions, lifecycle: Lifecycle): Promise<Home> {
  const { log, random, note, restored } = options;
  const isShared = config.store.redis !== undefined;
  // The epoch is that of the site: where Redis has it, the folder's own says nothing.
  const kept = isShared ? { inRedis: true } : { restored };
  const folder = lifecycle.add(await openDataFolder(config.data, log, kept));
  if (!isShared) return openFolderHome(folder, options, lifecycle);
  const { process } = folder.site;
  const staged = await stageIn(folder.path);
  const door = openStartingDoor(folder.control);
  const opening = openShared(config, "run", {
    process,
    make: true,
    folder: folder.path,
    restored,
    staged,
    clock: systemClock(),
    random,
    log,
    note,
    waits: door.waits,
  });
  const shared = lifecycle.add(await opening.finally(door.close));
  if (staged !== undefined) await forgetRestored(folder.path); // its epoch is durable
  return openSharedHome(folder, shared, options, lifecycle);
}
