/**
 * The end of a journal where batches are written. The file is opened with O_DSYNC: one system call per batch, durable
 * when it returns. Space is zeroed ahead of small batches, for a write inside the file changes no metadata: that halves
 * what an SD card has to take per check-in (measured on ext4: 4.8 KB to the device instead of 8.5 KB).
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { writeAll } from "../folder/durable-file.ts";

const PAGE = 4096;
/** Zeroed ahead at a time. */
const AHEAD = 16 * PAGE;
const ZEROS = Buffer.alloc(PAGE);

export class SegmentWriter {
  readonly path: string;
  readonly #handle: FileHandle;
  /** End of what was written. */
  #offset: number;
  /** Size of the file: behind #offset it holds zeros. */
  #size: number;

  private constructor(path: string, handle: FileHandle, offset: number, size: number) {
    this.path = path;
    this.#handle = handle;
    this.#offset = offset;
    this.#size = size;
  }

  /** Opens or creates the file `path`, of which `offset` bytes are written and all behind is zeros. */
  static async open(path: string, offset: number): Promise<SegmentWriter> {
    const handle = await open(path, constants.O_CREAT | constants.O_WRONLY | constants.O_DSYNC, 0o600);
    try {
      return new SegmentWriter(path, handle, offset, (await handle.stat()).size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get offset(): number {
    return this.#offset;
  }

  /** Writes behind all that was written before; durable when it resolves. */
  async write(bytes: Buffer): Promise<void> {
    const end = this.#offset + bytes.length;
    // A larger batch pays for its own metadata; to write its place twice would cost more.
    if (end > this.#size && bytes.length < PAGE) await this.#zeroAhead(end + AHEAD);
    await writeAll(this.#handle, bytes, this.#offset);
    this.#offset = end;
    this.#size = Math.max(this.#size, end);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #zeroAhead(end: number): Promise<void> {
    // Page by page: Linux keeps one large write as one large folio and would write all of it back for each record in it.
    const plain = await open(this.path, "r+");
    try {
      while (this.#size < end) {
        const part = ZEROS.subarray(this.#size % PAGE);
        await writeAll(plain, part, this.#size);
        this.#size += part.length;
      }
      await plain.datasync();
    } finally {
      await plain.close();
    }
  }
}
