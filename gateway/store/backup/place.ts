/** Where backups lie in a data folder. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Those that the gateway keeps by itself, and what is frozen for one that is being made. */
export const BACKUPS = "backups";
/** Copies of the images of a site in Redis. */
export const IMAGE_CACHE = "image-cache";
export const FROZEN = ".frozen-";
/** Begins the name of one that is being written. */
export const UNFINISHED = ".unfinished-";

/** Removes what a process that was killed has left of a backup; for who owns the folder. */
export async function tidyBackups(folder: string): Promise<void> {
  const place = join(folder, BACKUPS);
  for (const name of await readdir(place).catch(() => [])) {
    if (name.startsWith(FROZEN) || name.startsWith(UNFINISHED))
      await rm(join(place, name), { recursive: true, force: true });
  }
}
