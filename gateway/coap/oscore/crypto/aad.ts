/** RFC 8613 §5.4 — what is authenticated beside the ciphertext: the request it belongs to and the algorithm. */
import type { OscoreAlgorithm } from "../../../base/index.ts";

/** CBOR: array of 3, "Encrypt0", an empty byte string (RFC 9052 §5.3). */
const ENCRYPT0 = Uint8Array.of(0x83, 0x68, 0x45, 0x6e, 0x63, 0x72, 0x79, 0x70, 0x74, 0x30, 0x40);
const BYTE_STRING = 0x40;

/**
 * The Enc_structure over external_aad = [1, [algorithm], request_kid, request_piv, options]. There are no class I
 * options, so the last is empty. All byte strings here are shorter than 24 bytes: their heads are one byte.
 */
export function makeAad(algorithm: OscoreAlgorithm, requestKid: Uint8Array, requestPiv: Uint8Array): Uint8Array {
  const algorithmBytes = algorithm < 24 ? 1 : 2;
  const externalLength = 3 + algorithmBytes + 1 + requestKid.length + 1 + requestPiv.length + 1;
  const aad = new Uint8Array(ENCRYPT0.length + 1 + externalLength);
  aad.set(ENCRYPT0);
  let at = ENCRYPT0.length;
  aad[at++] = BYTE_STRING | externalLength;
  aad[at++] = 0x85; // array of 5
  aad[at++] = 1; // oscore_version
  aad[at++] = 0x81; // array of 1
  if (algorithmBytes === 2) aad[at++] = 0x18;
  aad[at++] = algorithm;
  aad[at++] = BYTE_STRING | requestKid.length;
  aad.set(requestKid, at);
  at += requestKid.length;
  aad[at++] = BYTE_STRING | requestPiv.length;
  aad.set(requestPiv, at);
  at += requestPiv.length;
  aad[at] = BYTE_STRING;
  return aad;
}
