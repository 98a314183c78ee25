/**
 * Puts a backup back: all of it is verified before anything is touched, then it is written beside its place, made durable, and
 * one rename decides (folder/restored.ts).
 */
import { readFileSync } from "node:fs";
import { chown, mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isCoded, StoreError, UsageError } from "../../base/index.ts";
import { parseSite } from "../folder/data-folder.ts";
import { folderExists, makeFolder, syncFolder, writeFileDurably } from "../folder/durable-file.ts";
import { claimFolder, unusable } from "../folder/owner.ts";
import { isRestored, MARK, RESTORING, type Stage, settleRestored, WHOLE } from "../folder/restored.ts";
import { checkSpace, type FreeBytes, freeBytesOf, SPACE_FLOOR } from "../state/disk-space.ts";
import { reasonOf, systemCode } from "../system-error.ts";
import type { BackupManifest } from "./manifest.ts";
import { readBackup } from "./read.ts";
import type { RedisTarget, RedisTargetOptions } from "./redis-target.ts";
import { unread } from "./seal.ts";

export interface RestoreOptions {
  readonly file: string;
  /** Empty, or not there yet. */
  readonly folder: string;
  /** The site's key from where it was kept, for a backup that does not have it. */
  readonly siteKey?: string | undefined;
  /** Journal, state and images go there, and the folder gets the rest. */
  readonly redis?: RedisTargetOptions | undefined;
  readonly freeBytes?: FreeBytes;
}

export interface Restored {
  readonly manifest: BackupManifest;
  /** The site's key is in its place. */
  readonly hasKey: boolean;
}

/** What may be in a folder that is empty: what the system, or a restore that was killed, has left there. */
const NOTHING: ReadonlySet<string> = new Set([RESTORING, "control.sock", "lost+found"]);

/** Throws UsageErrors `backup.*`, StoreErrors `backup.*`, `store.*`; then nothing was written. */
export async function restoreBackup({
  file,
  folder,
  siteKey,
  redis,
  freeBytes = freeBytesOf,
}: RestoreOptions): Promise<Restored> {
  await checkEmpty(folder);
  const manifest = await readBackup(file);
  if (manifest.keys && siteKey !== undefined) throw new UsageError("backup.has-key", { file });
  const key = siteKey === undefined ? undefined : readKey(siteKey);
  const isNew = !(await folderExists(folder));
  await makeFolder(folder).catch((error: unknown) => {
    throw unusable(folder, error);
  });
  const ownership = await claimFolder(folder);
  let target: RedisTarget | undefined;
  try {
    target = redis && (await (await import("./redis-target.ts")).openRedisTarget(redis, manifest));
    await checkEmpty(folder);
    await settleRestored(folder);
    const needed = manifest.files.reduce((sum, { size }) => sum + size + 4096, SPACE_FLOOR);
    await checkSpace(folder, needed, freeBytes);
    await fill(join(folder, RESTORING), file, key, manifest);
    const stage = await target?.load(join(folder, RESTORING));
    await mark(folder, manifest, stage);
    await rename(join(folder, RESTORING), join(folder, WHOLE));
    await syncFolder(folder);
    await settleRestored(folder);
    // What is whole in the folder is finished by the next start, if not here.
    if (stage !== undefined) await target?.finish(stage);
  } catch (error) {
    if (!(await isRestored(folder))) await target?.drop().catch(() => undefined);
    await rm(join(folder, RESTORING), { recursive: true, force: true }).catch(() => undefined);
    if (isCoded(error)) throw error;
    throw new StoreError("store.write-failed", { what: folder, reason: reasonOf(error) }, { cause: error });
  } finally {
    await target?.close();
    await ownership.close();
    if (isNew) await rmdir(folder).catch(() => undefined); // it is not empty when all went well
  }
  return { manifest, hasKey: manifest.keys || key !== undefined };
}

async function checkEmpty(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return [];
    throw unusable(folder, error);
  });
  const entry = names.find((name) => !NOTHING.has(name));
  if (entry !== undefined) throw new UsageError("backup.occupied", { folder, entry });
}

function readKey(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw unread(file, error);
  }
}

/** Verified once more while it is written: the file may have changed since. */
async function fill(to: string, file: string, key: Uint8Array | undefined, before: BackupManifest): Promise<void> {
  const folders = new Set<string>();
  const into = async (path: string): Promise<string> => {
    const place = join(to, path);
    for (let each = dirname(place); !folders.has(each) && each.startsWith(to); each = dirname(each)) folders.add(each);
    await mkdir(dirname(place), { recursive: true, mode: 0o700 });
    return place;
  };
  await mkdir(to, { mode: 0o700 });
  const manifest = await readBackup(file, async ({ path }, bytes) => writeDurably(await into(path), bytes));
  if (JSON.stringify(manifest) !== JSON.stringify(before)) {
    throw new StoreError("backup.damaged", { file, reason: "it changed while it was read" });
  }
  const strange = await strangeIn(to, manifest);
  if (strange !== undefined) throw new StoreError("backup.entry", { file, ...strange });
  if (key !== undefined) await writeDurably(await into("keys/site.key"), [key]);
  for (const folder of [...folders, to]) await syncFolder(folder);
}

/** The last that is written. */
async function mark(folder: string, { site, epoch, last, made }: BackupManifest, stage?: Stage): Promise<void> {
  const place = join(folder, RESTORING);
  const text = JSON.stringify({ site, epoch, last, made, ...(stage === undefined ? {} : { stage: stage.id }) });
  await writeFileDurably(join(place, MARK), `${text}\n`);
  await giveToOwner(folder, place);
}

/** Every gateway has these two, and they say what the manifest says. */
async function strangeIn(
  folder: string,
  manifest: BackupManifest,
): Promise<{ entry: string; reason: string } | undefined> {
  const read = (name: string): string => {
    try {
      return readFileSync(join(folder, name), "utf8");
    } catch {
      return "";
    }
  };
  const site = parseSite(read("site.json"));
  if (site?.site !== manifest.site || site.epoch !== manifest.epoch) {
    return { entry: "site.json", reason: "it is not of the site that the manifest names" };
  }
  if (read("data-version").trim() !== String(manifest["data-version"])) {
    return { entry: "data-version", reason: "it is not the version that the manifest names" };
  }
  return undefined;
}

/** Readable by this user only. */
async function writeDurably(path: string, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    for await (const part of bytes) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Restored by root into a folder of the gateway's account, it is the account's. */
async function giveToOwner(folder: string, root: string): Promise<void> {
  const { uid, gid } = await stat(folder);
  if (process.getuid?.() !== 0 || uid === 0) return;
  await chown(root, uid, gid);
  for (const each of await readdir(root, { recursive: true })) await chown(join(root, each), uid, gid);
}
