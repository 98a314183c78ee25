/**
 * Compiled schemas on disk: one file per digest of sources, with its own checksum in the first line. Sources change, so
 * that only the newest files are kept.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../base/index.ts";
import { IMAGE_VERSION, type SchemaImage } from "../compile/image.ts";

/** More than a gateway has module sets, or somebody at a terminal has folders of models in hand. */
export const KEPT_SCHEMAS = 32;

/** Drafts too: one that is left behind goes with the others. */
const SCHEMA = /^schema-[0-9a-f]{32}\.json(\.\d+)?$/;
const fileOf = (folder: string, digest: string): string => join(folder, `schema-${digest.slice(0, 32)}.json`);
const checksum = (body: string): string => createHash("sha256").update(body).digest("hex");

/** The image of these sources; undefined when there is none or the file is damaged, and then it is compiled anew. */
export async function readImage(folder: string, digest: string, log: Logger): Promise<SchemaImage | undefined> {
  const path = fileOf(folder, digest);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const end = text.indexOf("\n");
  const body = text.slice(end + 1);
  if (text.slice(0, end) === checksum(body)) {
    const image: unknown = JSON.parse(body);
    if (isImage(image)) return image;
  }
  log.warn("yang.schema-cache-damaged", { path });
  return undefined;
}

/** The checksum says that these are the bytes we wrote; the version, that this compiler would write them again. */
const isImage = (value: unknown): value is SchemaImage =>
  typeof value === "object" && value !== null && "version" in value && value.version === IMAGE_VERSION;

/** Written beside its place and moved there, so that a reader never meets half a file. A full disk only costs time. */
export async function writeImage(folder: string, digest: string, image: SchemaImage, log: Logger): Promise<void> {
  const path = fileOf(folder, digest);
  const body = JSON.stringify(image);
  const draft = `${path}.${process.pid}`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(draft, `${checksum(body)}\n${body}`);
    await rename(draft, path);
    await prune(folder);
  } catch (error) {
    log.warn("yang.schema-cache-unwritable", { path, reason: error instanceof Error ? error.message : String(error) });
  }
}

/** Somebody else may prune the same folder at the same time. */
async function prune(folder: string): Promise<void> {
  const paths = (await readdir(folder)).filter((name) => SCHEMA.test(name)).map((name) => join(folder, name));
  if (paths.length <= KEPT_SCHEMAS) return;
  const writtenAt = (path: string): Promise<number> =>
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
  const files = await Promise.all(paths.map(async (path) => ({ path, at: await writtenAt(path) })));
  const old = files.sort((a, b) => b.at - a.at).slice(KEPT_SCHEMAS);
  await Promise.all(old.map(({ path }) => rm(path, { force: true })));
}
