/**
 * RFC 8613 §8.2, §8.3 — the quick way for a request of a peer in steady use: opened into one place, answered once,
 * without an object per step. Anything that is not plain - a context that was not used lately, one of several, a window
 * that is not known, a replay - is left to the general way, as if nothing had happened.
 */

import { PLAINTEXT_OFFSET } from "../codec/message.ts";
import type { Contexts } from "../context/contexts.ts";
import type { SecurityContext } from "../context/security-context.ts";
import { isFresh, received } from "../context/window.ts";
import { makeAad } from "../crypto/aad.ts";
import { makeNonce } from "../crypto/nonce.ts";
import type { OpenedBytes } from "../crypto/seal.ts";

/** §6.1: only a kid, no kid context, no reserved bits. */
const KID_ONLY = 0x08;
const PARTIAL_IV_LENGTH = 0x07;
const MAX_PARTIAL_IV_BYTES = 5;
/** As a number a kid of so many bytes is exact. */
const MAX_KID_BYTES = 3;
/** A request for a block, or a check-in; what is longer goes the general way. */
const ROOM = 512;

/** A request that was opened: everything that its answer needs. */
interface Opened {
  readonly context: SecurityContext;
  readonly number: number;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  readonly memory: ArrayBufferLike;
  readonly payloadAt: number;
}

/** As the general way would have made it. */
export interface Taken {
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  readonly bytes: OpenedBytes;
}

export class QuickRequest {
  readonly plaintext = new Uint8Array(PLAINTEXT_OFFSET + ROOM);
  readonly start = PLAINTEXT_OFFSET;
  end = 0;
  peer: SecurityContext["peer"] | undefined;
  readonly #contexts: Contexts;
  readonly #onOpened: () => void;
  #opened: Opened | undefined;

  constructor(contexts: Contexts, onOpened: () => void) {
    this.#contexts = contexts;
    this.#onOpened = onOpened;
  }

  open(datagram: Uint8Array, optionStart: number, payloadMarker: number): boolean {
    this.#opened = undefined;
    const flags = datagram[optionStart]!;
    const ivLength = flags & PARTIAL_IV_LENGTH;
    if ((flags & ~PARTIAL_IV_LENGTH) !== KID_ONLY || ivLength === 0 || ivLength > MAX_PARTIAL_IV_BYTES) return false;
    const kidAt = optionStart + 1 + ivLength;
    const payloadAt = payloadMarker + 1;
    const length = datagram.length - payloadAt;
    if (kidAt > payloadMarker || length < 1 || length > ROOM) return false;
    const context = this.#contexts.steady(kidNumber(datagram, kidAt, payloadMarker));
    if (context?.window === undefined) return false;
    const number = uintAt(datagram, optionStart + 1, kidAt);
    if (!isFresh(context.window, number)) return false;
    if (ivLength > 1 && datagram[optionStart + 1] === 0) return false; // malformed: a zero in front

    // Not datagram.subarray: of a Buffer it costs three times as much.
    const { buffer, byteOffset } = datagram;
    const partialIv = new Uint8Array(buffer, byteOffset + optionStart + 1, ivLength);
    const nonce = makeNonce(context.keys.commonIv, context.recipientId, partialIv);
    const aad = makeAad(context.algorithm, context.recipientId, partialIv);
    const sealed = new Uint8Array(buffer, byteOffset + payloadAt, length);
    const opened = context.recipient.open(nonce, aad, sealed, this.plaintext, PLAINTEXT_OFFSET);
    if (opened < 1) return false;
    this.end = PLAINTEXT_OFFSET + opened;
    this.peer = context.peer;
    this.#opened = { context, number, nonce, aad, memory: buffer, payloadAt: sealed.byteOffset };
    return true;
  }

  seal(frame: Uint8Array, start: number, end: number): number {
    const { context, number, nonce, aad } = this.#opened!;
    this.#opened = undefined; // its nonce is spent
    context.window = received(context.window!, number);
    this.#onOpened();
    return context.sender.seal(nonce, aad, frame, start, end);
  }

  /** What was made of this very ciphertext under this context, if it was the last to be opened; once only. */
  take(context: SecurityContext, payload: Uint8Array): Taken | undefined {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened?.context !== context || opened.memory !== payload.buffer || opened.payloadAt !== payload.byteOffset) {
      return undefined;
    }
    const { nonce, aad } = opened;
    return { nonce, aad, bytes: Uint8Array.from(this.plaintext.subarray(0, this.end)) as Uint8Array as OpenedBytes };
  }
}

/** Unlike for kids of different lengths; -1 for one that is too long to be in steady use. */
export function kidNumber(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  return length > MAX_KID_BYTES ? -1 : length * 0x1000000 + uintAt(bytes, start, end);
}

function uintAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 256 + bytes[at]!;
  return value;
}
