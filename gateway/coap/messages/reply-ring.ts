/**
 * The answers that a copy of a request would get (RFC 7252 §4.5), in one piece of memory that is written round and
 * round: a copy comes within seconds of its original, and by then the newest megabytes still stand.
 */

/** Where an answer was written, counted from the very first byte. */
export interface KeptReply {
  readonly at: number;
  readonly length: number;
}

/** Where an answer may be written: into `memory` from `start` on. */
export interface ReplyRoom {
  readonly at: number;
  readonly memory: Uint8Array;
  readonly start: number;
}

export class ReplyRing {
  readonly #bytes: Uint8Array;
  #next = 0;
  /** How far rooms reached that were given: whoever got one may have written there, also when nothing of it was kept. */
  #given = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  /** Room for the next answer; undefined when it is larger than the ring. `keep` it once it is written, at once. */
  room(length: number): ReplyRoom | undefined {
    const size = this.#bytes.length;
    if (length > size) return undefined;
    const left = size - (this.#next % size);
    const at = left < length ? this.#next + left : this.#next; // an answer is never cut in two
    this.#given = Math.max(this.#given, at + length);
    return { at, memory: this.#bytes, start: at % size };
  }

  /** `length` bytes of the room were written. */
  keep({ at }: ReplyRoom, length: number): KeptReply {
    this.#next = at + length;
    return { at, length };
  }

  /** The answer, as long as nothing was written over it. */
  read({ at, length }: KeptReply): Uint8Array | undefined {
    const size = this.#bytes.length;
    if (this.#given - at > size) return undefined;
    return this.#bytes.subarray(at % size, (at % size) + length);
  }
}
