/**
 * suit-firmware-encryption-24 §6 — SUIT_Encryption_Info: a COSE_Encrypt whose content travels beside it. The content key is
 * wrapped for each recipient, by a shared secret (AES-KW) or an ephemeral agreement (ECDH-ES + AES-KW).
 */
import { isCoded, UsageError, WireError } from "../../base/index.ts";
import {
  algorithmById,
  algorithmOf,
  asKind,
  type CoseKey,
  type CoseMessage,
  decodeMessage,
  decrypt,
  encrypt,
  HEADER_LABEL,
  SUIT_KDF,
} from "../cose/index.ts";

/** suit-mti: the ciphers of its profiles, and A256GCM. Those that authenticate come first; the first is the default. */
export const PAYLOAD_CIPHERS = [
  { name: "a128gcm", algorithm: 1, authenticates: true },
  { name: "a256gcm", algorithm: 3, authenticates: true },
  { name: "chacha20-poly1305", algorithm: 24, authenticates: true },
  { name: "a128ctr", algorithm: -65534, authenticates: false },
  { name: "a256ctr", algorithm: -65532, authenticates: false },
] as const;
export type PayloadCipher = (typeof PAYLOAD_CIPHERS)[number]["name"];

export interface EncryptionInfo {
  readonly message: CoseMessage<"encrypt">;
  /** Of the content, as COSE calls it. */
  readonly cipher: string;
  /** False for AES-CTR: whoever decrypts must know the digest of the ciphertext first (RFC 9459 §8). */
  readonly authenticates: boolean;
}

/** §6.1. Throws WireError `suit.encryption-info`, TrustError `cose.algorithm`. */
export function readEncryptionInfo(bytes: Uint8Array): EncryptionInfo {
  const message = readMessage(bytes);
  if (message.content !== undefined) throw malformed("the ciphertext stands inside, not beside it");
  const algorithm = algorithmOf(message.headers);
  return { message, cipher: algorithm.name, authenticates: algorithm.kind === "aead" };
}

function readMessage(bytes: Uint8Array): CoseMessage<"encrypt"> {
  try {
    return asKind(decodeMessage(bytes), "encrypt");
  } catch (error) {
    if (!isCoded(error)) throw error;
    throw malformed(error.message, error);
  }
}

const malformed = (what: string, cause?: Error): WireError =>
  new WireError("suit.encryption-info", { what }, cause && { cause });

/**
 * What a recipient has of a payload: `info` is the content of parameter 19, `keys` are its private halves and shared secrets.
 * Throws what `readEncryptionInfo` throws, TrustError `cose.key` (none of the keys opens it) and `cose.decrypt`. With AES-CTR
 * nothing here tells a wrong ciphertext: its digest must have matched before, and that of the plaintext must match after.
 */
export function decryptPayload(info: Uint8Array, ciphertext: Uint8Array, keys: readonly CoseKey[]): Uint8Array {
  const { message } = readEncryptionInfo(info);
  const verdict = decrypt(message, keys, { detached: ciphertext, kdf: SUIT_KDF });
  if (!verdict.ok) throw verdict.error;
  return verdict.payload;
}

export interface EncryptedPayload {
  /** Content of parameter 19. */
  readonly info: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** For each of these: public halves of curve keys, shared secrets that wrap. Throws UsageError `suit.usage`, `cose.*`. */
export function encryptPayload(
  plain: Uint8Array,
  recipients: readonly CoseKey[],
  cipher: PayloadCipher = PAYLOAD_CIPHERS[0].name,
): EncryptedPayload {
  if (recipients.length === 0) throw new UsageError("suit.usage", { reason: "an encrypted payload needs a recipient" });
  const row = PAYLOAD_CIPHERS.find(({ name }) => name === cipher)!;
  const { message, ciphertext } = encrypt(plain, recipients.map(recipientOf), {
    algorithm: algorithmById(row.algorithm).id,
    detached: true,
    kdf: SUIT_KDF,
  });
  return { info: message, ciphertext };
}

/** §6.2, §6.3: the kid spares a recipient of several keys a trial. */
const recipientOf = (key: CoseKey) => ({
  key,
  ...(key.kid === undefined ? {} : { unprotected: new Map([[HEADER_LABEL.kid, key.kid]]) }),
});
