/** Files that may be gone, or that may be in their place already. */
import { copyFile, link, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../folder/durable-file.ts";
import { systemCode } from "../system-error.ts";

/** False: it is gone. Not every file system has links, and some have a most of them. */
export async function linkOrCopy(from: string, to: string): Promise<boolean> {
  const isThere = (error: unknown): boolean => systemCode(error) === "EEXIST";
  const isGone = (error: unknown): boolean => systemCode(error) === "ENOENT";
  try {
    await link(from, to).catch((error: unknown) => {
      if (isThere(error) || isGone(error)) throw error;
      return copyFile(from, to);
    });
    return true;
  } catch (error) {
    if (isThere(error)) return true; // in the round before
    if (isGone(error)) return false;
    throw error;
  }
}

/** A small file that who writes it replaces as a whole. */
export async function copyIfThere(folder: string, to: string, name: string): Promise<void> {
  try {
    const bytes = await readFile(join(folder, name));
    await makeFolder(dirname(join(to, name)));
    await writeFile(join(to, name), bytes, { mode: 0o600 });
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}
