/**
 * Makes a backup: a site is frozen beside its data, every file of it is read once for its digest, and then the archive streams
 * out, manifest first, in pieces that leave the event loop to others.
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { isCoded, StoreError, UsageError } from "../../base/index.ts";
import { parseSite } from "../folder/data-folder.ts";
import { makeFolder } from "../folder/durable-file.ts";
import { reasonOf } from "../system-error.ts";
import { freeze } from "./freeze.ts";
import { BACKUP_FORMAT, type BackedUpFile, type BackupManifest, DATA, MANIFEST, mayHold } from "./manifest.ts";
import { BACKUPS, FROZEN } from "./place.ts";
import { sealed } from "./seal.ts";
import type { BackupSource } from "./source.ts";
import { packTar } from "./tar.ts";

export interface BackupWords {
  readonly software: string;
  /** RFC 3339. */
  readonly made: string;
  readonly label?: string | undefined;
  /** The site's key goes with it; undefined = it stays where it is. */
  readonly siteKey?: string | undefined;
  /** What is in force, as YAML without secrets. */
  readonly configuration?: string | undefined;
  /** What the gateway uses and the backup does not have, in sentences. */
  readonly missing: readonly string[];
}

export interface Backup {
  readonly manifest: BackupManifest;
  /** To be read once. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Removes what was frozen; also when nobody has read the bytes. */
  close(): Promise<void>;
}

/** Facts, state and firmware shrink by their patterns at once; more effort costs a small processor more than it saves. */
const EFFORT = 4;

/** Throws UsageError `backup.nothing`, StoreErrors `store.*`. */
export async function makeBackup(source: BackupSource, words: BackupWords): Promise<Backup> {
  const place = join(source.folder, BACKUPS, `${FROZEN}${randomUUID()}`);
  const close = (): Promise<void> => rm(place, { recursive: true, force: true });
  try {
    const data = join(place, basename(DATA));
    await makeFolder(place);
    await mkdir(data);
    const last = await freeze(source, data);
    if (words.siteKey !== undefined) await addKey(words.siteKey, data);
    if (words.configuration !== undefined) await writeFile(join(data, "configuration.yaml"), words.configuration);
    const manifest = await manifestOf(data, source.folder, last, words);
    await writeFile(join(place, MANIFEST), `${JSON.stringify(manifest, undefined, 1)}\n`);
    return { manifest, bytes: archive(place, manifest), close };
  } catch (error) {
    await close();
    if (isCoded(error)) throw error;
    throw new StoreError("store.write-failed", { what: place, reason: reasonOf(error) }, { cause: error });
  }
}

async function addKey(file: string, data: string): Promise<void> {
  await mkdir(join(data, "keys"), { recursive: true });
  await copyFile(file, join(data, "keys", "site.key")).catch((error: unknown) => {
    throw new StoreError("store.read-failed", { what: file, reason: reasonOf(error) }, { cause: error });
  });
}

async function manifestOf(data: string, folder: string, last: number, words: BackupWords): Promise<BackupManifest> {
  const { software, made, label, missing, siteKey } = words;
  const [site, version] = await Promise.all(
    ["site.json", "data-version"].map((name) => readFile(join(data, name), "utf8").catch(() => "")),
  );
  const info = parseSite(site ?? "");
  if (info === undefined) throw new UsageError("backup.nothing", { folder });
  const files: BackedUpFile[] = [];
  const strange: string[] = [];
  for (const path of await filesIn(data)) {
    if (!mayHold(path)) {
      strange.push(`${path}, which has a name that no backup takes`);
      continue;
    }
    files.push({ path, ...(await digestOf(join(data, path))) });
  }
  const damaged = files.find(({ path, sha256 }) => path.startsWith("images/") && basename(path) !== sha256);
  if (damaged !== undefined) throw new StoreError("store.damaged", { file: join(folder, damaged.path), offset: 0 });
  return {
    format: BACKUP_FORMAT,
    software,
    made,
    ...(label === undefined ? {} : { label }),
    site: info.site,
    epoch: info.epoch,
    last,
    "data-version": Number(version),
    keys: siteKey !== undefined,
    missing: [...missing, ...strange],
    files,
  };
}

/** By name, with `/`, in an order that does not depend on the disk. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const below = (each: { readonly parentPath: string; readonly name: string }): string =>
    join(each.parentPath, each.name).slice(folder.length + 1);
  return entries
    .filter((entry) => entry.isFile())
    .map(below)
    .sort();
}

async function digestOf(file: string): Promise<{ size: number; sha256: string }> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(file, { highWaterMark: 64 * 1024 })) hash.update(part as Buffer);
  return { size: (await stat(file)).size, sha256: hash.digest("hex") };
}

async function* archive(place: string, { files }: BackupManifest): AsyncGenerator<Uint8Array> {
  const names = [MANIFEST, ...files.map(({ path }) => `${DATA}${path}`)];
  const tar = Readable.from(packTar(place, names), { objectMode: false });
  const gzip = createGzip({ level: EFFORT });
  tar.on("error", (error) => gzip.destroy(error));
  try {
    yield* sealed(tar.pipe(gzip));
  } finally {
    tar.destroy();
    gzip.destroy();
  }
}
