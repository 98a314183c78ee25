/** Many small records by name: what the gateway keeps of each of its nodes, at the cost of their bytes. */

export class RecordMap {
  readonly #records = new Map<string, Uint8Array>();

  get size(): number {
    return this.#records.size;
  }

  has(key: string): boolean {
    return this.#records.has(key);
  }

  /** The bytes of a record: a view that is good until the map is next written to. */
  get(key: string): Uint8Array | undefined {
    return this.#records.get(key);
  }

  /** Copies `bytes`. */
  set(key: string, bytes: Uint8Array): void {
    this.#records.set(key, Uint8Array.from(bytes));
  }

  delete(key: string): boolean {
    return this.#records.delete(key);
  }

  keys(): Iterable<string> {
    return this.#records.keys();
  }
}
