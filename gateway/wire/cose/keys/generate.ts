/** New keys for authors, senders and the ephemeral end of a key agreement. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { algorithmById, type CurveName, type MlDsaRow } from "../algorithms.ts";
import { ML_DSA_SEED_BYTES, type MlDsa } from "../crypto/ml-dsa.ts";
import { unmakeable } from "../label-map.ts";
import { curveKey, secretKey } from "./jwk.ts";
import type { AkpKey, CoseKey, CurveKey, SymmetricKey } from "./key.ts";

/** A key for this algorithm and, unless it is for key agreement on another curve, for nothing else. */
export function generateKey(algorithmId: number, mlDsa?: MlDsa): CoseKey {
  const algorithm = algorithmById(algorithmId);
  switch (algorithm.kind) {
    case "ecdsa":
    case "eddsa":
    case "ecdh-es":
      return { ...newCurveKey(algorithm.curves[0]!), algorithm };
    case "ml-dsa":
      return newAkpKey(algorithm, new Uint8Array(randomBytes(ML_DSA_SEED_BYTES)), mlDsa);
    case "hss-lms":
    case "direct":
      throw unmakeable(`Sidgate makes no keys for ${algorithm.name}`);
    default:
      return { ...newSecret(algorithm.keyBytes), algorithm };
  }
}

export function newCurveKey(curve: CurveName): CurveKey {
  // Told apart by name because the types of node:crypto have one overload for each.
  const { privateKey } = CURVE_MAKERS[curve]();
  return curveKey(privateKey.export({ format: "jwk" }), {});
}

const CURVE_MAKERS = {
  "P-256": () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  "P-384": () => generateKeyPairSync("ec", { namedCurve: "P-384" }),
  "P-521": () => generateKeyPairSync("ec", { namedCurve: "P-521" }),
  X25519: () => generateKeyPairSync("x25519"),
  X448: () => generateKeyPairSync("x448"),
  Ed25519: () => generateKeyPairSync("ed25519"),
  Ed448: () => generateKeyPairSync("ed448"),
} as const satisfies Record<CurveName, unknown>;

export const newSecret = (bytes: number): SymmetricKey => ({ kty: "Symmetric", secret: secretKey(randomBytes(bytes)) });

/** The key that a seed is the private half of. */
export function newAkpKey(algorithm: MlDsaRow, seed: Uint8Array, mlDsa: MlDsa | undefined): AkpKey {
  if (mlDsa === undefined) throw unmakeable("ML-DSA is not loaded here");
  if (seed.length !== ML_DSA_SEED_BYTES) throw unmakeable("the seed is not 32 bytes long");
  return { kty: "AKP", algorithm, publicBytes: mlDsa.publicKey(algorithm.name, seed), seed: secretKey(seed) };
}
