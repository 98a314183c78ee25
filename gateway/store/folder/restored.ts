/**
 * How a data folder is put back whole or not at all, also where it is a mount point and cannot be renamed itself:
 *
 *   .restoring/    what a restore writes; worth nothing, whoever finds it removes it
 *   .restored/     the same, whole and durable: the rename between the two is the moment; whoever finds it moves what is in it up
 *   restored.json  came with it: the next start begins a new epoch, and removes it when that is durable
 */
import { readdir, readFile, rename, rm, rmdir } from "node:fs/promises";
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

/** What was loaded into a Redis and gets its names there with the folder's own rename, or after it (redis/stage.ts). */
export interface Stage {
  readonly site: string;
  /** Never the same twice. */
  readonly id: string;
}

/** Was it put back from a backup, and not started since? */
export const isRestored = async (folder: string): Promise<boolean> => (await markIn(folder)) !== undefined;

/** What a restore into Redis has left to do, or has done and nobody has started since. */
export async function stageIn(folder: string): Promise<Stage | undefined> {
  const text = await markIn(folder);
  if (text === undefined) return undefined;
  const { site, stage: id }: { readonly site?: unknown; readonly stage?: unknown } = { ...JSON.parse(text) };
  return typeof site === "string" && typeof id === "string" ? { site, id } : undefined;
}

/** It may not have been moved up yet. */
async function markIn(folder: string): Promise<string | undefined> {
  for (const file of [join(folder, MARK), join(folder, WHOLE, MARK)]) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** The new epoch is durable. */
export async function forgetRestored(folder: string): Promise<void> {
  await rm(join(folder, MARK), { force: true });
  await syncFolder(folder);
}
