/** RFC 9052 §7, RFC 9053 §7, RFC 8778 §4, RFC 9964 — COSE_Key, read leniently as to order and written sorted. */
import { ECDH } from "node:crypto";
import { algorithmById, CURVES, type Curve } from "../algorithms.ts";
import {
  decodeLabelMap,
  encodeValue,
  type Label,
  type LabelMap,
  malformed,
  unmakeable,
  type Value,
  type ValueMap,
} from "../label-map.ts";
import { curveKey, halfOf, privateHalf, quietly, secretKey, toBase64Url } from "./jwk.ts";
import { type CoseKey, type KeyLimits, misfit } from "./key.ts";

const KEY_TYPES = { OKP: 1, EC2: 2, Symmetric: 4, "HSS-LMS": 5, AKP: 7 } as const;
/** RFC 9052 §7.1, table 4. */
const COMMON = { kty: 1, kid: 2, alg: 3, keyOps: 4 } as const;
/** RFC 9053 §7.1.1, §7.2; the other key types have -1 and, for AKP, -2 with meanings of their own. */
const OF_TYPE = { crv: -1, x: -2, y: -3, d: -4, k: -1, pub: -1, seed: -2 } as const;

export const decodeKey = (bytes: Uint8Array): CoseKey => readKey(decodeLabelMap(bytes, "a COSE_Key"));

/** A key from its map: also the ephemeral keys of headers. */
export function readKey(map: LabelMap): CoseKey {
  const key = readMaterial(map, readLimits(map));
  const reason = misfit(key);
  if (reason !== undefined) throw malformed(reason);
  return key;
}

function readMaterial(map: LabelMap, limits: KeyLimits): CoseKey {
  switch (integer(map, COMMON.kty)) {
    case KEY_TYPES.EC2:
    case KEY_TYPES.OKP:
      return readCurveKey(map, limits);
    case KEY_TYPES.Symmetric:
      return { kty: "Symmetric", secret: secretKey(bytes(map, OF_TYPE.k)), ...limits };
    case KEY_TYPES["HSS-LMS"]:
      return { kty: "HSS-LMS", publicBytes: bytes(map, OF_TYPE.pub), ...limits };
    case KEY_TYPES.AKP: {
      // RFC 9964: without alg nobody knows what the bytes are.
      if (limits.algorithm?.kind !== "ml-dsa") throw malformed("a COSE_Key of type AKP has no alg of ML-DSA");
      const seed = map.has(OF_TYPE.seed) ? secretKey(bytes(map, OF_TYPE.seed)) : undefined;
      return { kty: "AKP", publicBytes: bytes(map, OF_TYPE.pub), seed, ...limits, algorithm: limits.algorithm };
    }
    default:
      throw malformed("a COSE_Key is of a type that Sidgate does not know");
  }
}

function readCurveKey(map: LabelMap, limits: KeyLimits): CoseKey {
  const id = integer(map, OF_TYPE.crv);
  const curve = CURVES.find((row) => row.id === id && KEY_TYPES[row.kty] === integer(map, COMMON.kty));
  if (curve === undefined) throw malformed(`a COSE_Key has curve ${id}, which its type does not have`);
  const x = coordinate(map, OF_TYPE.x, curve);
  const d = map.has(OF_TYPE.d) ? { d: toBase64Url(coordinate(map, OF_TYPE.d, curve)) } : {};
  if (curve.kty === "OKP") return curveKey({ kty: "OKP", crv: curve.name, x: toBase64Url(x), ...d }, limits);
  const y = toBase64Url(readY(map, x, curve));
  return curveKey({ kty: "EC", crv: curve.name, x: toBase64Url(x), y, ...d }, limits);
}

/** RFC 9053 §7.1.1: y, or only its sign. */
function readY(map: LabelMap, x: Uint8Array, curve: Curve): Uint8Array {
  const y = map.get(OF_TYPE.y);
  if (y?.kind !== "simple" || typeof y.value !== "boolean") return coordinate(map, OF_TYPE.y, curve);
  const point = Buffer.concat([Buffer.of(y.value ? 3 : 2), x]);
  const whole = quietly("x is on no point of the curve", () =>
    ECDH.convertKey(point, NODE_CURVES[curve.name] ?? curve.name, undefined, undefined, "uncompressed"),
  );
  return new Uint8Array(Buffer.from(whole).subarray(1 + curve.bytes));
}

/** ECDH.convertKey knows the curves by OpenSSL's names only. */
const NODE_CURVES: Readonly<Record<string, string>> = {
  "P-256": "prime256v1",
  "P-384": "secp384r1",
  "P-521": "secp521r1",
};

function readLimits(map: LabelMap): KeyLimits {
  const alg = map.get(COMMON.alg);
  const ops = map.get(COMMON.keyOps);
  if (alg !== undefined && alg.kind !== "integer") throw malformed("the alg of a COSE_Key is not a number");
  if (ops !== undefined && (ops.kind !== "array" || ops.items.length === 0)) {
    throw malformed("the key_ops of a COSE_Key are not a list");
  }
  return {
    ...(map.has(COMMON.kid) ? { kid: bytes(map, COMMON.kid) } : {}),
    ...(alg === undefined ? {} : { algorithm: algorithmById(alg.value) }),
    // An operation that we do not know allows nothing that we do.
    ...(ops === undefined ? {} : { ops: ops.items.map((op) => (op.kind === "integer" ? Number(op.value) : 0)) }),
  };
}

function integer(map: LabelMap, label: Label): number {
  const item = map.get(label);
  if (item?.kind !== "integer") throw malformed(`label ${label} of a COSE_Key is not the integer that it must be`);
  return Number(item.value);
}

function bytes(map: LabelMap, label: Label): Uint8Array {
  const item = map.get(label);
  if (item?.kind !== "bytes") throw malformed(`label ${label} of a COSE_Key is not the byte string that it must be`);
  return item.value;
}

/** RFC 9053 §7.1.1: the leading zeros stay. */
function coordinate(map: LabelMap, label: Label, curve: Curve): Uint8Array {
  const value = bytes(map, label);
  if (value.length !== curve.bytes) throw malformed(`label ${label} of a COSE_Key is not ${curve.bytes} bytes long`);
  return value;
}

/** The key as bytes: with its private half only when asked for. */
export function encodeKey(key: CoseKey, part: "public" | "private"): Uint8Array {
  if (key.kty === "Symmetric" && part === "public") throw unmakeable("a shared secret has no public half");
  const limits: ReadonlyArray<readonly [Label, Value | undefined]> = [
    [COMMON.kid, key.kid],
    [COMMON.alg, key.algorithm?.id],
    [COMMON.keyOps, key.ops],
  ];
  const given = limits.flatMap(([label, value]) => (value === undefined ? [] : [[label, value] as const]));
  return encodeValue(new Map<Label, Value>([...given, ...keyMap(key, part)]));
}

/** RFC 9679 §4: what makes the key this key, and its private half when asked for. */
export function keyMap(key: CoseKey, part: "public" | "private"): ValueMap {
  const kty: readonly [Label, Value] = [COMMON.kty, KEY_TYPES[key.kty]];
  const isPrivate = part === "private";
  switch (key.kty) {
    case "EC2":
    case "OKP": {
      const jwk = halfOf(key, part).export({ format: "jwk" });
      const id = CURVES.find(({ name }) => name === key.curve)?.id ?? 0;
      const numbers = [[OF_TYPE.x, jwk.x] as const, [OF_TYPE.y, jwk.y] as const, [OF_TYPE.d, jwk.d] as const];
      const present = numbers.flatMap(([label, text]) =>
        text === undefined ? [] : [[label, new Uint8Array(Buffer.from(text, "base64url"))] as const],
      );
      return new Map<Label, Value>([kty, [OF_TYPE.crv, id], ...present]);
    }
    case "Symmetric":
      return new Map<Label, Value>([kty, [OF_TYPE.k, new Uint8Array(key.secret.export())]]);
    case "HSS-LMS":
      return new Map<Label, Value>([kty, [OF_TYPE.pub, key.publicBytes]]);
    case "AKP": {
      const seed = isPrivate ? [[OF_TYPE.seed, new Uint8Array(privateHalf(key.seed).export())] as const] : [];
      return new Map<Label, Value>([kty, [COMMON.alg, key.algorithm.id], [OF_TYPE.pub, key.publicBytes], ...seed]);
    }
  }
}
