/**
 * heatshrink, the encoder. A copy costs the same for each length and can be shortened from either end, so that the cheapest way
 * from any byte is a literal or the longest copy: going backwards finds the shortest encoding there is.
 */
import { UsageError } from "../../base/index.ts";
import type { HeatshrinkBits } from "./format.ts";
import { WIDEST_WINDOW } from "./heatshrink-decoder.ts";

/** Copies end at its borders, which bounds the memory. */
const STRETCH = 64 * 1024;
const LITERAL_BITS = 9;

/** With the byte that says the bits. Throws UsageError `delta.options`. */
export function heatshrink(data: Uint8Array, { window, lookahead }: HeatshrinkBits): Uint8Array {
  if (window < 8 || window > WIDEST_WINDOW || lookahead < 3 || lookahead >= window)
    throw new UsageError("delta.options", { window, lookahead });
  const out = new BitWriter(2 + Math.ceil((data.length * LITERAL_BITS) / 8));
  out.put(((window - 4) << 4) | (lookahead - 3), 8);
  const finder = new CopyFinder(data, { window, lookahead });
  for (let start = 0; start < data.length; start += STRETCH) {
    const end = Math.min(data.length, start + STRETCH);
    const copies = finder.longestIn(start, end);
    const { lengths, backs } = cheapest(copies, 1 + window + lookahead);
    for (let at = 0; at < end - start; ) {
      const length = lengths[at] ?? 0;
      if (length === 0) {
        out.put(0x100 | (data[start + at++] ?? 0), LITERAL_BITS);
        continue;
      }
      out.put((backs[at] ?? 0) - 1, 1 + window);
      out.put(length - 1, lookahead);
      at += length;
    }
  }
  return out.end();
}

/** For each byte of a stretch the longest copy from there, and from how far back; 0 = none. */
interface Copies {
  readonly lengths: Uint16Array;
  readonly backs: Uint16Array;
}

/** Leaves the lengths of the copies that pay. */
function cheapest(copies: Copies, copyBits: number): Copies {
  const { lengths } = copies;
  const costs = new Uint32Array(lengths.length + 1);
  for (let at = lengths.length - 1; at >= 0; at--) {
    const length = lengths[at] ?? 0;
    const literal = LITERAL_BITS + (costs[at + 1] ?? 0);
    const copy = copyBits + (costs[at + length] ?? 0);
    if (length === 0 || literal <= copy) lengths[at] = 0;
    costs[at] = length === 0 ? literal : Math.min(literal, copy);
  }
  return copies;
}

/** Chains of the places within the window where the same two bytes stand. */
class CopyFinder {
  readonly #data: Uint8Array;
  readonly #reach: number;
  readonly #longest: number;
  /** By the two bytes: the last place, plus one. */
  readonly #heads = new Int32Array(65_536);
  /** By place, in a ring: the place before, plus one. */
  readonly #before: Int32Array;

  constructor(data: Uint8Array, { window, lookahead }: HeatshrinkBits) {
    this.#data = data;
    this.#reach = 2 ** window;
    this.#longest = 2 ** lookahead;
    this.#before = new Int32Array(this.#reach);
  }

  longestIn(start: number, end: number): Copies {
    const lengths = new Uint16Array(end - start);
    const backs = new Uint16Array(end - start);
    for (let at = start; at < end; at++) {
      const limit = Math.min(this.#longest, end - at);
      if (limit >= 2) {
        const from = this.#longestAt(at, limit, lengths, at - start);
        backs[at - start] = at - from;
      }
      this.#enter(at);
    }
    return { lengths, backs };
  }

  #longestAt(at: number, limit: number, lengths: Uint16Array, slot: number): number {
    const data = this.#data;
    const mask = this.#reach - 1;
    const farthest = at - this.#reach;
    let best = 1;
    let from = at;
    for (let next = (this.#heads[this.#key(at)] ?? 0) - 1; next >= 0 && next >= farthest; ) {
      if (data[next + best] === data[at + best]) {
        let length = 2;
        while (length < limit && data[next + length] === data[at + length]) length++;
        if (length > best) {
          best = length;
          from = next;
          if (length === limit) break;
        }
      }
      next = (this.#before[next & mask] ?? 0) - 1;
    }
    lengths[slot] = from === at ? 0 : best;
    return from;
  }

  #enter(at: number): void {
    if (at + 1 >= this.#data.length) return;
    const key = this.#key(at);
    this.#before[at & (this.#reach - 1)] = this.#heads[key] ?? 0;
    this.#heads[key] = at + 1;
  }

  #key(at: number): number {
    return ((this.#data[at] ?? 0) << 8) | (this.#data[at + 1] ?? 0);
  }
}

class BitWriter {
  readonly #bytes: Uint8Array;
  #at = 0;
  #rest = 0;
  #restBits = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  put(value: number, bits: number): void {
    this.#rest = (this.#rest << bits) | value;
    this.#restBits += bits;
    while (this.#restBits >= 8) {
      this.#restBits -= 8;
      this.#bytes[this.#at++] = this.#rest >>> this.#restBits;
    }
    this.#rest &= (1 << this.#restBits) - 1;
  }

  /** Zero bits fill the last byte. */
  end(): Uint8Array {
    if (this.#restBits > 0) this.put(0, 8 - this.#restBits);
    return this.#bytes.slice(0, this.#at);
  }
}
