/**
 * Images as files named by their SHA-256. They enter through `.incoming` and get their name only when somebody who
 * checked them says so; the newest in use stay in memory whole, since nodes ask for a block of one after the other.
 */
import { createHash, randomUUID } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isCoded, StoreError, UsageError } from "../../base/index.ts";
import type { Digest } from "../facts.ts";
import { makeFolder, syncFolder, writeAll } from "../folder/durable-file.ts";
import type { ImageStore, Received, StoredImage } from "../ports.ts";
import { reasonOf } from "../system-error.ts";
import { BufferCache } from "./buffer-cache.ts";

export interface FileImagesOptions {
  readonly folder: string;
  /** Most bytes of images kept in memory. */
  readonly cacheBytes: number;
}

const DIGEST = /^[0-9a-f]{64}$/;

/** Opens the images in `folder`; what was still coming in when the gateway stopped is removed. */
export async function openFileImages({ folder, cacheBytes }: FileImagesOptions): Promise<ImageStore> {
  const incoming = join(folder, ".incoming");
  try {
    await rm(incoming, { recursive: true, force: true });
    await makeFolder(incoming);
    const sizes = new Map<Digest, number>();
    for (const name of await readdir(folder)) {
      if (DIGEST.test(name)) sizes.set(name, (await stat(join(folder, name))).size);
    }
    return new FileImages(folder, incoming, sizes, cacheBytes);
  } catch (error) {
    throw new StoreError("store.read-failed", { what: folder, reason: reasonOf(error) }, { cause: error });
  }
}

class FileImages implements ImageStore {
  readonly #folder: string;
  readonly #incoming: string;
  /** Every image there is: a peer who asks for another one costs no look at the disk. */
  readonly #sizes: Map<Digest, number>;
  readonly #cache: BufferCache;

  constructor(folder: string, incoming: string, sizes: Map<Digest, number>, cacheBytes: number) {
    this.#folder = folder;
    this.#incoming = incoming;
    this.#sizes = sizes;
    this.#cache = new BufferCache(cacheBytes);
  }

  async receive(
    source: AsyncIterable<Uint8Array>,
    options: { readonly name: string; readonly maxBytes: number },
  ): Promise<Received> {
    const path = join(this.#incoming, randomUUID());
    try {
      const { digest, size } = await this.#writeTo(path, source, options);
      return {
        digest,
        size,
        keep: () => this.#keep(path, digest, size),
        discard: () => rm(path, { force: true }),
      };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  async #writeTo(
    path: string,
    source: AsyncIterable<Uint8Array>,
    { name, maxBytes }: { readonly name: string; readonly maxBytes: number },
  ): Promise<{ readonly digest: Digest; readonly size: number }> {
    const writing = <T>(work: Promise<T>): Promise<T> => work.catch((error: unknown) => this.#failed(path, error));
    const handle = await writing(open(path, "wx", 0o600));
    try {
      const hash = createHash("sha256");
      let size = 0;
      for await (const part of source) {
        // Looked at before the part is taken: an endless source costs maxBytes of disk and no more.
        if (size + part.length > maxBytes) throw new UsageError("image.too-large", { name, limit: maxBytes });
        hash.update(part);
        await writing(writeAll(handle, part, size));
        size += part.length;
      }
      if (size === 0) throw new UsageError("image.empty", { name });
      await writing(handle.sync());
      return { digest: hash.digest("hex"), size };
    } finally {
      await handle.close();
    }
  }

  async #keep(path: string, digest: Digest, size: number): Promise<void> {
    try {
      await rename(path, join(this.#folder, digest));
      await syncFolder(this.#folder);
    } catch (error) {
      this.#failed(path, error);
    }
    this.#sizes.set(digest, size);
  }

  open(digest: Digest): StoredImage | undefined {
    const size = this.#sizes.get(digest);
    if (size === undefined) return undefined;
    const path = join(this.#folder, digest);
    // One image larger than the whole cache would drive out all others for each of its blocks.
    if (size > this.#cache.capacity) return imageOnDisk(path, digest, size);
    const bytes = this.#cache.get(digest) ?? this.#load(path, digest);
    return { digest, size, slice: (offset, length) => bytes.subarray(offset, offset + length) };
  }

  async remove(digest: Digest): Promise<void> {
    if (!this.#sizes.delete(digest)) return;
    this.#cache.delete(digest);
    try {
      await rm(join(this.#folder, digest), { force: true });
      await syncFolder(this.#folder);
    } catch (error) {
      this.#failed(digest, error);
    }
  }

  close(): void {
    this.#cache.clear();
  }

  /** Disks forget; bytes that no longer have their digest are no longer the image that was verified. */
  #load(path: string, digest: Digest): Uint8Array {
    const bytes = reading(path, () => readFileSync(path));
    if (createHash("sha256").update(bytes).digest("hex") !== digest) {
      throw new StoreError("store.damaged", { file: path, offset: 0 });
    }
    this.#cache.set(digest, bytes);
    return bytes;
  }

  #failed(what: string, error: unknown): never {
    if (isCoded(error)) throw error;
    throw new StoreError("store.write-failed", { what, reason: reasonOf(error) }, { cause: error });
  }
}

function imageOnDisk(path: string, digest: Digest, size: number): StoredImage {
  return {
    digest,
    size,
    slice: (offset, length) =>
      reading(path, () => {
        // Opened for each block: a file that stays open would have to be closed by somebody who holds a view.
        const file = openSync(path, "r");
        try {
          const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
          return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, offset));
        } finally {
          closeSync(file);
        }
      }),
  };
}

function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new StoreError("store.read-failed", { what, reason: reasonOf(error) }, { cause: error });
  }
}
