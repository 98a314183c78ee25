/**
 * The adapter of cbor-x: plain values as compact CBOR for the projections, and back for the journal too. It is our own
 * format on our own disk, so speed counts and canonical form does not; bytes from peers never come here (they meet the
 * strict reader of gateway/wire/cbor).
 */
import { Encoder } from "cbor-x";

// No record extension and no tag 64, which are cbor-x's own dialect: any CBOR tool can read a data folder after a
// disaster. The encoder holds scratch memory only, nothing that one call could see of another.
const CBOR = new Encoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: false, copyBuffers: true });

/** Bytes of a value made of objects, arrays, text, numbers, booleans and Uint8Arrays; each call returns bytes of its own. */
export const encodePlain = (value: unknown): Uint8Array => CBOR.encode(value);

/** The value again. Its byte strings are Uint8Arrays that do not share memory with `bytes`. */
export function decodePlain(bytes: Uint8Array): unknown {
  // A plain view, since from a Buffer cbor-x cuts Buffers.
  return CBOR.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
