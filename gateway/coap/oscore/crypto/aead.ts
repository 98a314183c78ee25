/** RFC 8613 §5 — one AEAD key of a context, by its algorithm; what it seals and opens are buffers of the caller. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { AesCcm, type CcmBench } from "./aes-ccm.ts";
import type { AlgorithmRow } from "./algorithms.ts";

export interface AeadKey {
  readonly tagBytes: number;
  /** Encrypts `bytes` from `start` to `end` where they stand and writes the tag behind them; returns where it ends. */
  seal(nonce: Uint8Array, aad: Uint8Array, bytes: Uint8Array, start: number, end: number): number;
  /** Writes the plaintext of `sealed` to `out` from `at` on; its length, or -1 when it is not authentic. */
  open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array, out: Uint8Array, at: number): number;
}

/** Makes keys; a test puts one in between that remembers what was sealed. */
export type AeadMaker = (row: AlgorithmRow, key: Uint8Array) => AeadKey;

export const aeadMaker =
  (bench: CcmBench): AeadMaker =>
  (row, key) =>
    row.family === "aes-ccm" ? new RisingCcm(row, key, bench) : new OneShot(row, key);

/** A key that is used once needs one object of node:crypto, one in steady use is quicker with objects that stay. */
class RisingCcm implements AeadKey {
  readonly tagBytes: number;
  readonly #row: AlgorithmRow;
  readonly #secret: Uint8Array;
  readonly #bench: CcmBench;
  #key: AeadKey | undefined;
  #used = false;

  constructor(row: AlgorithmRow, secret: Uint8Array, bench: CcmBench) {
    this.tagBytes = row.tagBytes;
    this.#row = row;
    this.#secret = secret;
    this.#bench = bench;
  }

  seal(nonce: Uint8Array, aad: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
    return this.#choose().seal(nonce, aad, bytes, start, end);
  }

  open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array, out: Uint8Array, at: number): number {
    return this.#choose().open(nonce, aad, sealed, out, at);
  }

  #choose(): AeadKey {
    if (this.#key !== undefined) return this.#key;
    if (!this.#used) {
      this.#used = true;
      return new OneShot(this.#row, this.#secret);
    }
    this.#key = new AesCcm(this.#secret, this.tagBytes, this.#bench);
    return this.#key;
  }
}

/** node:crypto's own form, with an object per message. */
export class OneShot implements AeadKey {
  readonly tagBytes: number;
  readonly #row: AlgorithmRow;
  readonly #secret: Uint8Array;

  constructor(row: AlgorithmRow, secret: Uint8Array) {
    this.tagBytes = row.tagBytes;
    this.#row = row;
    this.#secret = secret;
  }

  seal(nonce: Uint8Array, aad: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
    const options = { authTagLength: this.tagBytes };
    const cipher =
      this.#row.family === "aes-ccm"
        ? createCipheriv("aes-128-ccm", this.#secret, nonce, options)
        : createCipheriv("chacha20-poly1305", this.#secret, nonce, options);
    cipher.setAAD(aad, { plaintextLength: end - start });
    bytes.set(cipher.update(bytes.subarray(start, end)), start);
    cipher.final();
    bytes.set(cipher.getAuthTag(), end);
    return end + this.tagBytes;
  }

  open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array, out: Uint8Array, at: number): number {
    const length = sealed.length - this.tagBytes;
    if (length < 0) return -1;
    const options = { authTagLength: this.tagBytes };
    const decipher =
      this.#row.family === "aes-ccm"
        ? createDecipheriv("aes-128-ccm", this.#secret, nonce, options)
        : createDecipheriv("chacha20-poly1305", this.#secret, nonce, options);
    decipher.setAuthTag(sealed.subarray(length));
    decipher.setAAD(aad, { plaintextLength: length });
    try {
      const plain = decipher.update(sealed.subarray(0, length));
      decipher.final();
      out.set(plain, at);
    } catch {
      return -1; // node:crypto says by throwing that the tag is wrong
    }
    return length;
  }
}
