/** Compiled schemas on disk: one file per digest of sources, with its own checksum in the first line. */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../base/index.ts";
import { IMAGE_VERSION, type SchemaImage } from "../compile/image.ts";

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
  } catch (error) {
    log.warn("yang.schema-cache-unwritable", { path, reason: error instanceof Error ? error.message : String(error) });
  }
}
