/** A map that forgets: what was neither set nor got while `limit` others were may be gone. For hints, never for truth. */

export class RecentMap<K, V> {
  readonly #limit: number;
  /** Two generations: what is used in the older one moves up, the rest goes with it. Nothing is kept in order. */
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** Holds at least the `limit` entries used last, at most twice as many. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#limit && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  *values(): Generator<V> {
    yield* this.#young.values();
    for (const [key, value] of this.#old) if (!this.#young.has(key)) yield value;
  }

  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
