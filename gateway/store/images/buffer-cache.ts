import type { CacheStats } from "../ports.ts";

/** Byte strings by name, at most `capacity` bytes in all; what was not asked for longest goes first. */
export class BufferCache {
  readonly capacity: number;
  /** A Map keeps the order of insertion: the oldest entry comes first. */
  readonly #entries = new Map<string, Uint8Array>();
  #bytes = 0;
  #asked = 0;
  #found = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** `asked` and `found` count since it was made. */
  get stats(): CacheStats {
    return { asked: this.#asked, found: this.#found, bytes: this.#bytes };
  }

  get(name: string): Uint8Array | undefined {
    const bytes = this.#entries.get(name);
    this.#asked += 1;
    if (bytes === undefined) return undefined;
    this.#found += 1;
    this.#entries.delete(name);
    this.#entries.set(name, bytes);
    return bytes;
  }

  /** Takes bytes that fit into the capacity. */
  set(name: string, bytes: Uint8Array): void {
    this.delete(name);
    this.#entries.set(name, bytes);
    this.#bytes += bytes.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.capacity) break;
      this.delete(oldest);
    }
  }

  delete(name: string): void {
    this.#bytes -= this.#entries.get(name)?.length ?? 0;
    this.#entries.delete(name);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}
