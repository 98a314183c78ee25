/** RFC 9053 §6.2.1 (RFC 3394) — AES key wrap, and §6.4 with §5.1: the wrapping key that two ends agree on. */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import type { EcdhEs, KeyWrap } from "../algorithms.ts";

/** RFC 3394 §2.2.3.1. */
const INITIAL_VALUE = Buffer.alloc(8, 0xa6);
/** RFC 3394 §2: at least two blocks, whole ones. */
const BLOCK_BYTES = 8;
const LEAST_BLOCKS = 2;

export function wrapKey({ cipher }: KeyWrap, wrapping: KeyObject, content: KeyObject): Uint8Array {
  const machine = createCipheriv(cipher, wrapping, INITIAL_VALUE);
  return Buffer.concat([machine.update(content.export()), machine.final()]);
}

/** undefined = wrapped with another key. */
export function unwrapKey({ cipher }: KeyWrap, wrapping: KeyObject, wrapped: Uint8Array): KeyObject | undefined {
  if (wrapped.length < (LEAST_BLOCKS + 1) * BLOCK_BYTES || wrapped.length % BLOCK_BYTES !== 0) return undefined;
  const machine = createDecipheriv(cipher, wrapping, INITIAL_VALUE);
  try {
    return createSecretKey(Buffer.concat([machine.update(wrapped), machine.final()]));
  } catch {
    // The integrity check of RFC 3394 §2.2.3 is the one thing that fails here.
    return undefined;
  }
}

export interface Agreement {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly salt: Uint8Array;
  /** The COSE_KDF_Context. */
  readonly context: Uint8Array;
}

/** undefined = the other end's key lets the secret be known to everybody (RFC 7748 §6.1). */
export function agreedKey({ hash }: EcdhEs, { keyBytes }: KeyWrap, agreement: Agreement): KeyObject | undefined {
  const { privateKey, publicKey, salt, context } = agreement;
  try {
    const secret = diffieHellman({ privateKey, publicKey });
    return createSecretKey(Buffer.from(hkdfSync(hash, secret, salt, context, keyBytes)));
  } catch {
    return undefined;
  }
}
