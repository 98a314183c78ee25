/** RFC 9052 §4.4, §5.3, §6.3 and RFC 9053 §5.2 — the bytes that are signed, MACed, authenticated and derived from. */
import { EMPTY } from "../../../base/index.ts";
import { type CborItem, CborWriter, writeItem } from "../../cbor/index.ts";
import { type Headers, header } from "./headers.ts";

/** Sig_structure (§4.4) and MAC_structure (§6.3): a context, protected headers from the outside in, external_aad, payload. */
export function authenticatedBytes(
  context: "Signature1" | "Signature" | "MAC0" | "MAC",
  protectedHeaders: readonly Uint8Array[],
  aad: Uint8Array | undefined,
  payload: Uint8Array,
): Uint8Array {
  return structure(context, [...protectedHeaders, aad ?? EMPTY, payload]);
}

/** Enc_structure (§5.3). */
export const encStructure = (
  context: "Encrypt0" | "Encrypt",
  protectedBytes: Uint8Array,
  aad: Uint8Array | undefined,
): Uint8Array => structure(context, [protectedBytes, aad ?? EMPTY]);

function structure(context: string, fields: readonly Uint8Array[]): Uint8Array {
  const size = fields.reduce((sum, { length }) => sum + length + 9, 32);
  const writer = new CborWriter(size);
  writer.array(1 + fields.length);
  writer.text(context);
  for (const field of fields) writer.byteString(field);
  return writer.finish();
}

/** What two ends agree on beside the message (RFC 9053 §5.2). */
export interface KdfSupplement {
  /** SuppPubInfo.other: the application or protocol. */
  readonly other?: Uint8Array | undefined;
  /** SuppPrivInfo: a secret that both know. */
  readonly secret?: Uint8Array | undefined;
}

/** draft-ietf-suit-firmware-encryption §6.2.4: SuppPubInfo.other of encrypted SUIT payloads. */
export const SUIT_KDF: KdfSupplement = { other: Buffer.from("SUIT Payload Encryption") };

/** RFC 9053 §5.2, tables 12 and 13: identity, nonce and other of both parties. */
const PARTY_U = [-21, -22, -23] as const;
const PARTY_V = [-24, -25, -26] as const;
/** RFC 9053 §5.1, table 10. */
export const SALT = -20;

/** COSE_KDF_Context, with the recipient's protected header verbatim. */
export function kdfContext(
  algorithmId: number,
  keyBytes: number,
  headers: Headers,
  { other, secret }: KdfSupplement,
): Uint8Array {
  const writer = new CborWriter();
  writer.array(secret === undefined ? 4 : 5);
  writer.integer(algorithmId);
  for (const party of [PARTY_U, PARTY_V]) {
    writer.array(party.length);
    for (const label of party) writeOrNil(writer, header(headers, label));
  }
  writer.array(other === undefined ? 2 : 3);
  writer.integer(keyBytes * 8);
  writer.byteString(headers.protectedBytes);
  if (other !== undefined) writer.byteString(other);
  if (secret !== undefined) writer.byteString(secret);
  return writer.finish();
}

function writeOrNil(writer: CborWriter, item: CborItem | undefined): void {
  if (item === undefined) writer.null();
  else writeItem(writer, item);
}
