/**
 * The bytes of an image on their way to its file: hashed once as they come, written in groups, never more than a group in
 * memory. A write per part of 64 KiB costs half of what hashing it costs.
 */
import { createHash } from "node:crypto";
import { concatBytes, UsageError } from "../../base/index.ts";
import type { Digest } from "../facts.ts";
import type { ReceiveOptions } from "../ports.ts";
import type { DiskFile } from "./disk.ts";

export interface TakenIn {
  readonly digest: Digest;
  readonly size: number;
  readonly beginning: Digest | undefined;
}

const GROUP_BYTES = 1 << 20;
/** Small parts may each hold a large buffer in memory. */
const GROUP_PARTS = 64;
/** What `beginning` is shown. */
const HEAD_BYTES = 32;

/** Reads the source to its end. Throws UsageError `image.empty`, `image.too-large`, and what source, file and asker throw. */
export async function takeIn(
  source: AsyncIterable<Uint8Array>,
  file: DiskFile,
  { name, maxBytes, beginning }: ReceiveOptions,
): Promise<TakenIn> {
  const bytes = new Digesting(beginning);
  const group = new Group(file);
  for await (const part of source) {
    // Looked at before the part is taken: an endless source costs maxBytes of disk and no more.
    if (bytes.size + part.length > maxBytes) throw new UsageError("image.too-large", { name, limit: maxBytes });
    bytes.add(part);
    await group.add(part);
  }
  if (bytes.size === 0) throw new UsageError("image.empty", { name });
  const taken = bytes.end();
  await group.flush();
  return taken;
}

/** The parts that are not written yet. */
class Group {
  readonly #file: DiskFile;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #position = 0;

  constructor(file: DiskFile) {
    this.#file = file;
  }

  async add(part: Uint8Array): Promise<void> {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#bytes += part.length;
    if (this.#bytes >= GROUP_BYTES || this.#parts.length >= GROUP_PARTS) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#bytes === 0) return;
    await this.#file.write(this.#parts, this.#position);
    this.#position += this.#bytes;
    this.#parts = [];
    this.#bytes = 0;
  }
}

/** One hash for the whole and, halfway, for its beginning. */
class Digesting {
  readonly #hash = createHash("sha256");
  readonly #ask: ReceiveOptions["beginning"];
  #head: Uint8Array | undefined = new Uint8Array(0);
  #wanted: number | undefined;
  #beginning: Digest | undefined;
  size = 0;

  constructor(ask: ReceiveOptions["beginning"]) {
    this.#ask = ask;
  }

  add(part: Uint8Array): void {
    if (this.#head !== undefined) {
      this.#head = concatBytes([this.#head, part.subarray(0, HEAD_BYTES - this.#head.length)]);
      if (this.#head.length === HEAD_BYTES) this.#askFor(this.#head);
    }
    const rest = this.#wanted === undefined ? -1 : this.#wanted - this.size;
    if (rest >= 0 && rest <= part.length && this.#beginning === undefined) {
      this.#hash.update(part.subarray(0, rest));
      this.#beginning = this.#hash.copy().digest("hex");
      this.#hash.update(part.subarray(rest));
    } else this.#hash.update(part);
    this.size += part.length;
  }

  #askFor(head: Uint8Array): void {
    this.#head = undefined;
    this.#wanted = this.#ask?.(head);
  }

  end(): TakenIn {
    if (this.#head !== undefined) this.#askFor(this.#head);
    return { digest: this.#hash.digest("hex"), size: this.size, beginning: this.#beginning };
  }
}
