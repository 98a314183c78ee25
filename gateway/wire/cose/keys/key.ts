/**
 * RFC 9052 §7 — a key as an object made once. Private halves and shared secrets live in KeyObjects, which show nothing
 * when they are logged or turned into JSON.
 */
import type { KeyObject } from "node:crypto";
import { type Algorithm, type CurveName, type MlDsaRow, sameMathematics } from "../algorithms.ts";

/** RFC 9052 §7.1, table 5. */
export const KEY_OPS = {
  sign: 1,
  verify: 2,
  encrypt: 3,
  decrypt: 4,
  "wrap key": 5,
  "unwrap key": 6,
  "derive key": 7,
  "derive bits": 8,
  "MAC create": 9,
  "MAC verify": 10,
} as const;
export type KeyOperation = keyof typeof KEY_OPS;

export interface KeyLimits {
  readonly kid?: Uint8Array | undefined;
  /** The only algorithm that the key may be used with. */
  readonly algorithm?: Algorithm | undefined;
  /** The only operations that it may be used for (numbers of KEY_OPS). */
  readonly ops?: readonly number[] | undefined;
}
/** RFC 9053 §7.1, §7.2. */
export interface CurveKey extends KeyLimits {
  readonly kty: "EC2" | "OKP";
  readonly curve: CurveName;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject | undefined;
}
/** RFC 9053 §7.3. */
export interface SymmetricKey extends KeyLimits {
  readonly kty: "Symmetric";
  readonly secret: KeyObject;
}
/** RFC 8778 §4: to verify with, never to sign. */
export interface HssLmsKey extends KeyLimits {
  readonly kty: "HSS-LMS";
  readonly publicBytes: Uint8Array;
}
/** RFC 9964: the algorithm is part of the key; the private half is its seed. */
export interface AkpKey extends KeyLimits {
  readonly kty: "AKP";
  readonly algorithm: MlDsaRow;
  readonly publicBytes: Uint8Array;
  readonly seed: KeyObject | undefined;
}
export type CoseKey = CurveKey | SymmetricKey | HssLmsKey | AkpKey;

export const isCurveKey = (key: CoseKey): key is CurveKey => key.kty === "EC2" || key.kty === "OKP";

/** Shortest HMAC key that we use: below, guessing it is cheaper than guessing the tag. */
const LEAST_HMAC_KEY = 16;

/** RFC 9052 §7.1, RFC 9053 §2 to §6: why the key may not do this; undefined = it may. */
export function refusal(key: CoseKey, algorithm: Algorithm, operation: KeyOperation): string | undefined {
  if (!fits(key, algorithm)) return `${describeKey(key)} does not fit ${algorithm.name}`;
  if (key.algorithm !== undefined && !sameMathematics(key.algorithm, algorithm)) {
    return `the key is for ${key.algorithm.name} only`;
  }
  // §7.1: deriving a key is deriving bits that are used as one.
  const wanted = operation === "derive key" ? [KEY_OPS["derive key"], KEY_OPS["derive bits"]] : [KEY_OPS[operation]];
  if (key.ops !== undefined && !key.ops.some((op) => wanted.some((one) => one === op))) {
    return `its key_ops do not allow '${operation}'`;
  }
  if (PRIVATE_OPERATIONS.includes(operation) && !hasPrivateHalf(key)) return `'${operation}' needs the private half`;
  return undefined;
}

/** Of two halves; a shared secret has but one. */
const PRIVATE_OPERATIONS: readonly KeyOperation[] = ["sign", "derive key", "derive bits"];

export function hasPrivateHalf(key: CoseKey): boolean {
  if (isCurveKey(key)) return key.privateKey !== undefined;
  return key.kty === "Symmetric" || (key.kty === "AKP" && key.seed !== undefined);
}

function fits(key: CoseKey, algorithm: Algorithm): boolean {
  switch (algorithm.kind) {
    case "ecdsa":
    case "eddsa":
    case "ecdh-es":
      return isCurveKey(key) && algorithm.curves.includes(key.curve);
    case "ml-dsa":
      return key.kty === "AKP" && key.algorithm.id === algorithm.id;
    case "hss-lms":
      return key.kty === "HSS-LMS";
    case "hmac":
      return key.kty === "Symmetric" && secretBytes(key) >= LEAST_HMAC_KEY;
    case "direct":
      return key.kty === "Symmetric";
    default:
      return key.kty === "Symmetric" && secretBytes(key) === algorithm.keyBytes;
  }
}

/** Why the algorithm that a key itself names cannot be meant; undefined = it can. */
export const misfit = (key: CoseKey): string | undefined =>
  key.algorithm === undefined || fits(key, key.algorithm)
    ? undefined
    : `its alg is ${key.algorithm.name}, which ${describeKey(key)} does not fit`;

const secretBytes = (key: SymmetricKey): number => key.secret.symmetricKeySize ?? 0;

/** The kind of a key, for people: never what it is made of. */
export function describeKey(key: CoseKey): string {
  switch (key.kty) {
    case "EC2":
    case "OKP":
      return `a key on ${key.curve}`;
    case "Symmetric":
      return `a shared secret of ${secretBytes(key)} bytes`;
    case "HSS-LMS":
      return "an HSS-LMS key";
    case "AKP":
      return `a key of ${key.algorithm.name}`;
  }
}
