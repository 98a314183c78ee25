/** RFC 9052 §6 — COSE_Mac0 and COSE_Mac: a tag by a shared secret, or by one that reaches each recipient wrapped. */
import { TrustError } from "../../../base/index.ts";
import { algorithmById, type Hmac, ofKind } from "../algorithms.ts";
import { isMacOf, macOf } from "../crypto/mac.ts";
import { chooseAlgorithm } from "../keys/choose.ts";
import type { CoseKey } from "../keys/key.ts";
import { unmakeable } from "../label-map.ts";
import { algorithmOf, makeHeaders } from "./headers.ts";
import { type CoseMessage, encodeMessage } from "./message.ts";
import { makeRecipients, openRecipients, type Recipient } from "./recipients.ts";
import { attached, type CreateOptions } from "./sign.ts";
import { authenticatedBytes, type KdfSupplement } from "./structures.ts";
import { candidates, contentOf, type Verdict, type VerifyOptions, verdict } from "./verdict.ts";

const PLACE = "a MAC";
const HMAC_256 = 5;

/** §6.3: which of these secrets, if any, made this tag. */
export const verifyMac0 = (
  message: CoseMessage<"mac0">,
  keys: readonly CoseKey[],
  options: VerifyOptions = {},
): Verdict =>
  verdict(() => {
    const payload = contentOf(message.content, options.detached);
    const data = authenticatedBytes("MAC0", [message.headers.protectedBytes], options.aad, payload);
    const { algorithm, keys: able } = candidates(message.headers, keys, ["hmac"], PLACE, (row) => [row, "MAC verify"]);
    const key = able.find((one) => one.kty === "Symmetric" && isMacOf(algorithm, one, data, message.proof));
    if (key === undefined) throw noMac(algorithm, able.length);
    return { payload, key, algorithm };
  });

/** §6.1: the same with the secret of a recipient; the verdict names the key that led to it. */
export const verifyMac = (
  message: CoseMessage<"mac">,
  keys: readonly CoseKey[],
  options: VerifyOptions = {},
): Verdict =>
  verdict(() => {
    const payload = contentOf(message.content, options.detached);
    const data = authenticatedBytes("MAC", [message.headers.protectedBytes], options.aad, payload);
    const algorithm = ofKind(algorithmOf(message.headers), ["hmac"], PLACE);
    const opened = openRecipients(message, keys, { algorithm, operation: "MAC verify" }, options.kdf);
    const found = opened.find(({ contentKey }) => isMacOf(algorithm, contentKey, data, message.proof));
    if (found === undefined) throw noMac(algorithm, opened.length);
    return { payload, key: found.key, algorithm };
  });

const noMac = ({ name }: Hmac, tried: number): TrustError => new TrustError("cose.mac", { algorithm: name, tried });

export interface MacOptions extends CreateOptions {
  /** Id of the algorithm; without it that of the key, else HMAC 256/256. */
  readonly algorithm?: number;
  readonly kdf?: KdfSupplement;
}

export function createMac0(payload: Uint8Array, key: CoseKey, options: MacOptions = {}): Uint8Array {
  const id = options.algorithm ?? key.algorithm?.id ?? HMAC_256;
  const algorithm = ofKind(chooseAlgorithm(key, id, ["hmac"], "MAC create"), ["hmac"], PLACE);
  if (key.kty !== "Symmetric") throw unmakeable("a MAC needs a shared secret");
  const headers = makeHeaders(algorithm, options);
  const data = authenticatedBytes("MAC0", [headers.protectedBytes], options.aad, payload);
  const proof = macOf(algorithm, key, data);
  return encodeMessage("mac0", { headers, content: attached(payload, options), proof, untagged: options.untagged });
}

/** One tag for several recipients, each of whom could have made it: a MAC says "one of us". */
export function createMac(payload: Uint8Array, recipients: readonly Recipient[], options: MacOptions = {}): Uint8Array {
  const algorithm = ofKind(algorithmById(options.algorithm ?? HMAC_256), ["hmac"], PLACE);
  const headers = makeHeaders(algorithm, options);
  const { contentKey, parties } = makeRecipients(recipients, { algorithm, operation: "MAC create" }, options.kdf);
  const data = authenticatedBytes("MAC", [headers.protectedBytes], options.aad, payload);
  const proof = macOf(algorithm, contentKey, data);
  const content = attached(payload, options);
  return encodeMessage("mac", { headers, content, proof, parties, untagged: options.untagged });
}
