/**
 * RFC 3610 — AES-CCM with a 13-byte nonce and a 2-byte length, from two cipher objects that stay.
 *
 * node:crypto's AES-CCM makes an object per message, which costs more than the encryption. Here an ECB cipher turns all
 * counter blocks into key stream in one call, and a CBC cipher computes the CBC-MAC in one call. A CBC chain never
 * starts anew: XORing the first block with the block that came out last is the same as an initialisation vector of
 * zero. Both run inside OpenSSL, in constant time.
 */
import { type Cipher, createCipheriv } from "node:crypto";
import type { AeadKey } from "./aead.ts";

const BLOCK = 16;
const WORD = 4;
const WORDS_IN_BLOCK = BLOCK / WORD;
const NONCE = 13;
/** Flags byte of a counter block: the length field has 2 bytes. */
const COUNTER_FLAGS = 1;

/**
 * Room for counter blocks, for the input of the MAC and for the ciphertext, shared by all keys: one message is worked on
 * at a time. Each is seen as bytes and as words, since XORing byte by byte costs more than the encryption.
 */
export class CcmBench {
  counters = new Uint8Array(0);
  counterWords = new Uint32Array(0);
  macInput = new Uint8Array(0);
  macWords = new Uint32Array(0);
  ciphertext = new Uint8Array(0);
  cipherWords = new Uint32Array(0);
  /** Views of `counters` and of `macInput`, by their number of blocks: most messages have one of few lengths. */
  #counterViews: Uint8Array[] = [];
  #macViews: Uint8Array[] = [];

  constructor() {
    this.reserve(1024);
  }

  /** Room for a message of `length` bytes. */
  reserve(length: number): void {
    const blocks = 1 + Math.ceil(length / BLOCK);
    if (blocks * BLOCK <= this.counters.length) return;
    this.counters = new Uint8Array(blocks * BLOCK);
    this.counterWords = new Uint32Array(this.counters.buffer);
    for (let i = 0; i < blocks; i++) {
      this.counters[i * BLOCK + 14] = i >> 8;
      this.counters[i * BLOCK + 15] = i;
    }
    // B_0 and at most 3 blocks of additional data before the message: see aad.ts
    this.macInput = new Uint8Array((blocks + 4) * BLOCK);
    this.macWords = new Uint32Array(this.macInput.buffer);
    this.ciphertext = new Uint8Array(blocks * BLOCK);
    this.cipherWords = new Uint32Array(this.ciphertext.buffer);
    this.#counterViews = [];
    this.#macViews = [];
  }

  macBlocks(blocks: number): Uint8Array {
    this.#macViews[blocks] ??= this.macInput.subarray(0, blocks * BLOCK);
    return this.#macViews[blocks];
  }

  /** Counter blocks A_0 to A_n for this nonce; the counters stand in them already. */
  countersFor(nonce: Uint8Array, blocks: number): Uint8Array {
    const { counters, counterWords: words } = this;
    counters[0] = COUNTER_FLAGS;
    counters.set(nonce, 1);
    const w0 = words[0]!;
    const w1 = words[1]!;
    const w2 = words[2]!;
    const n11 = nonce[11]!;
    const n12 = nonce[12]!;
    for (let i = 1, word = 4; i <= blocks; i++, word += 4) {
      words[word] = w0;
      words[word + 1] = w1;
      words[word + 2] = w2;
      counters[word * 4 + 12] = n11;
      counters[word * 4 + 13] = n12;
    }
    this.#counterViews[blocks] ??= counters.subarray(0, (blocks + 1) * BLOCK);
    return this.#counterViews[blocks];
  }
}

export class AesCcm implements AeadKey {
  readonly tagBytes: number;
  readonly #bench: CcmBench;
  readonly #stream: Cipher;
  readonly #mac: Cipher;
  /** The last block that came out of the CBC cipher; at first its initialisation vector. */
  readonly #chain = new Uint8Array(BLOCK);

  constructor(key: Uint8Array, tagBytes: number, bench: CcmBench) {
    this.tagBytes = tagBytes;
    this.#bench = bench;
    this.#stream = createCipheriv("aes-128-ecb", key, null);
    this.#mac = createCipheriv("aes-128-cbc", key, this.#chain);
  }

  seal(nonce: Uint8Array, aad: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    this.#bench.reserve(length);
    const { macInput, macWords, ciphertext, cipherWords } = this.#bench;
    const stream = this.#keyStream(nonce, length);
    const at = this.#macHead(nonce, aad, length);
    copy(bytes, start, length, macInput, at);
    const tag = this.#tag(at, length);
    const key = wordsOf(stream);
    for (let i = 0, from = at / WORD, words = wordsIn(length); i < words; i++) {
      cipherWords[i] = macWords[from + i]! ^ key[WORDS_IN_BLOCK + i]!;
    }
    copy(ciphertext, 0, length, bytes, start);
    for (let i = 0; i < this.tagBytes; i++) bytes[end + i] = tag[i]! ^ stream[i]!;
    return end + this.tagBytes;
  }

  open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array, out: Uint8Array, at: number): number {
    const length = sealed.length - this.tagBytes;
    if (length < 0) return -1;
    this.#bench.reserve(length);
    const { macInput, macWords } = this.#bench;
    const stream = this.#keyStream(nonce, length);
    const messageAt = this.#macHead(nonce, aad, length);
    copy(sealed, 0, length, macInput, messageAt);
    const key = wordsOf(stream);
    for (let i = 0, to = messageAt / WORD, words = wordsIn(length); i < words; i++) {
      macWords[to + i]! ^= key[WORDS_IN_BLOCK + i]!;
    }
    const tag = this.#tag(messageAt, length);
    // All bytes are looked at, so that the time says nothing about where they differ.
    let difference = 0;
    for (let i = 0; i < this.tagBytes; i++) difference |= tag[i]! ^ stream[i]! ^ sealed[length + i]!;
    if (difference !== 0) return -1;
    copy(macInput, messageAt, length, out, at);
    return length;
  }

  /** §2.3: S_0 for the tag, then S_1 and so on for the message. */
  #keyStream(nonce: Uint8Array, length: number): Uint8Array {
    return this.#stream.update(this.#bench.countersFor(nonce, Math.ceil(length / BLOCK)));
  }

  /** §2.2: B_0 and the blocks of the additional data; returns where the message goes. */
  #macHead(nonce: Uint8Array, aad: Uint8Array, length: number): number {
    const { macInput } = this.#bench;
    const chain = this.#chain;
    macInput[0] = 0x40 | (((this.tagBytes - 2) / 2) << 3) | COUNTER_FLAGS;
    macInput.set(nonce, 1);
    macInput[NONCE + 1] = length >> 8;
    macInput[NONCE + 2] = length;
    for (let i = 0; i < BLOCK; i++) macInput[i]! ^= chain[i]!;
    macInput[BLOCK] = aad.length >> 8;
    macInput[BLOCK + 1] = aad.length;
    macInput.set(aad, BLOCK + 2);
    const end = BLOCK + 2 + aad.length;
    const padded = Math.ceil(end / BLOCK) * BLOCK;
    macInput.fill(0, end, padded);
    return padded;
  }

  /** The CBC-MAC over the head and the message behind it, before it is encrypted. */
  #tag(messageAt: number, length: number): Uint8Array {
    const { macInput } = this.#bench;
    const end = messageAt + length;
    const padded = Math.ceil(end / BLOCK) * BLOCK;
    macInput.fill(0, end, padded);
    const blocks = this.#mac.update(this.#bench.macBlocks(padded / BLOCK));
    const chain = this.#chain;
    for (let i = 0, from = padded - BLOCK; i < BLOCK; i++, from++) chain[i] = blocks[from]!;
    return chain;
  }
}

/** A loop is quicker than a view of so few bytes. */
const SHORT = 96;

function copy(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): void {
  if (length > SHORT) to.set(from.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i]!;
}

const wordsIn = (length: number): number => Math.ceil(length / WORD);

/** Whole blocks; what comes out of a cipher begins at the start of its memory, or else is moved there. */
function wordsOf({ buffer, byteOffset, length }: Uint8Array): Uint32Array {
  return byteOffset % WORD === 0
    ? new Uint32Array(buffer, byteOffset, length / WORD)
    : new Uint32Array(buffer.slice(byteOffset, byteOffset + length));
}
