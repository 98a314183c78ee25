/** RFC 9053 §4, RFC 9459 — content encryption: AES-GCM and ChaCha20/Poly1305 with their tags, AES-CTR bare. */
import { type CipherGCMTypes, createCipheriv, createDecipheriv } from "node:crypto";
import type { ContentAlgorithm } from "../algorithms.ts";
import type { SymmetricKey } from "../keys/key.ts";

const TAG_BYTES = 16;
/** One call serves both AEADs; only the types of node:crypto set ChaCha20/Poly1305 apart. */
const typed = (cipher: string): CipherGCMTypes => cipher as CipherGCMTypes;

/** What both directions take. */
export interface ContentContext {
  readonly key: SymmetricKey;
  readonly iv: Uint8Array;
  /** The Enc_structure; bare ciphers have none. */
  readonly aad: Uint8Array;
}

export function seal(
  { kind, cipher }: ContentAlgorithm,
  { key, iv, aad }: ContentContext,
  plain: Uint8Array,
): Uint8Array {
  if (kind === "ctr") {
    const stream = createCipheriv(cipher, key.secret, iv);
    return Buffer.concat([stream.update(plain), stream.final()]);
  }
  const machine = createCipheriv(typed(cipher), key.secret, iv, { authTagLength: TAG_BYTES });
  machine.setAAD(aad);
  return Buffer.concat([machine.update(plain), machine.final(), machine.getAuthTag()]);
}

/** undefined = another key, or changed on the way. */
export function open(
  { kind, cipher }: ContentAlgorithm,
  { key, iv, aad }: ContentContext,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (kind === "ctr") {
    const stream = createDecipheriv(cipher, key.secret, iv);
    return Buffer.concat([stream.update(sealed), stream.final()]);
  }
  if (sealed.length < TAG_BYTES) return undefined;
  const machine = createDecipheriv(typed(cipher), key.secret, iv, { authTagLength: TAG_BYTES });
  machine.setAAD(aad);
  machine.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = machine.update(sealed.subarray(0, -TAG_BYTES));
  try {
    return Buffer.concat([plain, machine.final()]);
  } catch {
    // The one thing that `final` refuses is the tag.
    return undefined;
  }
}
