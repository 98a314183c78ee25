/** RFC 7517, RFC 7518, RFC 8037, RFC 9964 — keys from and to JSON Web Keys; node:crypto does the mathematics. */
import { createPrivateKey, createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { isCoded, UsageError } from "../../../base/index.ts";
import { ALGORITHMS, type Algorithm, CURVES, type MlDsaRow } from "../algorithms.ts";
import { unmakeable } from "../label-map.ts";
import { type CoseKey, type CurveKey, KEY_OPS, type KeyLimits, misfit } from "./key.ts";

export interface Jwk extends JsonWebKey {
  readonly alg?: string;
  readonly kid?: string;
  readonly pub?: string;
  readonly priv?: string;
  readonly key_ops?: readonly string[];
}

/** RFC 7518 §3.1, RFC 9864 §2: what JOSE calls otherwise than COSE. */
const JOSE_NAMES: Readonly<Record<string, string>> = {
  ESP256: "ES256",
  ESP384: "ES384",
  ESP512: "ES512",
  "HMAC 256/256": "HS256",
  "HMAC 384/384": "HS384",
  "HMAC 512/512": "HS512",
  direct: "dir",
};
const joseName = ({ name }: Algorithm): string => JOSE_NAMES[name] ?? name.replaceAll(" ", "");

/** RFC 7517 §4.3: JOSE signs with a MAC key too. */
const JWK_OPS: ReadonlyArray<readonly [name: string, ops: readonly number[]]> = [
  ["sign", [KEY_OPS.sign, KEY_OPS["MAC create"]]],
  ["verify", [KEY_OPS.verify, KEY_OPS["MAC verify"]]],
  ["encrypt", [KEY_OPS.encrypt]],
  ["decrypt", [KEY_OPS.decrypt]],
  ["wrapKey", [KEY_OPS["wrap key"]]],
  ["unwrapKey", [KEY_OPS["unwrap key"]]],
  ["deriveKey", [KEY_OPS["derive key"]]],
  ["deriveBits", [KEY_OPS["derive bits"]]],
];

export const unreadable = (reason: string): UsageError => new UsageError("cose.key-file", { reason });

/** A key from a JWK. Its `kid` is text and becomes the bytes of that text. */
export function readJwk(jwk: Jwk): CoseKey {
  const key = readMaterial(jwk, limitsOf(jwk));
  const reason = misfit(key);
  if (reason !== undefined) throw unreadable(reason);
  return key;
}

function readMaterial(jwk: Jwk, limits: KeyLimits): CoseKey {
  switch (jwk.kty) {
    case "EC":
    case "OKP":
      return curveKey(jwk, limits);
    case "oct":
      return { kty: "Symmetric", secret: secretKey(fromBase64Url(jwk.k, "k")), ...limits };
    case "AKP": {
      const row = mlDsaNamed(jwk.alg);
      const seed = jwk.priv === undefined ? undefined : secretKey(fromBase64Url(jwk.priv, "priv"));
      return { kty: "AKP", publicBytes: fromBase64Url(jwk.pub, "pub"), seed, ...limits, algorithm: row };
    }
    default:
      throw unreadable("its kty is none of EC, OKP, oct and AKP");
  }
}

/** The key as a JWK: the private half only when asked for. */
export function writeJwk(key: CoseKey, part: "public" | "private"): Jwk {
  const named = {
    ...(key.kid === undefined ? {} : { kid: Buffer.from(key.kid).toString() }),
    ...(key.algorithm === undefined ? {} : { alg: joseName(key.algorithm) }),
    ...(key.ops === undefined
      ? {}
      : { key_ops: JWK_OPS.flatMap(([name, ops]) => (ops.some((op) => key.ops?.includes(op)) ? [name] : [])) }),
  };
  switch (key.kty) {
    case "EC2":
    case "OKP":
      return { ...halfOf(key, part).export({ format: "jwk" }), ...named };
    case "Symmetric":
      if (part === "public") throw unmakeable("a shared secret has no public half");
      return { ...key.secret.export({ format: "jwk" }), ...named };
    case "AKP": {
      const priv = part === "private" ? { priv: toBase64Url(privateHalf(key.seed).export()) } : {};
      return { kty: "AKP", pub: toBase64Url(key.publicBytes), ...priv, ...named };
    }
    case "HSS-LMS":
      throw unmakeable("there is no JWK for HSS-LMS");
  }
}

/** The KeyObject of a curve key that a PEM or a COSE_Key may show. */
export const halfOf = (key: CurveKey, part: "public" | "private"): KeyObject =>
  part === "public" ? key.publicKey : privateHalf(key.privateKey);

export function privateHalf(half: KeyObject | undefined): KeyObject {
  if (half === undefined) throw unmakeable("the key has no private half");
  return half;
}

/** RFC 9053 §7.1: the point is on the curve, which node:crypto checks. */
export function curveKey(jwk: Jwk, limits: KeyLimits): CurveKey {
  const curve = CURVES.find(({ name }) => name === jwk.crv);
  if (curve === undefined) throw unreadable(`its curve is none of ${CURVES.map(({ name }) => name).join(", ")}`);
  return quietly("its numbers are no key on its curve", () => {
    const { kty, crv, x, y, d } = jwk;
    const open = { kty, crv, x, ...(y === undefined ? {} : { y }) } as JsonWebKey;
    return {
      kty: curve.kty,
      curve: curve.name,
      publicKey: createPublicKey({ key: open, format: "jwk" }),
      privateKey: d === undefined ? undefined : createPrivateKey({ key: { ...open, d }, format: "jwk" }),
      ...limits,
    };
  });
}

/** What OpenSSL says of a bad key may quote it: only our own words leave here. */
export function quietly<T>(reason: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw isCoded(error) ? error : unreadable(reason);
  }
}

export function secretKey(bytes: Uint8Array): KeyObject {
  if (bytes.length === 0) throw unreadable("the secret is empty");
  return createSecretKey(bytes);
}

export function mlDsaNamed(name: string | undefined): MlDsaRow {
  const row = ALGORITHMS.find((one) => one.name === name);
  if (row?.kind !== "ml-dsa") throw unreadable("its alg names no ML-DSA");
  return row;
}

function limitsOf({ alg, kid, key_ops: ops }: Jwk): KeyLimits {
  const algorithm = ALGORITHMS.find((row) => joseName(row) === alg);
  if (alg !== undefined && algorithm === undefined) throw unreadable("its alg is not one that Sidgate speaks");
  return {
    ...(kid === undefined ? {} : { kid: Buffer.from(kid) }),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(ops === undefined ? {} : { ops: JWK_OPS.flatMap(([name, numbers]) => (ops.includes(name) ? numbers : [])) }),
  };
}

export const toBase64Url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

function fromBase64Url(text: string | undefined, member: string): Uint8Array {
  if (text === undefined || !/^[\w-]*$/.test(text)) throw unreadable(`its '${member}' is missing or not base64url`);
  return new Uint8Array(Buffer.from(text, "base64url"));
}
