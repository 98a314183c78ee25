/** A site that several processes share: journal, state, images and the ceiling of sequence numbers in Redis. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Lifecycle } from "../../base/index.ts";
import { type DataFolder, IMAGE_CACHE, tidyBackups } from "../../store/index.ts";
import { sequenceFile } from "./folder-home.ts";
import type { Home, HomeOptions } from "./home.ts";
import type { Shared } from "./shared.ts";

/** What it opens is handed to `lifecycle`, as `shared` was. Throws StoreErrors `store.claimed`, `store.lost`, `store.*`. */
export async function openSharedHome(
  folder: DataFolder,
  shared: Shared,
  { cacheBytes, bridge }: HomeOptions,
  lifecycle: Lifecycle,
): Promise<Home> {
  await shared.claim("gateway");
  if (bridge) await shared.claim("bridge");
  await tidyBackups(folder.path);
  const journal = lifecycle.add(await shared.journal());
  return {
    folder,
    site: shared.site,
    journal,
    state: lifecycle.add(await shared.state()),
    images: lifecycle.add(await shared.images({ folder: join(folder.path, IMAGE_CACHE), cacheBytes })),
    sequence: (_clock, use) => shared.sequence({ file: sequenceFile(folder), use }),
    backup: shared.backup(folder.path),
    shared,
    unused: unusedSite(folder, shared),
  };
}

/** A site that had no Redis before: it looks as if all nodes were gone. */
function unusedSite({ path, site }: DataFolder, shared: Shared): readonly string[] {
  if (!existsSync(join(path, "journal"))) return [];
  return [
    `The folder ${path} holds a site of its own, ${site.site}, which is not used: with store.redis the site is ` +
      `${shared.site.site} in Redis, with nodes and numbers of its own (docs/redis.md).`,
  ];
}
