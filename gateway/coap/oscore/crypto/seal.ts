/** RFC 8613 §8.1, §8.3 — from a message as it is meant to option and ciphertext, under a nonce that is given. */

import { PLAINTEXT_OFFSET, type Plaintext, plaintextLength, readPlaintext, writePlaintext } from "../codec/message.ts";
import type { AeadKey } from "./aead.ts";

export function sealPlaintext(key: AeadKey, nonce: Uint8Array, aad: Uint8Array, plaintext: Plaintext): Uint8Array {
  const end = PLAINTEXT_OFFSET + plaintextLength(plaintext);
  const bytes = Buffer.allocUnsafe(end + key.tagBytes);
  writePlaintext(plaintext, bytes);
  key.seal(nonce, aad, bytes, PLAINTEXT_OFFSET, end);
  return bytes.subarray(PLAINTEXT_OFFSET);
}

/** A plaintext that is authentic; `readOpened` reads it. */
export type OpenedBytes = Uint8Array & { readonly __opened: true };

/** undefined = not authentic. */
export function openBytes(
  key: AeadKey,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): OpenedBytes | undefined {
  const length = ciphertext.length - key.tagBytes;
  if (length < 1) return undefined; // §5.3: at least the Code
  const bytes = Buffer.allocUnsafe(PLAINTEXT_OFFSET + length);
  return key.open(nonce, aad, ciphertext, bytes, PLAINTEXT_OFFSET) < 0
    ? undefined
    : (bytes as Uint8Array as OpenedBytes);
}

/** Once only: it uses the room in front. Throws a WireError when what is inside is no message. */
export const readOpened = (bytes: OpenedBytes): Plaintext => readPlaintext(bytes);
