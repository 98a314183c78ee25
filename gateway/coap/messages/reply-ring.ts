/**
 * The answers that a copy of a request would get (RFC 7252 §4.5), in one piece of memory that is written round and
 * round: a copy comes within seconds of its original, and by then the newest megabytes still stand.
 */

/** Where an answer was written, counted from the very first byte. */
export interface KeptReply {
  readonly at: number;
  readonly length: number;
}

export class ReplyRing {
  readonly #bytes: Buffer;
  #next = 0;

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafeSlow(size);
  }

  /** Room for the next answer; undefined when it is larger than the ring. Write it at once. */
  room(length: number): { readonly kept: KeptReply; readonly bytes: Uint8Array } | undefined {
    const size = this.#bytes.length;
    if (length > size) return undefined;
    const left = size - (this.#next % size);
    const at = left < length ? this.#next + left : this.#next; // an answer is never cut in two
    this.#next = at + length;
    const start = at % size;
    return { kept: { at, length }, bytes: this.#bytes.subarray(start, start + length) };
  }

  /** The answer, as long as nothing was written over it. */
  read({ at, length }: KeptReply): Uint8Array | undefined {
    const size = this.#bytes.length;
    if (this.#next - at > size) return undefined;
    return this.#bytes.subarray(at % size, (at % size) + length);
  }
}
