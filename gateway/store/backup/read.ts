/**
 * Reads a backup from one end to the other: its seal, its manifest, and then exactly the files that this names, in its order and
 * with its digests. Whoever made the file, nothing else of it is ever given on.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { isCoded, StoreError, UsageError } from "../../base/index.ts";
import { reasonOf } from "../system-error.ts";
import { type BackedUpFile, type BackupManifest, DATA, MANIFEST, readManifest } from "./manifest.ts";
import { checkSeal } from "./seal.ts";
import { readTar, type TarEntry } from "./tar.ts";

/** A thousand files make some 150 KiB. */
const LARGEST_MANIFEST = 16 << 20;

/** Gets the bytes of each file; when it rejects, so does the reading. */
export type Keep = (file: BackedUpFile, bytes: AsyncIterable<Uint8Array>) => Promise<void>;

const drop: Keep = async (_file, bytes) => {
  for await (const _part of bytes); // only for the digest
};

/** Throws StoreErrors `backup.damaged`, `backup.entry`, `store.read-failed`, UsageErrors `backup.unknown`, `backup.newer`. */
export async function readBackup(file: string, keep: Keep = drop): Promise<BackupManifest> {
  await checkSeal(file);
  const reader = new Reader(file, keep);
  const refused: unknown[] = [];
  const read = (plain: AsyncIterable<Uint8Array>): Promise<void> =>
    readTar(plain, (entry) => reader.take(entry)).catch((error: unknown) => {
      refused.push(error); // the pipeline has its own words for who stopped reading
      throw error;
    });
  try {
    await pipeline(createReadStream(file), createGunzip(), read);
  } catch (error) {
    const [why = error] = refused;
    if (isCoded(why)) throw why;
    throw new StoreError("backup.damaged", { file, reason: reasonOf(why) }, { cause: why });
  }
  return reader.end();
}

class Reader {
  readonly #file: string;
  readonly #keep: Keep;
  #manifest: BackupManifest | undefined;
  #next = 0;

  constructor(file: string, keep: Keep) {
    this.#file = file;
    this.#keep = keep;
  }

  async take(entry: TarEntry): Promise<void> {
    if (this.#manifest === undefined) {
      this.#manifest = await this.#readManifest(entry);
      return;
    }
    const { path, size } = entry;
    const expected = this.#manifest.files[this.#next++];
    if (!entry.isFile) throw this.#strange(path, "it is no file");
    if (expected === undefined || path !== `${DATA}${expected.path}`) {
      throw this.#strange(path, "its manifest names something else here");
    }
    if (size !== expected.size) throw this.#strange(path, "its manifest says another size");
    const hash = createHash("sha256");
    await this.#keep(expected, hashed(entry.bytes, hash)).catch((error: unknown) => {
      // What is wrong with the archive itself was told before.
      if (isCoded(error)) throw error;
      throw new StoreError("store.write-failed", { what: expected.path, reason: reasonOf(error) }, { cause: error });
    });
    if (hash.digest("hex") !== expected.sha256) throw this.#strange(path, "its bytes are not those of the manifest");
  }

  end(): BackupManifest {
    const manifest = this.#manifest;
    if (manifest === undefined) throw new UsageError("backup.unknown", { file: this.#file, reason: "it is empty" });
    const missing = manifest.files[this.#next];
    if (missing !== undefined) throw this.#strange(missing.path, "it is missing");
    return manifest;
  }

  async #readManifest({ path, isFile, size, bytes }: TarEntry): Promise<BackupManifest> {
    const file = this.#file;
    if (path !== MANIFEST || !isFile)
      throw new UsageError("backup.unknown", { file, reason: `it does not begin with ${MANIFEST}` });
    if (size > LARGEST_MANIFEST) throw this.#strange(path, "it is too large");
    const parts: Uint8Array[] = [];
    for await (const part of bytes) parts.push(part);
    const read = readManifest(file, Buffer.concat(parts).toString("utf8"));
    if (typeof read === "string") throw this.#strange(path, read);
    return read;
  }

  #strange(entry: string, reason: string): StoreError {
    return new StoreError("backup.entry", { file: this.#file, entry, reason });
  }
}

async function* hashed(
  bytes: AsyncIterable<Uint8Array>,
  hash: { update(part: Uint8Array): unknown },
): AsyncGenerator<Uint8Array> {
  for await (const part of bytes) {
    hash.update(part);
    yield part;
  }
}
