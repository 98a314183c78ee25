/**
 * A patch of detools ("sequential", compressed by heatshrink), applied byte by byte while its blocks arrive:
 *
 *     04, size of the new image, window and count bits (4 and 4, less 4 and 3), then by heatshrink:
 *     0 (no data format), and until the new image is whole:
 *       size and bytes to add to those of the old image, size and bytes that are new, how far to move on in the old image
 *
 * A number has its lowest 6 bits in the first byte, beside a sign (40) and "more" (80), then 7 in each. Whatever is wrong with it ends
 * the work: the digest of what is there says the rest.
 */
import { Heatshrink } from "./heatshrink.ts";

type Place = "kind" | "to-size" | "window" | "format" | "diff-size" | "diff" | "extra-size" | "extra" | "move" | "over";

const SEQUENTIAL_HEATSHRINK = 0x04;
const MORE = 0x80;
const NEGATIVE = 0x40;
/** 6 + 3 * 7 bits: 128 MiB. */
const MAX_SHIFT = 27;

export class Patch {
  readonly #from: Uint8Array;
  readonly #to: Uint8Array;
  #place: Place = "kind";
  #end = 0;
  #fromAt = 0;
  #left = 0;
  #number = { value: 0, shift: 0, sign: 1 };
  #shrunk: Heatshrink | undefined;

  /** Empty `from`: the image is compressed, and nothing else. */
  constructor(from: Uint8Array, size: number) {
    this.#from = from;
    this.#to = new Uint8Array(size);
  }

  take(bytes: Uint8Array): void {
    for (const byte of bytes) this.#take(byte);
  }

  /** As far as it is made. */
  bytes(): Uint8Array {
    return this.#to.subarray(0, this.#end);
  }

  #take(byte: number): void {
    if (this.#shrunk !== undefined) {
      this.#shrunk.take(byte);
    } else if (this.#place === "kind") {
      this.#place = byte === SEQUENTIAL_HEATSHRINK ? "to-size" : "over";
    } else if (this.#place === "to-size") {
      const size = this.#numberOf(byte);
      if (size !== undefined) this.#place = size === this.#to.length ? "window" : "over";
    } else if (this.#place === "window") {
      this.#place = "format";
      this.#shrunk = new Heatshrink((byte >>> 4) + 4, (byte & 15) + 3, (plain) => this.#apply(plain));
    }
  }

  #apply(byte: number): void {
    if (this.#place === "over") return;
    if (this.#place === "diff") {
      const before = this.#from[this.#fromAt++];
      if (before === undefined) this.#place = "over";
      else this.#put(before + byte, "extra-size");
    } else if (this.#place === "extra") {
      this.#put(byte, "move");
    } else {
      const number = this.#numberOf(byte);
      if (number !== undefined) this.#place = this.#after(number);
    }
  }

  #after(number: number): Place {
    const fits = number >= 0 && this.#end + number <= this.#to.length;
    switch (this.#place) {
      case "format":
        return number === 0 ? "diff-size" : "over";
      case "diff-size":
        this.#left = number;
        if (number === 0) return "extra-size";
        return fits ? "diff" : "over";
      case "extra-size":
        this.#left = number;
        if (number === 0) return "move";
        return fits ? "extra" : "over";
      default:
        this.#fromAt += number;
        return this.#end === this.#to.length ? "over" : "diff-size";
    }
  }

  #put(byte: number, next: Place): void {
    this.#to[this.#end++] = byte;
    if (--this.#left === 0) this.#place = next;
  }

  /** undefined = it goes on. */
  #numberOf(byte: number): number | undefined {
    const { value, shift, sign } = this.#number;
    const isFirst = shift === 0;
    const now = {
      value: isFirst ? byte & 0x3f : value + (byte & 0x7f) * 2 ** shift,
      shift: isFirst ? 6 : shift + 7,
      sign: isFirst && (byte & NEGATIVE) !== 0 ? -1 : sign,
    };
    const goesOn = (byte & MORE) !== 0;
    if (goesOn && now.shift > MAX_SHIFT) {
      this.#place = "over";
      return undefined;
    }
    this.#number = goesOn ? now : { value: 0, shift: 0, sign: 1 };
    return goesOn ? undefined : now.sign * now.value;
  }
}
