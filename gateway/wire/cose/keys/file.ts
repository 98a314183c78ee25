/** A key as people keep it in a file: PEM, JWK or COSE_Key, told apart by how it begins. */
import { isCoded, UsageError } from "../../../base/index.ts";
import type { MlDsa } from "../crypto/ml-dsa.ts";
import { decodeKey } from "./cose-key.ts";
import { type Jwk, readJwk } from "./jwk.ts";
import type { CoseKey } from "./key.ts";
import { readPem } from "./pem.ts";

/** `name`: of the file, for the error. Throws UsageError `cose.key-file`, which never quotes the file. */
export function readKeyFile(bytes: Uint8Array, name: string, mlDsa?: MlDsa): CoseKey {
  const text = Buffer.from(bytes).toString("latin1");
  try {
    if (text.includes("-----BEGIN ")) return readPem(text, mlDsa);
    if (text.trimStart().startsWith("{")) return readJwk(JSON.parse(text) as Jwk);
    return decodeKey(bytes);
  } catch (error) {
    if (!isCoded(error) && !(error instanceof SyntaxError)) throw error;
    const reason = isCoded(error) ? (error.facts["reason"] ?? error.message) : "it is no JSON";
    throw new UsageError("cose.key-file", { reason: `${name}: ${reason}` }, { cause: error });
  }
}
