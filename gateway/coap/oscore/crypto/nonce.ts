/** RFC 8613 §5.2 — the AEAD nonce: who made the Partial IV, and the Partial IV itself, XORed over the Common IV. */

const PARTIAL_IV_BYTES = 5;

/** `id` is the Sender ID of the endpoint that made the Partial IV. */
export function makeNonce(commonIv: Uint8Array, id: Uint8Array, partialIv: Uint8Array): Uint8Array {
  const nonce = commonIv.slice();
  const ivStart = nonce.length - PARTIAL_IV_BYTES;
  nonce[0]! ^= id.length;
  for (let i = 0, at = ivStart - id.length; i < id.length; i++, at++) nonce[at]! ^= id[i]!;
  for (let i = 0, at = nonce.length - partialIv.length; i < partialIv.length; i++, at++) nonce[at]! ^= partialIv[i]!;
  return nonce;
}
