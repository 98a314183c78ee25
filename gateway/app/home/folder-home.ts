/** Everything of a site in its data folder: journal, state, images, and how far sequence numbers were given out. */
import { join } from "node:path";
import type { Lifecycle } from "../../base/index.ts";
import {
  type DataFolder,
  fileSequence,
  folderSource,
  openFileImages,
  openFileJournal,
  openLmdbState,
  tidyBackups,
} from "../../store/index.ts";
import type { Home, HomeOptions } from "./home.ts";

/** What it opens is handed to `lifecycle`. Throws StoreErrors `store.*`. */
export async function openFolderHome(
  folder: DataFolder,
  { cacheBytes, log }: Pick<HomeOptions, "cacheBytes" | "log">,
  lifecycle: Lifecycle,
): Promise<Home> {
  const inFolder = (name: string): string => join(folder.path, name);
  await tidyBackups(folder.path);
  const journal = lifecycle.add(await openFileJournal({ folder: inFolder("journal"), log }));
  const state = lifecycle.add(await openLmdbState({ folder: inFolder("state") }));
  const images = lifecycle.add(await openFileImages({ folder: inFolder("images"), cacheBytes }));
  return {
    folder,
    site: folder.site,
    journal,
    state,
    images,
    backup: folderSource({
      folder: folder.path,
      copyState: (to) => state.copyTo(to),
      moment: () => ({ last: journal.lastDurable, images: images.digests() }),
    }),
    sequence: (clock, use) => fileSequence(sequenceFile(folder), clock, use),
    shared: undefined,
    unused: [],
  };
}

/** Beside the site's key, never kept elsewhere. */
export const sequenceFile = ({ path }: DataFolder): string => join(path, "keys", "sequence.json");
