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
    row.family === "aes-ccm" ? new RisingCcm(row, key, bench) : oneShot(row, key);

/** A key that is used once needs one object of node:crypto, one in steady use is quicker with objects that stay. */
class RisingCcm implements AeadKey {
  readonly tagBytes: number;
  readonly #key: Uint8Array;
  readonly #bench: CcmBench;
  readonly #first: AeadKey;
  #used = false;
  #steady: AesCcm | undefined;

  constructor(row: AlgorithmRow, key: Uint8Array, bench: CcmBench) {
    this.tagBytes = row.tagBytes;
    this.#key = key;
    this.#bench = bench;
    this.#first = oneShot(row, key);
  }

  seal(nonce: Uint8Array, aad: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
    return this.#now().seal(nonce, aad, bytes, start, end);
  }

  open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array, out: Uint8Array, at: number): number {
    return this.#now().open(nonce, aad, sealed, out, at);
  }

  #now(): AeadKey {
    if (this.#steady !== undefined) return this.#steady;
    if (this.#used) {
      this.#steady = new AesCcm(this.#key, this.tagBytes, this.#bench);
      return this.#steady;
    }
    this.#used = true;
    return this.#first;
  }
}

/** node:crypto's own form, with an object per message. */
export function oneShot({ family, tagBytes }: AlgorithmRow, key: Uint8Array): AeadKey {
  const options = { authTagLength: tagBytes };
  const encrypt = (nonce: Uint8Array) =>
    family === "aes-ccm"
      ? createCipheriv("aes-128-ccm", key, nonce, options)
      : createCipheriv("chacha20-poly1305", key, nonce, options);
  const decrypt = (nonce: Uint8Array) =>
    family === "aes-ccm"
      ? createDecipheriv("aes-128-ccm", key, nonce, options)
      : createDecipheriv("chacha20-poly1305", key, nonce, options);
  return {
    tagBytes,
    seal: (nonce, aad, bytes, start, end) => {
      const cipher = encrypt(nonce);
      cipher.setAAD(aad, { plaintextLength: end - start });
      bytes.set(cipher.update(bytes.subarray(start, end)), start);
      cipher.final();
      bytes.set(cipher.getAuthTag(), end);
      return end + tagBytes;
    },
    open: (nonce, aad, sealed, out, at) => {
      const length = sealed.length - tagBytes;
      if (length < 0) return -1;
      const decipher = decrypt(nonce);
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
    },
  };
}
