/** RFC 7959 §2.5 — request bodies that come in blocks (Block1), put together before a handler sees them. */
import type { Millis } from "../../base/index.ts";
import { type BlockOption, blockOffset, blockSize, type Szx } from "../../wire/coap/index.ts";

/** What one block means, seen against the bytes that are there already. */
export type BlockVerdict =
  | { readonly kind: "append" }
  /** The same block once more, its first copy's answer got lost. */
  | { readonly kind: "repeated" }
  | { readonly kind: "gap"; readonly expected: BlockOption }
  | { readonly kind: "too-large" }
  | { readonly kind: "wrong-size" };

export interface IncomingBlock {
  readonly block: BlockOption;
  readonly length: number;
  readonly size1: number | undefined;
}

/** The rule, without bytes. `received` counts those in order from the start; block 0 always starts anew. */
export function judgeBlock(received: number, { block, length, size1 }: IncomingBlock, limit: number): BlockVerdict {
  const size = blockSize(block.szx);
  // §2.2: with M set the block is full; the last one is not longer than its size
  if (block.more ? length !== size : length > size) return { kind: "wrong-size" };
  const offset = blockOffset(block);
  if (offset + length > limit || (size1 !== undefined && size1 > limit)) return { kind: "too-large" };
  if (block.num === 0 || offset === received) return { kind: "append" };
  if (block.more && offset + length === received) return { kind: "repeated" };
  return { kind: "gap", expected: expectedBlock(received, block.szx) };
}

/** The block that starts where the body ends, in the largest size up to the peer's that can name this place. */
function expectedBlock(received: number, asked: Szx): BlockOption {
  let szx = asked;
  while (received % blockSize(szx) !== 0) szx = (szx - 1) as Szx; // ends at 0: every received block has a multiple of 16
  return { num: received / blockSize(szx), more: true, szx };
}

export type BodyOutcome =
  | Exclude<BlockVerdict, { kind: "append" | "repeated" }>
  | { readonly kind: "continue" }
  | { readonly kind: "whole"; readonly payload: Uint8Array };

export interface BodyLimits {
  readonly bodiesPerPeer: number;
  readonly bodiesTotal: number;
  readonly bodyBytes: number;
  readonly bodyIdle: Millis;
}

interface Body {
  readonly path: string;
  bytes: Uint8Array;
  length: number;
  touched: Millis;
}

/** Open bodies, keyed by path, code, cache-key options and Request-Tag; never by token. */
export class BodyTable {
  /** Longest untouched first. */
  readonly #bodies = new Map<string, Body>();
  readonly #limits: BodyLimits;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#bodies.size;
  }

  take(
    path: string,
    cacheKey: string,
    incoming: Omit<IncomingBlock, "length">,
    payload: Uint8Array,
    now: Millis,
  ): BodyOutcome {
    const key = `${path} ${cacheKey}`;
    const body = this.#bodies.get(key);
    const { block } = incoming;
    const verdict = judgeBlock(body?.length ?? 0, { ...incoming, length: payload.length }, this.#limits.bodyBytes);
    switch (verdict.kind) {
      case "repeated":
        return { kind: "continue" };
      case "append":
        break;
      case "too-large":
        this.#bodies.delete(key);
        return verdict;
      default:
        return verdict;
    }
    this.#bodies.delete(key);
    const kept =
      block.num === 0 || body === undefined ? { path, bytes: new Uint8Array(0), length: 0, touched: now } : body;
    append(kept, payload, this.#limits.bodyBytes);
    if (!block.more) return { kind: "whole", payload: kept.bytes.subarray(0, kept.length) };
    kept.touched = now;
    this.#makeRoom(path);
    this.#bodies.set(key, kept);
    return { kind: "continue" };
  }

  purge(now: Millis): void {
    for (const [key, body] of this.#bodies) {
      if (body.touched + this.#limits.bodyIdle > now) return; // those behind it were touched later
      this.#bodies.delete(key);
    }
  }

  #makeRoom(path: string): void {
    let ofPeer = 0;
    for (const body of this.#bodies.values()) if (body.path === path) ofPeer += 1;
    for (const [key, body] of this.#bodies) {
      if (ofPeer < this.#limits.bodiesPerPeer) break;
      if (body.path !== path) continue;
      this.#bodies.delete(key);
      ofPeer -= 1;
    }
    for (const key of this.#bodies.keys()) {
      if (this.#bodies.size < this.#limits.bodiesTotal) return;
      this.#bodies.delete(key);
    }
  }
}

/** Room doubles, so that a body of 16-byte blocks costs at most twice its length. */
function append(body: Body, payload: Uint8Array, limit: number): void {
  const length = body.length + payload.length;
  if (length > body.bytes.length) {
    const grown = new Uint8Array(Math.min(Math.max(length, 2 * body.bytes.length, 1024), Math.max(limit, length)));
    grown.set(body.bytes.subarray(0, body.length));
    body.bytes = grown;
  }
  body.bytes.set(payload, body.length);
  body.length = length;
}
