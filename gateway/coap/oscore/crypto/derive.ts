/** RFC 8613 §3.2.1 — from the shared secret to keys and Common IV, by HKDF-SHA-256. */
import { hkdfSync } from "node:crypto";
import { type Credential, EMPTY } from "../../../base/index.ts";
import { CborWriter } from "../../../wire/cbor/index.ts";
import { type AlgorithmRow, algorithmRow, maxIdBytes } from "./algorithms.ts";

export interface DerivedKeys {
  readonly senderKey: Uint8Array;
  readonly recipientKey: Uint8Array;
  readonly commonIv: Uint8Array;
}

type Secret = Pick<Credential, "algorithm" | "masterSecret" | "masterSalt" | "senderId" | "recipientId">;

/** undefined = no context can be made of this credential: see `isUsable`. */
export function deriveKeys(secret: Secret, idContext: Uint8Array | undefined): DerivedKeys | undefined {
  const row = algorithmRow(secret.algorithm);
  if (row === undefined || !isUsable(secret, row)) return undefined;
  const { senderId, recipientId } = secret;
  return {
    senderKey: expand(secret, info(row, senderId, idContext, "Key", row.keyBytes), row.keyBytes),
    recipientKey: expand(secret, info(row, recipientId, idContext, "Key", row.keyBytes), row.keyBytes),
    commonIv: expand(secret, info(row, EMPTY, idContext, "IV", row.nonceBytes), row.nonceBytes),
  };
}

/** §3.3: ids are short enough for the nonce, and different: two ends with one id would use one key and the same nonces. */
function isUsable({ senderId, recipientId }: Secret, row: AlgorithmRow): boolean {
  if (Math.max(senderId.length, recipientId.length) > maxIdBytes(row)) return false;
  return Buffer.compare(senderId, recipientId) !== 0;
}

/** info = [id, id_context / null, alg_aead, type, L] */
function info(
  row: AlgorithmRow,
  id: Uint8Array,
  idContext: Uint8Array | undefined,
  type: "Key" | "IV",
  length: number,
): Uint8Array {
  const writer = new CborWriter(64);
  writer.array(5);
  writer.byteString(id);
  if (idContext === undefined) writer.null();
  else writer.byteString(idContext);
  writer.integer(row.number);
  writer.text(type);
  writer.integer(length);
  return writer.finish();
}

const expand = ({ masterSecret, masterSalt }: Secret, context: Uint8Array, length: number): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", masterSecret, masterSalt, context, length));
