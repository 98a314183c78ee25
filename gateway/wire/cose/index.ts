/**
 * COSE (RFC 9052, RFC 9053): messages that are signed, MACed and encrypted, and their keys. Bytes in, values out: keys
 * are objects made once, `decodeMessage` reads, `verify…` and `decrypt…` give a verdict, `create…` and `encrypt…` write.
 */
export { ALGORITHMS, type Algorithm, algorithmById, type CurveName } from "./algorithms.ts";
export { loadMlDsa, type MlDsa } from "./crypto/ml-dsa.ts";
export { decodeKey, encodeKey } from "./keys/cose-key.ts";
export { readKeyFile } from "./keys/file.ts";
export { generateKey, newAkpKey, newCurveKey, newSecret } from "./keys/generate.ts";
export { type Jwk, readJwk, secretKey, writeJwk } from "./keys/jwk.ts";
export { type CoseKey, describeKey, hasPrivateHalf, KEY_OPS, type KeyOperation, refusal } from "./keys/key.ts";
export { readPem, writePem } from "./keys/pem.ts";
export { thumbprint } from "./keys/thumbprint.ts";
export type { Label, LabelMap, Value, ValueMap } from "./label-map.ts";
export { authenticate } from "./messages/authenticate.ts";
export { decrypt, decrypt0, type EncryptOptions, encrypt, encrypt0, type Sealed } from "./messages/encrypt.ts";
export { algorithmOf, HEADER_LABEL, type Headers, header, kidOf } from "./messages/headers.ts";
export { createMac, createMac0, type MacOptions, verifyMac, verifyMac0 } from "./messages/mac.ts";
export {
  type AnyMessage,
  asKind,
  type CoseMessage,
  type DecodeOptions,
  decodeMessage,
  MAX_PARTIES,
  MESSAGES,
  type MessageKind,
} from "./messages/message.ts";
export type { Recipient } from "./messages/recipients.ts";
export { type CreateOptions, createSign, createSign1, type Signer, verifySign, verifySign1 } from "./messages/sign.ts";
export { type KdfSupplement, SUIT_KDF } from "./messages/structures.ts";
export type { Verdict, Verified, VerifyOptions } from "./messages/verdict.ts";
