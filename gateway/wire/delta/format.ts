/**
 * The container of a "sequential" patch as detools 0.53 writes and reads it (its Python tool and its C decoder):
 *
 *     byte 0    type (bits 6..4, 0 = sequential) and compression (bits 3..0, 4 = heatshrink)
 *     size      of the image that results; 0 ends the patch here
 *     byte      heatshrink: window bits - 4 (upper half), lookahead bits - 3 (lower half)
 *     then compressed with heatshrink:
 *       size    of data-format instructions: 0, as only detools has them
 *       until the image is whole: size and diff (added byte by byte to the old image), size and extra (taken as it is),
 *               adjustment of the place in the old image (a size with a sign)
 *
 * A size has 6 bits in its first byte, where bit 6 is the sign, and 7 in each that follows; bit 7 says that one follows.
 */
import { WireError } from "../../base/index.ts";

export const SEQUENTIAL = 0;
export const HEATSHRINK = 4;
/** The C decoder holds no more in a size: 6 bits and three times 7. */
export const LARGEST_SIZE = 2 ** 27 - 1;
const SIZE_BYTES = 4;

export interface HeatshrinkBits {
  readonly window: number;
  readonly lookahead: number;
}

export function encodeSize(value: number): Uint8Array {
  const sign = value < 0 ? 0x40 : 0;
  let rest = Math.abs(value);
  const bytes = [sign | (rest & 0x3f)];
  for (rest >>>= 6; rest > 0; rest >>>= 7) {
    bytes.push((bytes.pop() ?? 0) | 0x80, rest & 0x7f);
  }
  return Uint8Array.from(bytes);
}

/** Reads a size from bytes that come one by one. */
export class SizeReader {
  #value = 0;
  #bytes = 0;
  #isNegative = false;

  /** The size, with its last byte. Throws WireError `delta.malformed`. */
  take(byte: number, offset: number): number | undefined {
    if (this.#bytes === SIZE_BYTES) throw new WireError("delta.malformed", { offset, what: "a size of over 27 bits" });
    if (this.#bytes === 0) {
      this.#value = byte & 0x3f;
      this.#isNegative = (byte & 0x40) !== 0;
    } else {
      this.#value |= (byte & 0x7f) << (6 + 7 * (this.#bytes - 1));
    }
    this.#bytes++;
    if ((byte & 0x80) !== 0) return undefined;
    this.#bytes = 0;
    return this.#isNegative && this.#value !== 0 ? -this.#value : this.#value;
  }
}
