/**
 * CBOR reader (RFC 8949): a cursor over bytes that builds nothing but the value asked for, so that a schema can drive it
 * without an intermediate object. `offset` always stands at the next item and goes into every error.
 */
import { WireError } from "../../base/index.ts";
import type { CborPolicy } from "./policy.ts";

/** Major types, RFC 8949 §3.1. */
export const MAJOR = { uint: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;
/** The whole item: what `peek` says of null. */
export const NULL = 0xf6;
const MAJOR_NAMES = ["unsigned", "negative", "byte string", "text", "array", "map", "tag", "simple value"] as const;

/** What `array` and `map` return for an indefinite length; only `next` looks at it, and counts down from there. */
const INDEFINITE = 0x7fff_ffff;
/** No definite count is as large, and no counting goes as low. */
const LEAST_INDEFINITE = 0x4000_0000;
const BREAK = 0xff;
const TWO_32 = 0x1_0000_0000;
/** Below this length a JavaScript loop beats the call into the runtime. */
const SHORT_TEXT = 24;

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class CborReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly policy: CborPolicy;
  offset: number;
  /** Open maps and arrays. */
  depth = 0;
  /** Argument of the head that was read last; inexact from 2^53 on, then `wideArgument` has the truth. */
  private argument = 0;

  constructor(bytes: Uint8Array, policy: CborPolicy, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.policy = policy;
    this.offset = offset;
    this.end = end;
  }

  get done(): boolean {
    return this.offset >= this.end;
  }

  /** The initial byte of the next item. */
  peek(): number {
    if (this.offset >= this.end) throw this.truncated();
    return this.bytes[this.offset]!;
  }

  /** Major type of the next item. */
  major(): number {
    return this.peek() >> 5;
  }

  /** An integer of major type 0 or 1, exact: a number when it is safe, else a bigint. */
  integer(): number | bigint {
    const initial = this.peek();
    if (initial < 24) {
      this.offset += 1;
      return initial;
    }
    const major = initial >> 5;
    if (major > MAJOR.negative) throw this.unexpected("integer");
    this.head();
    const argument = this.argument;
    if (major === MAJOR.uint) return argument <= Number.MAX_SAFE_INTEGER ? argument : this.wideArgument();
    return argument < Number.MAX_SAFE_INTEGER ? -1 - argument : -1n - this.wideArgument();
  }

  /** Opens an array; give the result to `next`. */
  array(): number {
    return this.open(MAJOR.array, 1);
  }

  /** Opens a map; give the result to `next`. */
  map(): number {
    return this.open(MAJOR.map, 2);
  }

  /**
   * Is there one more entry? `for (let left = r.next(r.map()); left >= 0; left = r.next(left))` reads each; the loop
   * must read exactly one item (array) or two (map) in between.
   */
  next(left: number): number {
    if (left >= LEAST_INDEFINITE) {
      if (this.peek() !== BREAK) {
        this.checkLength(INDEFINITE - left + 1, this.offset);
        return left - 1;
      }
      this.offset += 1;
      this.depth -= 1;
      return -1;
    }
    if (left === 0) this.depth -= 1;
    return left - 1;
  }

  tag(): number {
    const start = this.offset;
    if (this.major() !== MAJOR.tag) throw this.unexpected("tag");
    this.head();
    const { tags } = this.policy;
    if (tags !== undefined && !tags.has(this.argument)) {
      throw new WireError("cbor.tag", { tag: this.argument, offset: start });
    }
    return this.argument;
  }

  /** A byte string, copied: what is decoded never holds on to the datagram. */
  byteString(): Uint8Array {
    if (this.major() !== MAJOR.bytes) throw this.unexpected("byte string");
    if (this.head() === 31) return this.chunks(MAJOR.bytes);
    const start = this.take(this.argument);
    return this.copy(start, this.offset);
  }

  /** Bytes of their own. Not `slice`, which on a Buffer is a view. */
  copy(start: number, end: number): Uint8Array {
    const copy = new Uint8Array(end - start);
    copy.set(this.bytes.subarray(start, end));
    return copy;
  }

  text(): string {
    if (this.major() !== MAJOR.text) throw this.unexpected("text");
    if (this.head() === 31) {
      const start = this.offset;
      return this.utf8(this.chunks(MAJOR.text), start);
    }
    const start = this.take(this.argument);
    const { bytes, offset } = this;
    let ascii = "";
    if (offset - start <= SHORT_TEXT) {
      for (let at = start; at < offset; at++) {
        const byte = bytes[at]!;
        if (byte > 0x7f) return this.utf8(bytes.subarray(start, offset), start);
        ascii += String.fromCharCode(byte);
      }
      return ascii;
    }
    return this.utf8(bytes.subarray(start, offset), start);
  }

  /** false, true, null or undefined; other simple values are no part of our formats. */
  simple(): boolean | null | undefined {
    const start = this.offset;
    const initial = this.peek();
    if (initial >> 5 !== MAJOR.simple) throw this.unexpected("simple value");
    this.offset += 1;
    switch (initial) {
      case 0xf4:
        return false;
      case 0xf5:
        return true;
      case 0xf6:
        return null;
      case 0xf7:
        return undefined;
      default:
        throw new WireError("cbor.malformed", { offset: start, what: "unassigned simple value" });
    }
  }

  /** The number of a simple value that has no meaning yet: 0-19 in one byte, 32-255 in two (RFC 8949 §3.3). */
  unassigned(): number {
    const start = this.offset;
    const initial = this.peek();
    this.offset += 1;
    if (initial >= 0xe0 && initial < 0xf4) return initial & 0x1f;
    const value = initial === 0xf8 ? this.peek() : 0;
    this.offset += 1;
    if (value < 32) throw new WireError("cbor.malformed", { offset: start, what: "no simple value" });
    return value;
  }

  /** A half, single or double float (RFC 8949 §3.3). */
  float(): number {
    const start = this.offset;
    const initial = this.peek();
    const size = initial === 0xf9 ? 2 : initial === 0xfa ? 4 : initial === 0xfb ? 8 : 0;
    if (size === 0) throw this.unexpected("float");
    this.offset += 1;
    this.take(size);
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + start + 1, size);
    if (size === 8) return view.getFloat64(0);
    if (size === 4) return view.getFloat32(0);
    const half = view.getUint16(0);
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    const sign = half & 0x8000 ? -1 : 1;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }

  /** Everything must have been read. */
  finish(): void {
    if (this.offset < this.end) throw new WireError("cbor.trailing", { offset: this.offset });
  }

  /** Reads a head, leaves its argument in `argument` and returns the additional information (31 = indefinite). */
  private head(): number {
    const { bytes } = this;
    const start = this.offset;
    const info = bytes[start]! & 0x1f;
    if (info < 24) {
      this.offset = start + 1;
      this.argument = info;
      return info;
    }
    if (info > 27) return this.oddHead(start, info);
    const size = 1 << (info - 24);
    if (start + 1 + size > this.end) throw this.truncated();
    let argument = bytes[start + 1]!;
    if (size >= 2) argument = (argument << 8) | bytes[start + 2]!;
    if (size >= 4) argument = argument * 0x1_0000 + ((bytes[start + 3]! << 8) | bytes[start + 4]!);
    if (size === 8) {
      const low = (bytes[start + 5]! << 24) | (bytes[start + 6]! << 16) | (bytes[start + 7]! << 8) | bytes[start + 8]!;
      argument = argument * TWO_32 + (low >>> 0);
    }
    if (this.policy.shortest && argument < SHORTEST_FLOOR[info - 24]!) {
      throw new WireError("cbor.malformed", { offset: start, what: "a length or number is not in its shortest form" });
    }
    this.offset = start + 1 + size;
    this.argument = argument;
    return info;
  }

  private oddHead(start: number, info: number): number {
    const major = this.bytes[start]! >> 5;
    if (info < 31) throw new WireError("cbor.malformed", { offset: start, what: "reserved additional information" });
    if (major < MAJOR.bytes || major > MAJOR.map) {
      const what = major === MAJOR.simple ? "a break where an item belongs" : "an indefinite length on a number or tag";
      throw new WireError("cbor.malformed", { offset: start, what });
    }
    if (!this.policy.indefinite) {
      throw new WireError("cbor.malformed", { offset: start, what: "an indefinite length in a strict document" });
    }
    this.offset = start + 1;
    this.argument = 0;
    return info;
  }

  /** Value of the eight bytes of argument just read. */
  private wideArgument(): bigint {
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.offset - 8, 8);
    return view.getBigUint64(0);
  }

  private open(major: number, itemsPerEntry: number): number {
    const start = this.offset;
    if (this.major() !== major) throw this.unexpected(MAJOR_NAMES[major]!);
    const info = this.head();
    if (this.depth >= this.policy.maxDepth) {
      throw new WireError("cbor.too-deep", { limit: this.policy.maxDepth, offset: start });
    }
    this.depth += 1;
    if (info === 31) return INDEFINITE;
    const count = this.argument;
    this.checkLength(count, start);
    // An item has at least one byte: a count beyond the rest of the data is a lie, told before anything is allocated.
    if (count * itemsPerEntry > this.end - this.offset) throw this.truncated();
    return count;
  }

  private checkLength(length: number, offset: number): void {
    const limit = this.policy.maxLength;
    if (length > limit) throw new WireError("cbor.too-long", { length, limit, offset });
  }

  /** Moves over `length` bytes and returns where they start. */
  private take(length: number): number {
    const start = this.offset;
    if (length > this.end - start) throw this.truncated();
    this.checkLength(length, start);
    this.offset = start + length;
    return start;
  }

  /** RFC 8949 §3.2.3: the chunks of an indefinite-length string are definite strings of the same major type. */
  private chunks(major: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let length = 0;
    while (this.peek() !== BREAK) {
      if (this.major() !== major) throw this.unexpected(`${MAJOR_NAMES[major]!} chunk`);
      if ((this.peek() & 0x1f) === 31) {
        throw new WireError("cbor.malformed", { offset: this.offset, what: "a chunk of indefinite length" });
      }
      this.head();
      const start = this.take(this.argument);
      const part = this.bytes.subarray(start, this.offset);
      // Each chunk of text must be UTF-8 by itself: no character is cut in two.
      if (major === MAJOR.text) this.utf8(part, start);
      parts.push(part);
      length += part.length;
      this.checkLength(length, start);
    }
    this.offset += 1;
    return new Uint8Array(Buffer.concat(parts, length));
  }

  private utf8(bytes: Uint8Array, offset: number): string {
    try {
      return STRICT_UTF8.decode(bytes);
    } catch (cause) {
      throw new WireError("cbor.utf8", { offset }, { cause });
    }
  }

  private truncated(): WireError {
    return new WireError("cbor.truncated", { offset: this.offset });
  }

  private unexpected(expected: string): WireError {
    const initial = this.bytes[this.offset]!;
    const found = initial === BREAK ? "break" : MAJOR_NAMES[initial >> 5]!;
    return new WireError("cbor.type", { offset: this.offset, expected, found });
  }
}

/** Smallest arguments that need 1, 2, 4 and 8 bytes. */
const SHORTEST_FLOOR = [24, 0x100, 0x1_0000, TWO_32] as const;
