/**
 * Images as files named by their SHA-256. They enter through `.incoming` and get their name only when somebody who
 * checked them says so; the newest in use stay in memory whole, since nodes ask for a block of one after the other.
 */
import { createHash, randomUUID } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isCoded, StoreError } from "../../base/index.ts";
import type { Digest } from "../facts.ts";
import { makeFolder } from "../folder/durable-file.ts";
import type { CacheStats, ImageStore, ListedImages, Received, ReceiveOptions, StoredImage } from "../ports.ts";
import { reasonOf } from "../system-error.ts";
import { BufferCache } from "./buffer-cache.ts";
import { type Disk, systemDisk } from "./disk.ts";
import { type TakenIn, takeIn } from "./intake.ts";

export interface FileImagesOptions {
  readonly folder: string;
  /** Most bytes of images kept in memory. */
  readonly cacheBytes: number;
  readonly disk?: Disk;
}

const DIGEST = /^[0-9a-f]{64}$/;

/** Opens the images in `folder`; what was still coming in when the gateway stopped is removed. */
export async function openFileImages(options: FileImagesOptions): Promise<ImageStore & ListedImages> {
  const { folder, cacheBytes, disk = systemDisk } = options;
  const incoming = join(folder, ".incoming");
  try {
    await rm(incoming, { recursive: true, force: true });
    await makeFolder(incoming);
    const sizes = new Map<Digest, number>();
    for (const name of await readdir(folder)) {
      if (DIGEST.test(name)) sizes.set(name, (await stat(join(folder, name))).size);
    }
    return new FileImages({ folder, incoming, sizes, cacheBytes, disk });
  } catch (error) {
    throw new StoreError("store.read-failed", { what: folder, reason: reasonOf(error) }, { cause: error });
  }
}

interface Opened extends Required<FileImagesOptions> {
  readonly incoming: string;
  readonly sizes: Map<Digest, number>;
}

class FileImages implements ImageStore, ListedImages {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #incoming: string;
  /** Every image there is: a peer who asks for another one costs no look at the disk. */
  readonly #sizes: Map<Digest, number>;
  readonly #cache: BufferCache;

  constructor({ folder, incoming, sizes, cacheBytes, disk }: Opened) {
    this.#disk = disk;
    this.#folder = folder;
    this.#incoming = incoming;
    this.#sizes = sizes;
    this.#cache = new BufferCache(cacheBytes);
  }

  async receive(source: AsyncIterable<Uint8Array>, options: ReceiveOptions): Promise<Received> {
    const path = join(this.#incoming, randomUUID());
    try {
      const { digest, size, beginning } = await this.#writeTo(path, source, options);
      const received: StoredImage = imageOnDisk(path, digest, size);
      return {
        digest,
        size,
        beginning,
        read: async (offset, length) => received.slice(offset, length),
        keep: () => this.#keep(path, digest, size),
        discard: () => this.#tidy(path),
      };
    } catch (error) {
      await this.#tidy(path);
      throw error;
    }
  }

  async #writeTo(path: string, source: AsyncIterable<Uint8Array>, options: ReceiveOptions): Promise<TakenIn> {
    const writing = <T>(work: Promise<T>): Promise<T> => work.catch((error: unknown) => this.#failed(path, error));
    const file = await writing(this.#disk.create(path));
    try {
      const taken = await takeIn(source, { ...file, write: (...given) => writing(file.write(...given)) }, options);
      await writing(file.sync());
      await writing(file.close());
      return taken;
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
  }

  async #keep(path: string, digest: Digest, size: number): Promise<void> {
    const place = join(this.#folder, digest);
    const isNew = !this.#sizes.has(digest);
    try {
      await this.#disk.rename(path, place);
      await this.#disk.syncFolder(this.#folder);
    } catch (error) {
      // Perhaps in its place, and perhaps not after the next loss of power: nobody may count on it.
      if (isNew) await this.#tidy(place);
      this.#failed(path, error);
    }
    this.#sizes.set(digest, size);
  }

  /** After a failure; whatever cannot be removed now is at the next start. */
  #tidy(path: string): Promise<void> {
    return this.#disk.remove(path).catch(() => undefined);
  }

  get cache(): CacheStats {
    return this.#cache.stats;
  }

  digests(): readonly Digest[] {
    return [...this.#sizes.keys()];
  }

  open(digest: Digest): StoredImage | undefined {
    const size = this.#sizes.get(digest);
    if (size === undefined) return undefined;
    const path = join(this.#folder, digest);
    const cached = this.#cache.get(digest);
    // One image larger than the whole cache would drive out all others for each of its blocks.
    if (cached === undefined && size > this.#cache.capacity) return imageOnDisk(path, digest, size);
    const bytes = cached ?? this.#load(path, digest);
    return { digest, size, slice: (offset, length) => bytes.subarray(offset, offset + length) };
  }

  async remove(digest: Digest): Promise<void> {
    if (!this.#sizes.delete(digest)) return;
    this.#cache.delete(digest);
    try {
      await this.#disk.remove(join(this.#folder, digest));
      await this.#disk.syncFolder(this.#folder);
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
