/** RFC 9052 §5 — COSE_Encrypt0 and COSE_Encrypt, content attached or beside the message. */
import { randomBytes } from "node:crypto";
import { EMPTY, TrustError } from "../../../base/index.ts";
import { algorithmById, CONTENT_KINDS, type ContentAlgorithm, ofKind } from "../algorithms.ts";
import { open, seal } from "../crypto/content.ts";
import { chooseAlgorithm } from "../keys/choose.ts";
import type { CoseKey, SymmetricKey } from "../keys/key.ts";
import { malformed, unmakeable } from "../label-map.ts";
import { algorithmOf, bytesHeader, HEADER_LABEL, type Headers, makeHeaders, type WrittenHeaders } from "./headers.ts";
import { type CoseMessage, encodeMessage, type WrittenParty } from "./message.ts";
import { makeRecipients, type OpenedKey, openRecipients, type Recipient } from "./recipients.ts";
import { attached, type CreateOptions } from "./sign.ts";
import { encStructure, type KdfSupplement } from "./structures.ts";
import { candidates, contentOf, type Verdict, type VerifyOptions, verdict } from "./verdict.ts";

const PLACE = "encrypted content";
type Context = "Encrypt0" | "Encrypt";

/** §5.3. AES-CTR authenticates nothing: the caller must know the digest of what it decrypts (RFC 9459 §8). */
export const decrypt0 = (
  message: CoseMessage<"encrypt0">,
  keys: readonly CoseKey[],
  options: VerifyOptions = {},
): Verdict =>
  verdict(() => {
    const { headers } = message;
    const { algorithm, keys: able } = candidates(headers, keys, CONTENT_KINDS, PLACE, (row) => [row, "decrypt"]);
    const opened = able.flatMap((key) => (key.kty === "Symmetric" ? [{ key, contentKey: key }] : []));
    return openContent("Encrypt0", message, algorithm, opened, options);
  });

/** §5.1: the same with the content key of a recipient; the verdict names the key that led to it. */
export const decrypt = (
  message: CoseMessage<"encrypt">,
  keys: readonly CoseKey[],
  options: VerifyOptions = {},
): Verdict =>
  verdict(() => {
    const algorithm = ofKind(algorithmOf(message.headers), CONTENT_KINDS, PLACE);
    const opened = openRecipients(message, keys, { algorithm, operation: "decrypt" }, options.kdf);
    return openContent("Encrypt", message, algorithm, opened, options);
  });

function openContent(
  context: Context,
  { headers, content }: CoseMessage<"encrypt0" | "encrypt">,
  algorithm: ContentAlgorithm,
  opened: readonly OpenedKey[],
  { detached, aad }: VerifyOptions,
) {
  const sealed = contentOf(content, detached);
  const iv = ivOf(headers, algorithm);
  const extra = aadFor(context, algorithm, headers.protectedBytes, aad);
  if (algorithm.kind === "ctr" && opened.length > 1) throw ambiguous(algorithm);
  for (const { key, contentKey } of opened) {
    const payload = open(algorithm, { key: contentKey, iv, aad: extra }, sealed);
    if (payload !== undefined) return { payload, key, algorithm };
  }
  throw new TrustError("cose.decrypt", { algorithm: algorithm.name, tried: opened.length });
}

/** Every key opens what is not authenticated. */
const ambiguous = ({ name }: ContentAlgorithm): TrustError =>
  new TrustError("cose.key", { purpose: "'decrypt'", reason: `${name} cannot tell which of several keys is right` });

/** RFC 9053 §4, RFC 9459 §4: an IV of exactly the algorithm's length, whole: a Partial IV needs a context of sessions. */
function ivOf(headers: Headers, { name, ivBytes }: ContentAlgorithm): Uint8Array {
  const iv = bytesHeader(headers, HEADER_LABEL.iv);
  if (iv?.length === ivBytes) return iv;
  throw malformed(iv === undefined ? "no IV stands in the header" : `the IV of ${name} is not ${ivBytes} bytes long`);
}

/** RFC 9459 §4: what does not authenticate takes no data to authenticate. */
function aadFor(
  context: Context,
  { kind, name }: ContentAlgorithm,
  protectedBytes: Uint8Array,
  aad: Uint8Array | undefined,
): Uint8Array {
  if (kind === "aead") return encStructure(context, protectedBytes, aad);
  if (aad !== undefined && aad.length > 0) throw unmakeable(`${name} authenticates no external data`);
  return EMPTY;
}

export interface EncryptOptions extends CreateOptions {
  /** Id of the algorithm; without it that of the key, else A128GCM. */
  readonly algorithm?: number;
  /** Never twice with one key; without it random. */
  readonly iv?: Uint8Array;
  readonly kdf?: KdfSupplement;
}
export interface Sealed {
  readonly message: Uint8Array;
  /** What travels beside the message when it is detached. */
  readonly ciphertext: Uint8Array;
}

export function encrypt0(plain: Uint8Array, key: CoseKey, options: EncryptOptions = {}): Sealed {
  const id = options.algorithm ?? key.algorithm?.id ?? A128GCM;
  const algorithm = ofKind(chooseAlgorithm(key, id, CONTENT_KINDS, "encrypt"), CONTENT_KINDS, PLACE);
  if (key.kty !== "Symmetric") throw unmakeable("encryption without recipients needs a shared secret");
  return sealContent("Encrypt0", plain, algorithm, key, undefined, options);
}

export function encrypt(plain: Uint8Array, recipients: readonly Recipient[], options: EncryptOptions = {}): Sealed {
  const algorithm = ofKind(algorithmById(options.algorithm ?? A128GCM), CONTENT_KINDS, PLACE);
  const { contentKey, parties } = makeRecipients(recipients, { algorithm, operation: "encrypt" }, options.kdf);
  return sealContent("Encrypt", plain, algorithm, contentKey, parties, options);
}

const A128GCM = 1;

function sealContent(
  context: Context,
  plain: Uint8Array,
  algorithm: ContentAlgorithm,
  key: SymmetricKey,
  parties: readonly WrittenParty[] | undefined,
  options: EncryptOptions,
): Sealed {
  const iv = options.iv ?? new Uint8Array(randomBytes(algorithm.ivBytes));
  if (iv.length !== algorithm.ivBytes) throw unmakeable(`${algorithm.name} needs an IV of ${algorithm.ivBytes} bytes`);
  const headers: WrittenHeaders = makeHeaders(algorithm, options, new Map([[HEADER_LABEL.iv, iv]]));
  const aad = aadFor(context, algorithm, headers.protectedBytes, options.aad);
  const ciphertext = seal(algorithm, { key, iv, aad }, plain);
  const written = { headers, content: attached(ciphertext, options), untagged: options.untagged };
  const message =
    parties === undefined ? encodeMessage("encrypt0", written) : encodeMessage("encrypt", { ...written, parties });
  return { message, ciphertext };
}
