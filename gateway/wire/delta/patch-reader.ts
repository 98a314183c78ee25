/**
 * Applies a sequential patch as it comes, in pieces of any length: beside the images it needs the heatshrink window and a few
 * numbers. What is malformed is refused at its byte; the work is bounded by the size of the image, whatever the patch says.
 */
import { WireError } from "../../base/index.ts";
import { HEATSHRINK, LARGEST_SIZE, SEQUENTIAL, SizeReader } from "./format.ts";
import { HeatshrinkDecoder } from "./heatshrink-decoder.ts";

/** The image that the patch starts from, wherever it lies. */
export interface OldImage {
  readonly size: number;
  /** Exactly these bytes; asked within the image only. */
  read(offset: number, length: number): Uint8Array;
}

export interface PatchTarget {
  readonly from: OldImage;
  /** Of the image that must result. */
  readonly size: number;
  /** Gets the image piece by piece, in order; must use the bytes at once, as they change later. */
  write(bytes: Uint8Array): void;
}

type Outer = "type" | "size" | "heatshrink" | "inside" | "done";
type Inner = "format" | "diff-size" | "diff" | "extra-size" | "extra" | "adjustment" | "done";

export class PatchReader {
  readonly #target: PatchTarget;
  readonly #sizes = new SizeReader();
  #outer: Outer = "type";
  #inner: Inner = "format";
  #decoder: HeatshrinkDecoder | undefined;
  /** In what was decompressed. */
  #offset = 0;
  #fromOffset = 0;
  #written = 0;
  /** Of the diff or extra that is under way. */
  #left = 0;
  /** Each round may be without data, when only the place changes: so many may be. */
  #rounds: number;

  constructor(target: PatchTarget) {
    this.#target = target;
    this.#rounds = 2 * target.size + 1;
  }

  get isComplete(): boolean {
    return this.#outer === "done";
  }

  /** Throws WireError `delta.*`; then it is over. */
  push(piece: Uint8Array): void {
    let at = 0;
    while (at < piece.length && this.#outer !== "inside") this.#header(piece[at++] ?? 0);
    if (at === piece.length || this.#decoder === undefined) return;
    this.#decoder.push(piece.subarray(at));
    if (this.#inner !== "done") return;
    if (this.#decoder.unusedBits >= 8) throw new WireError("delta.trailing");
    this.#outer = "done";
  }

  /** Throws WireError `delta.truncated` unless all of it came. */
  end(): void {
    const { size } = this.#target;
    if (!this.isComplete) throw new WireError("delta.truncated", { written: this.#written, size });
  }

  #header(byte: number): void {
    switch (this.#outer) {
      case "type":
        if ((byte & 0x7f) !== ((SEQUENTIAL << 4) | HEATSHRINK))
          throw new WireError("delta.kind", { type: (byte >> 4) & 7, compression: byte & 0xf });
        this.#outer = "size";
        return;
      case "size":
        this.#checkSize(this.#sizes.take(byte, 0));
        return;
      case "heatshrink":
        this.#decoder = new HeatshrinkDecoder(byte, (bytes) => this.#take(bytes));
        this.#outer = "inside";
        return;
      default:
        throw new WireError("delta.trailing");
    }
  }

  #checkSize(size: number | undefined): void {
    if (size === undefined) return;
    const expected = this.#target.size;
    if (size !== expected) throw new WireError("delta.size", { size, expected });
    this.#outer = size === 0 ? "done" : "heatshrink";
  }

  /** What comes out of the decompression. */
  #take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#inner === "done") throw new WireError("delta.trailing");
      const isData = this.#inner === "diff" || this.#inner === "extra";
      const used = isData ? this.#data(bytes.subarray(at, at + this.#left)) : this.#number(bytes[at] ?? 0);
      at += used;
      this.#offset += used;
    }
  }

  #number(byte: number): number {
    const value = this.#sizes.take(byte, this.#offset);
    if (value !== undefined) this.#value(value);
    return 1;
  }

  #value(value: number): void {
    switch (this.#inner) {
      case "format":
        if (value !== 0) throw this.#malformed("instructions for a data format");
        this.#inner = "diff-size";
        return;
      case "diff-size":
        this.#begin(value);
        if (value > 0 && (this.#fromOffset < 0 || this.#fromOffset + value > this.#target.from.size))
          throw this.#malformed("a place outside of the old image");
        this.#inner = value > 0 ? "diff" : "extra-size";
        return;
      case "extra-size":
        this.#begin(value);
        this.#inner = value > 0 ? "extra" : "adjustment";
        return;
      case "adjustment":
        this.#fromOffset += value;
        if (Math.abs(this.#fromOffset) > LARGEST_SIZE) throw this.#malformed("a place outside of the old image");
        if (--this.#rounds === 0) throw this.#malformed("rounds without end");
        this.#inner = this.#written === this.#target.size ? "done" : "diff-size";
        return;
      default:
        throw new WireError("delta.trailing");
    }
  }

  #begin(size: number): void {
    if (size < 0 || this.#written + size > this.#target.size) throw this.#malformed("more bytes than the image has");
    this.#left = size;
  }

  #data(bytes: Uint8Array): number {
    const { from } = this.#target;
    if (this.#inner === "diff") {
      const old = from.read(this.#fromOffset, bytes.length);
      for (let at = 0; at < bytes.length; at++) bytes[at] = (bytes[at] ?? 0) + (old[at] ?? 0);
      this.#fromOffset += bytes.length;
    }
    this.#target.write(bytes);
    this.#written += bytes.length;
    this.#left -= bytes.length;
    if (this.#left === 0) this.#inner = this.#inner === "diff" ? "extra-size" : "adjustment";
    return bytes.length;
  }

  #malformed(what: string): WireError {
    return new WireError("delta.malformed", { offset: this.#offset, what });
  }
}
