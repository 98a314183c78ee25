/** Small files and folders that must survive loss of power: content first, then the name. */
import { type FileHandle, mkdir, open, rename, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { systemCode } from "../system-error.ts";

/** Makes the names in `folder` durable: a file that was created, renamed or removed in it stays so. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Creates a folder with its parents, readable by this user only; nothing happens when it exists. One by one: Node's recursive mkdir
 * tries for ever where a parent is there and the kernel still says ENOENT, as in /proc.
 */
export async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = [];
  for (let each = resolve(folder); !(await folderExists(each)); each = dirname(each)) missing.unshift(each);
  for (const each of missing) {
    try {
      await mkdir(each, { mode: 0o700 });
      await syncFolder(dirname(each));
    } catch (error) {
      if (systemCode(error) !== "EEXIST" || !(await folderExists(each))) throw error; // somebody made it meanwhile
    }
  }
}

export async function folderExists(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => undefined))?.isDirectory() ?? false;
}

/** Replaces a file as a whole: after a crash its old or its new content is there, never a part. */
export async function writeFileDurably(path: string, content: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.new`);
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Writes all of `bytes` at `position`, in as many calls as the system wants. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
