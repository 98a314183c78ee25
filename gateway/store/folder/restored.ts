/**
 * How a data folder is put back whole or not at all, also where it is a mount point and cannot be renamed itself:
 *
 *   .restoring/    what a restore writes; worth nothing, whoever finds it removes it
 *   .restored/     the same, whole and durable: the rename between the two is the moment; whoever finds it moves what is in it up
 *   restored.json  came with it: the next start begins a new epoch, and removes it when that is durable
 */
import { readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../system-error.ts";
import { syncFolder } from "./durable-file.ts";

export const RESTORING = ".restoring";
export const WHOLE = ".restored";
export const MARK = "restored.json";

/** For who has claimed the folder: finishes a restore that was killed behind its moment, and tidies up one before it. */
export async function settleRestored(folder: string): Promise<void> {
  await rm(join(folder, RESTORING), { recursive: true, force: true });
  const whole = join(folder, WHOLE);
  const names = await readdir(whole).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (names === undefined) return;
  for (const name of names) await rename(join(whole, name), join(folder, name));
  await syncFolder(folder); // what was moved has its new name before the folder that says so is gone
  await rmdir(whole);
  await syncFolder(folder);
}

/** Was it put back from a backup, and not started since? */
export async function isRestored(folder: string): Promise<boolean> {
  const places = [join(folder, MARK), join(folder, WHOLE)];
  const found = await Promise.all(places.map((path) => stat(path).catch(() => undefined)));
  return found.some((each) => each !== undefined);
}

/** The new epoch is durable. */
export async function forgetRestored(folder: string): Promise<void> {
  await rm(join(folder, MARK), { force: true });
  await syncFolder(folder);
}
