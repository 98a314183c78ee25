/**
 * How much room a commit of lmdb needs, and whether the disk has it. lmdb does not survive a disk that is full in the
 * middle of a commit, so the answer must never be too small; that it is too large costs nothing but patience.
 */
import { stat, statfs } from "node:fs/promises";
import { StoreError } from "../../base/index.ts";

/** Bytes that the disk of a folder still takes. */
export type FreeBytes = (folder: string) => Promise<number>;

/** Kept free beside what a commit writes: others fill the same disk (journal, images) while it is under way. */
export const SPACE_FLOOR = 4 << 20;
/** The lock file and two meta pages of a new database, with room to spare. */
export const OPENING_NEEDS = 64 << 10;

/** lmdb copies a page before it changes it: at worst a leaf, its branch and a page of the list of free ones. */
const COPIED_PER_CHANGE = 3 * 4096;

export const freeBytesOf: FreeBytes = async (folder) => {
  const { blocks, bavail, bsize } = await statfs(folder);
  // Some network and FUSE file systems count nothing.
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
};

/** What one commit to the database `file` writes at most, with the floor. */
export async function commitNeeds(
  file: string,
  writes: ReadonlyArray<{ readonly entry: Uint8Array; readonly value: Uint8Array | undefined }>,
): Promise<number> {
  const { size } = await stat(file);
  const bytes = writes.reduce((sum, { entry, value }) => sum + entry.length + (value?.length ?? 0), 0);
  // Not more pages are copied than there are; what is new fills pages at least by half.
  return SPACE_FLOOR + Math.min(writes.length * COPIED_PER_CHANGE, size) + 2 * bytes;
}

/** Throws StoreError `store.no-space`. */
export async function checkSpace(folder: string, needed: number, freeBytes: FreeBytes): Promise<void> {
  const free = await freeBytes(folder);
  if (free < needed) throw new StoreError("store.no-space", { folder, free, needed });
}

/** Whether a process that begins anew on the disk of a folder has something to write on. */
export const hasRoom = async (folder: string, freeBytes: FreeBytes = freeBytesOf): Promise<boolean> =>
  (await freeBytes(folder)) >= 2 * SPACE_FLOOR;
