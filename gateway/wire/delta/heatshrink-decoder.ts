/**
 * heatshrink, the decoder. Bits come from the top of each byte: 1 and a byte as it is, or 0, how far back (less one, `window`
 * bits) and how many bytes (less one, `lookahead` bits). What lies before the beginning is zero. Zero bits fill the last byte.
 */
import { WireError } from "../../base/index.ts";
import type { HeatshrinkBits } from "./format.ts";

/** Of 4 KiB; more memory than that no node has to spare. */
export const WIDEST_WINDOW = 12;
/** Bytes given out at a time. */
const OUT = 512;

export class HeatshrinkDecoder {
  readonly #bits: HeatshrinkBits;
  readonly #window: Uint8Array;
  readonly #out = new Uint8Array(OUT);
  readonly #emit: (bytes: Uint8Array) => void;
  #at = 0;
  #filled = 0;
  /** Bits that came and were not used; never more than 31. */
  #rest = 0;
  #restBits = 0;

  /** `emit` must use its bytes at once. Throws WireError `delta.malformed`. */
  constructor(header: number, emit: (bytes: Uint8Array) => void) {
    const bits = { window: (header >> 4) + 4, lookahead: (header & 0xf) + 3 };
    if (bits.window > WIDEST_WINDOW || bits.lookahead >= bits.window)
      throw new WireError("delta.malformed", { offset: 0, what: "no such heatshrink window" });
    this.#bits = bits;
    this.#window = new Uint8Array(2 ** bits.window);
    this.#emit = emit;
  }

  /** At the end they fill the last byte. */
  get unusedBits(): number {
    return this.#restBits;
  }

  push(piece: Uint8Array): void {
    for (const byte of piece) {
      // A token has at most 24 bits, so that 23 which wait and these 8 fit.
      this.#rest = (this.#rest << 8) | byte;
      this.#restBits += 8;
      while (this.#token()) {}
    }
    this.#flush();
  }

  #token(): boolean {
    if (this.#restBits === 0) return false;
    const isLiteral = ((this.#rest >>> (this.#restBits - 1)) & 1) === 1;
    const { window, lookahead } = this.#bits;
    const length = isLiteral ? 9 : 1 + window + lookahead;
    if (this.#restBits < length) return false;
    this.#restBits -= length;
    const token = this.#rest >>> this.#restBits;
    this.#rest &= 2 ** this.#restBits - 1;
    if (isLiteral) this.#put(token & 0xff);
    else this.#copy(((token >>> lookahead) & (2 ** window - 1)) + 1, (token & (2 ** lookahead - 1)) + 1);
    return true;
  }

  #copy(back: number, count: number): void {
    const mask = this.#window.length - 1;
    for (let left = count; left > 0; left--) this.#put(this.#window[(this.#at - back) & mask] ?? 0);
  }

  #put(byte: number): void {
    this.#window[this.#at] = byte;
    this.#at = (this.#at + 1) & (this.#window.length - 1);
    this.#out[this.#filled++] = byte;
    if (this.#filled === OUT) this.#flush();
  }

  #flush(): void {
    const ready = this.#out.subarray(0, this.#filled);
    this.#filled = 0;
    if (ready.length > 0) this.#emit(ready);
  }
}
