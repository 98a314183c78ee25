/** RFC 9052 §4 — COSE_Sign1 and COSE_Sign: made by authors, verified against the keys that the caller believes. */
import { EMPTY, TrustError } from "../../../base/index.ts";
import { ofKind, SIGNATURE_KINDS, type SignatureAlgorithm } from "../algorithms.ts";
import type { MlDsa } from "../crypto/ml-dsa.ts";
import { isSignedBy, signWith } from "../crypto/signature.ts";
import { chooseAlgorithm } from "../keys/choose.ts";
import type { CoseKey } from "../keys/key.ts";
import { type GivenHeaders, type Headers, makeHeaders } from "./headers.ts";
import { type CoseMessage, encodeMessage } from "./message.ts";
import { authenticatedBytes } from "./structures.ts";
import { candidates, contentOf, type Verdict, type Verified, type VerifyOptions, verdict } from "./verdict.ts";

/** §4.4: which of these keys, if any, signed this. The caller's list is the bound on what is tried. */
export const verifySign1 = (
  message: CoseMessage<"sign1">,
  keys: readonly CoseKey[],
  options: VerifyOptions = {},
): Verdict =>
  verdict(() => {
    const payload = contentOf(message.content, options.detached);
    const { protectedBytes } = message.headers;
    const data = authenticatedBytes("Signature1", [protectedBytes], options.aad, payload);
    return { payload, ...findSigner(message.headers, keys, data, message.proof, options.mlDsa) };
  });

/**
 * §4.1: one verdict for each signature, in the message's order. Who wants k of n counts distinct keys: two signatures
 * may be of one.
 */
export const verifySign = (
  message: CoseMessage<"sign">,
  keys: readonly CoseKey[],
  options: VerifyOptions = {},
): readonly Verdict[] =>
  message.parties.map(({ headers, bytes }) =>
    verdict(() => {
      const payload = contentOf(message.content, options.detached);
      const layers = [message.headers.protectedBytes, headers.protectedBytes];
      const data = authenticatedBytes("Signature", layers, options.aad, payload);
      return { payload, ...findSigner(headers, keys, data, bytes ?? EMPTY, options.mlDsa) };
    }),
  );

function findSigner(
  headers: Headers,
  keys: readonly CoseKey[],
  data: Uint8Array,
  signature: Uint8Array,
  mlDsa: MlDsa | undefined,
): Omit<Verified, "payload"> {
  const { algorithm, keys: able } = candidates(headers, keys, SIGNATURE_KINDS, "a signature", (row) => [row, "verify"]);
  const key = able.find((one) => isSignedBy(algorithm, one, data, signature, mlDsa));
  if (key !== undefined) return { key, algorithm };
  throw new TrustError("cose.signature", { algorithm: algorithm.name, tried: able.length });
}

export interface CreateOptions extends GivenHeaders {
  /** The payload stays outside; nil stands in its place. */
  readonly detached?: boolean;
  readonly aad?: Uint8Array;
  readonly untagged?: boolean;
}
export interface Signer extends GivenHeaders {
  readonly key: CoseKey;
  /** Id of the algorithm; without it that of the key, or the current one for its curve. */
  readonly algorithm?: number;
}
export interface SignOptions extends CreateOptions {
  readonly mlDsa?: MlDsa;
}

export function createSign1(
  payload: Uint8Array,
  key: CoseKey,
  options: SignOptions & { readonly algorithm?: number } = {},
): Uint8Array {
  const algorithm = chosen(key, options.algorithm);
  const headers = makeHeaders(algorithm, options);
  const data = authenticatedBytes("Signature1", [headers.protectedBytes], options.aad, payload);
  const proof = signWith(algorithm, key, data, options.mlDsa);
  return encodeMessage("sign1", { headers, content: attached(payload, options), proof, untagged: options.untagged });
}

export function createSign(payload: Uint8Array, signers: readonly Signer[], options: SignOptions = {}): Uint8Array {
  const headers = makeHeaders(undefined, options);
  const parties = signers.map((signer) => {
    const algorithm = chosen(signer.key, signer.algorithm);
    const own = makeHeaders(algorithm, signer);
    const data = authenticatedBytes("Signature", [headers.protectedBytes, own.protectedBytes], options.aad, payload);
    return { headers: own, bytes: signWith(algorithm, signer.key, data, options.mlDsa) };
  });
  return encodeMessage("sign", { headers, content: attached(payload, options), parties, untagged: options.untagged });
}

const chosen = (key: CoseKey, id: number | undefined): SignatureAlgorithm =>
  ofKind(chooseAlgorithm(key, id, SIGNATURE_KINDS, "sign"), SIGNATURE_KINDS, "a signature");

export const attached = (content: Uint8Array, { detached }: CreateOptions): Uint8Array | undefined =>
  detached === true ? undefined : content;
