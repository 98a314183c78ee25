/** The adapter of @noble/post-quantum: ML-DSA (FIPS 204) for COSE (RFC 9964), loaded when somebody first needs it. */
import type { MlDsaName } from "../algorithms.ts";

/** ML-DSA, loaded. */
export interface MlDsa {
  publicKey(name: MlDsaName, seed: Uint8Array): Uint8Array;
  /** RFC 9964: pure ML-DSA with an empty context. */
  sign(name: MlDsaName, seed: Uint8Array, data: Uint8Array): Uint8Array;
  verify(name: MlDsaName, publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean;
}

/** RFC 9964: the private key is the seed of FIPS 204. */
export const ML_DSA_SEED_BYTES = 32;

export async function loadMlDsa(): Promise<MlDsa> {
  const { ml_dsa44, ml_dsa65, ml_dsa87 } = await import("@noble/post-quantum/ml-dsa.js");
  const rows = { "ML-DSA-44": ml_dsa44, "ML-DSA-65": ml_dsa65, "ML-DSA-87": ml_dsa87 } as const;
  return {
    publicKey: (name, seed) => rows[name].keygen(seed).publicKey,
    sign: (name, seed, data) => rows[name].sign(data, rows[name].keygen(seed).secretKey),
    verify: (name, publicKey, data, signature) => {
      const { lengths, verify } = rows[name];
      // The library throws at a wrong length; to us it is no signature.
      if (publicKey.length !== lengths.publicKey || signature.length !== lengths.signature) return false;
      return verify(signature, data, publicKey);
    },
  };
}
