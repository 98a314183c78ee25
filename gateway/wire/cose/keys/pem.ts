/** Keys from and to PEM: SPKI and PKCS #8, by node:crypto; HSS-LMS (RFC 9708) and ML-DSA (RFC 9881) by their OIDs. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { concatBytes, equalBytes } from "../../../base/index.ts";
import { ML_DSA_SEED_BYTES, type MlDsa } from "../crypto/ml-dsa.ts";
import { unmakeable } from "../label-map.ts";
import { newAkpKey } from "./generate.ts";
import { curveKey, halfOf, mlDsaNamed, privateHalf, quietly, unreadable } from "./jwk.ts";
import { type CoseKey, isCurveKey } from "./key.ts";

/** What OpenSSL 3.0 does not know: the whole of the OBJECT IDENTIFIER, tag and length included. */
const OIDS: ReadonlyArray<readonly [name: string, oid: Uint8Array]> = [
  ["ML-DSA-44", Buffer.from("0609608648016503040311", "hex")],
  ["ML-DSA-65", Buffer.from("0609608648016503040312", "hex")],
  ["ML-DSA-87", Buffer.from("0609608648016503040313", "hex")],
  ["HSS-LMS", Buffer.from("060b2a864886f70d0109100311", "hex")],
];

const PEM = /-----BEGIN (PUBLIC|PRIVATE|EC PRIVATE) KEY-----([A-Za-z0-9+/=\s]+)-----END \1 KEY-----/;

/** The first key of a PEM text. A private key of ML-DSA needs ML-DSA loaded, to learn its public half. */
export function readPem(pem: string, mlDsa?: MlDsa): CoseKey {
  const [text, label, base64] = PEM.exec(pem) ?? [];
  if (text === undefined || base64 === undefined) throw unreadable("it is no PEM with a public or private key");
  const der = new Uint8Array(Buffer.from(base64, "base64"));
  const own = label === "EC PRIVATE" ? undefined : readByOid(der, label === "PUBLIC", mlDsa);
  if (own !== undefined) return own;
  return quietly("it is of a kind that Sidgate does not know, or damaged", () => {
    const key = label === "PUBLIC" ? createPublicKey(text) : createPrivateKey(text);
    return curveKey(key.export({ format: "jwk" }), {});
  });
}

/** The key as PEM: its private half only when asked for. */
export function writePem(key: CoseKey, part: "public" | "private"): string {
  if (isCurveKey(key)) return pemOf(halfOf(key, part), part);
  if (key.kty === "Symmetric") throw unmakeable("there is no PEM for a shared secret");
  const oid = OIDS.find(([name]) => name === (key.kty === "AKP" ? key.algorithm.name : key.kty))![1];
  if (part === "public") return armour("PUBLIC", der(0x30, der(0x30, oid), der(0x03, Buffer.of(0), key.publicBytes)));
  const seed = privateHalf(key.kty === "AKP" ? key.seed : undefined).export();
  return armour("PRIVATE", der(0x30, der(0x02, Buffer.of(0)), der(0x30, oid), der(0x04, der(0x80, seed))));
}

const pemOf = (key: KeyObject, part: "public" | "private"): string =>
  String(
    part === "public" ? key.export({ format: "pem", type: "spki" }) : key.export({ format: "pem", type: "pkcs8" }),
  );

const armour = (label: string, bytes: Uint8Array): string =>
  `-----BEGIN ${label} KEY-----\n${Buffer.from(bytes)
    .toString("base64")
    .replace(/.{64}(?=.)/g, "$&\n")}\n-----END ${label} KEY-----\n`;

/** SubjectPublicKeyInfo (RFC 5280) or OneAsymmetricKey (RFC 5958) of an algorithm in OIDS. */
function readByOid(bytes: Uint8Array, isPublic: boolean, mlDsa: MlDsa | undefined): CoseKey | undefined {
  const outer = items(items(bytes)?.[0]?.content);
  const [algorithm, material] = isPublic ? (outer ?? []) : (outer?.slice(1) ?? []);
  const name = OIDS.find(([, oid]) => algorithm !== undefined && equalBytes(oid, algorithm.content))?.[0];
  if (name === undefined || material === undefined) return undefined;
  // A BIT STRING begins with the number of its unused bits.
  if (isPublic) return publicKeyOf(name, material.content.subarray(1));
  if (name === "HSS-LMS") throw unreadable("Sidgate verifies HSS-LMS and never signs with it");
  return newAkpKey(mlDsaNamed(name), seedOf(material.content), mlDsa);
}

function publicKeyOf(name: string, publicBytes: Uint8Array): CoseKey {
  if (name === "HSS-LMS") return { kty: "HSS-LMS", publicBytes };
  return { kty: "AKP", algorithm: mlDsaNamed(name), publicBytes, seed: undefined };
}

/** RFC 9881 §6: [0] seed, or a sequence of the seed and what it expands to; the expanded key alone is not read. */
function seedOf(material: Uint8Array): Uint8Array {
  const [first] = items(material) ?? [];
  const seed = first?.tag === 0x30 ? items(first.content)?.[0] : first;
  if (seed?.content.length !== ML_DSA_SEED_BYTES) throw unreadable("a private ML-DSA key without its seed");
  return seed.content;
}

interface DerItem {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** X.690 §8.1: tag, length, content, one after the other; undefined = not DER. */
function items(bytes: Uint8Array | undefined): readonly DerItem[] | undefined {
  const found: DerItem[] = [];
  let at = 0;
  while (bytes !== undefined && at < bytes.length) {
    const first = bytes[at + 1] ?? 0xff;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    if (lengthBytes > 3) return undefined;
    const start = at + 2 + lengthBytes;
    const length = first < 0x80 ? first : [...bytes.subarray(at + 2, start)].reduce((sum, byte) => sum * 256 + byte, 0);
    if (start + length > bytes.length) return undefined;
    found.push({ tag: bytes[at]!, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return bytes && found;
}

function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(parts);
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes([Buffer.of(tag, ...head), content]);
}
