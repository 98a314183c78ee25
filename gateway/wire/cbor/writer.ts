/** CBOR writer (RFC 8949 §4.2.1): shortest heads and definite lengths only, into one growing buffer. */
import { BugError } from "../../base/index.ts";
import { MAJOR } from "./reader.ts";

const TWO_32 = 0x1_0000_0000;
/** Up to here a loop over characters beats the call into the runtime. */
const SHORT_TEXT = 24;
/** What one large item has made of a writer's memory is let go. */
const LARGEST_KEPT = 64 * 1024;

export class CborWriter {
  private buffer: Buffer;
  private length = 0;
  /** Where the bytes that `cut` has not yet given away begin. */
  private start = 0;
  private readonly capacity: number;

  constructor(capacity = 256) {
    this.capacity = capacity;
    this.buffer = Buffer.allocUnsafe(capacity);
  }

  /**
   * The bytes written since the last cut, as a part of memory that what is written next shares: for whoever lets go of
   * them soon. Nothing is copied.
   */
  cut(): Uint8Array {
    const bytes = this.buffer.subarray(this.start, this.length);
    this.start = this.length;
    return bytes;
  }

  /** The bytes written so far, in memory of their own: kept answers must not keep Node's pool of buffers alive. */
  finish(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    bytes.set(this.buffer.subarray(0, this.length));
    return bytes;
  }

  /** Begins anew in the same memory: for a writer of which nothing was cut, only finished. */
  restart(): this {
    if (this.buffer.length > LARGEST_KEPT) this.buffer = Buffer.allocUnsafe(this.capacity);
    this.length = 0;
    return this;
  }

  integer(value: number | bigint): void {
    if (typeof value === "bigint") {
      if (value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER) this.integer(Number(value));
      else this.bigInteger(value);
    } else if (value >= 0) this.head(MAJOR.uint, value);
    else this.head(MAJOR.negative, -1 - value);
  }

  byteString(value: Uint8Array): void {
    this.head(MAJOR.bytes, value.length);
    this.raw(value);
  }

  text(value: string): void {
    const { length } = value;
    if (length <= SHORT_TEXT && this.shortAscii(value, length)) return;
    const size = Buffer.byteLength(value);
    this.head(MAJOR.text, size);
    this.reserve(size);
    this.length += this.buffer.write(value, this.length, size, "utf8");
  }

  array(count: number): void {
    this.head(MAJOR.array, count);
  }

  map(count: number): void {
    this.head(MAJOR.map, count);
  }

  tag(tag: number): void {
    this.head(MAJOR.tag, tag);
  }

  boolean(value: boolean): void {
    this.byte(value ? 0xf5 : 0xf4);
  }

  null(): void {
    this.byte(0xf6);
  }

  /** Any simple value by its number: 20-23 are false, true, null and undefined. */
  simple(value: number): void {
    this.head(MAJOR.simple, value);
  }

  /** RFC 8949 §4.2.1: the shortest of the three widths that keeps the value. */
  shortestFloat(value: number): void {
    const half = halfBits(value);
    if (half !== undefined) {
      this.byte(0xf9);
      this.reserve(2);
      this.length = this.buffer.writeUInt16BE(half, this.length);
    } else if (Math.fround(value) === value) {
      this.byte(0xfa);
      this.reserve(4);
      this.length = this.buffer.writeFloatBE(value, this.length);
    } else this.float(value);
  }

  float(value: number): void {
    this.byte(0xfb);
    this.reserve(8);
    this.length = this.buffer.writeDoubleBE(value, this.length);
  }

  /** An item that is encoded already. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  private bigInteger(value: bigint): void {
    const negative = value < 0n;
    const argument = negative ? -1n - value : value;
    if (argument >= 1n << 64n) throw new BugError("cbor.bug", { what: "an integer of more than 64 bits" });
    this.byte(negative ? 0x3b : 0x1b);
    this.reserve(8);
    this.length = this.buffer.writeBigUInt64BE(argument, this.length);
  }

  private shortAscii(value: string, length: number): boolean {
    this.reserve(length + 2);
    const { buffer } = this;
    let at = this.length;
    if (length < 24) buffer[at++] = 0x60 | length;
    else {
      buffer[at++] = 0x78;
      buffer[at++] = length;
    }
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      buffer[at++] = code;
    }
    this.length = at;
    return true;
  }

  private byte(byte: number): void {
    this.reserve(1);
    this.buffer[this.length++] = byte;
  }

  private head(major: number, argument: number): void {
    this.reserve(9);
    const { buffer } = this;
    const at = this.length;
    const top = major << 5;
    if (argument < 24) {
      buffer[at] = top | argument;
      this.length = at + 1;
    } else if (argument < 0x100) {
      buffer[at] = top | 24;
      buffer[at + 1] = argument;
      this.length = at + 2;
    } else if (argument < 0x1_0000) {
      buffer[at] = top | 25;
      buffer[at + 1] = argument >> 8;
      buffer[at + 2] = argument;
      this.length = at + 3;
    } else if (argument < TWO_32) {
      buffer[at] = top | 26;
      this.length = buffer.writeUInt32BE(argument, at + 1);
    } else {
      buffer[at] = top | 27;
      buffer.writeUInt32BE(Math.floor(argument / TWO_32), at + 1);
      this.length = buffer.writeUInt32BE(argument % TWO_32, at + 5);
    }
  }

  private reserve(size: number): void {
    if (this.length + size > this.buffer.length) this.move(this.length - this.start + size);
  }

  /** To new memory with room for `needed` bytes, without what was cut off. */
  private move(needed: number): void {
    const next = Buffer.allocUnsafe(Math.max(this.capacity, 2 * needed));
    this.buffer.copy(next, 0, this.start, this.length);
    this.length -= this.start;
    this.start = 0;
    this.buffer = next;
  }
}

const SMALLEST_HALF = 2 ** -24;
const LARGEST_HALF = 65_504;

/** The bits of IEEE 754 binary16, when it can hold the value. */
function halfBits(value: number): number | undefined {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const absolute = Math.abs(value);
  if (absolute === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  if (absolute > LARGEST_HALF) return undefined;
  // Below 2^-14 the step is that of the smallest exponent.
  const exponent = Math.max(-14, absolute === 0 ? -14 : Math.floor(Math.log2(absolute)));
  const steps = absolute / (SMALLEST_HALF * 2 ** (exponent + 14));
  if (!Number.isInteger(steps)) return undefined;
  return sign | (steps < 1024 ? steps : ((exponent + 15) << 10) | (steps - 1024));
}
