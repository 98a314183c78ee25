/** RFC 9053 §2, RFC 9864, RFC 8778, RFC 9964 — one signature over the bytes of a Sig_structure. */
import { sign, verify } from "node:crypto";
import { TrustError } from "../../../base/index.ts";
import { CURVES, type SignatureAlgorithm } from "../algorithms.ts";
import { privateHalf } from "../keys/jwk.ts";
import type { CoseKey } from "../keys/key.ts";
import { verifyHss } from "./hss-lms.ts";
import type { MlDsa } from "./ml-dsa.ts";

/** RFC 9053 §2.1: r and s side by side, not DER. */
const dsaEncoding = "ieee-p1363";

/** The caller has asked `refusal` first. */
export function isSignedBy(
  algorithm: SignatureAlgorithm,
  key: CoseKey,
  data: Uint8Array,
  signature: Uint8Array,
  mlDsa: MlDsa | undefined,
): boolean {
  switch (key.kty) {
    case "EC2":
      // Of every curve: two numbers of its size; nothing else reaches OpenSSL.
      if (algorithm.kind !== "ecdsa" || signature.length !== 2 * curveBytes(key.curve)) return false;
      return verify(algorithm.hash, data, { key: key.publicKey, dsaEncoding }, signature);
    case "OKP":
      return verify(null, data, key.publicKey, signature);
    case "HSS-LMS":
      return verifyHss(key.publicBytes, data, signature);
    case "AKP":
      return loaded(mlDsa, algorithm).verify(key.algorithm.name, key.publicBytes, data, signature);
    case "Symmetric":
      return false;
  }
}

export function signWith(
  algorithm: SignatureAlgorithm,
  key: CoseKey,
  data: Uint8Array,
  mlDsa: MlDsa | undefined,
): Uint8Array {
  if (key.kty === "EC2" && algorithm.kind === "ecdsa") {
    return sign(algorithm.hash, data, { key: privateHalf(key.privateKey), dsaEncoding });
  }
  if (key.kty === "OKP") return sign(null, data, privateHalf(key.privateKey));
  if (key.kty === "AKP") {
    return loaded(mlDsa, algorithm).sign(key.algorithm.name, privateHalf(key.seed).export(), data);
  }
  throw new TrustError("cose.algorithm", {
    algorithm: algorithm.name,
    reason: "Sidgate verifies it and never signs with it",
  });
}

const curveBytes = (name: string): number => CURVES.find((curve) => curve.name === name)?.bytes ?? 0;

function loaded(mlDsa: MlDsa | undefined, { name }: SignatureAlgorithm): MlDsa {
  if (mlDsa !== undefined) return mlDsa;
  throw new TrustError("cose.algorithm", { algorithm: name, reason: "ML-DSA is not loaded here" });
}
