/** Where a node puts the blocks of what it fetches, in their order; the size may be unknown until the last one. */
const SMALLEST = 1024;

export class Incoming {
  #buffer: Uint8Array;
  #end = 0;

  /** Of so many bytes; 0 = nobody knows. */
  constructor(size: number) {
    this.#buffer = new Uint8Array(size === 0 ? SMALLEST : size);
  }

  /** A block at 0 begins anew. */
  store(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    if (end > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, offset));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, offset);
    this.#end = end;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#end);
  }
}
