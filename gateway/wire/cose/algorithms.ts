/**
 * The COSE algorithms that we speak, one row each (IANA "COSE Algorithms"): RFC 9053, RFC 9864 (fully specified),
 * RFC 9459 (CTR), RFC 8778 (HSS/LMS), RFC 9964 (ML-DSA); and the curves of RFC 9053 §7.1.
 */
import { TrustError } from "../../base/index.ts";

/** RFC 9053 §7.1, table 18. The names are also those of JWK and of node:crypto. */
export const CURVES = [
  { id: 1, name: "P-256", kty: "EC2", bytes: 32 },
  { id: 2, name: "P-384", kty: "EC2", bytes: 48 },
  { id: 3, name: "P-521", kty: "EC2", bytes: 66 },
  { id: 4, name: "X25519", kty: "OKP", bytes: 32 },
  { id: 5, name: "X448", kty: "OKP", bytes: 56 },
  { id: 6, name: "Ed25519", kty: "OKP", bytes: 32 },
  { id: 7, name: "Ed448", kty: "OKP", bytes: 57 },
] as const;
export type Curve = (typeof CURVES)[number];
export type CurveName = Curve["name"];

interface Named {
  readonly id: number;
  readonly name: string;
  /** RFC 9864 §4: read for the sake of old authors, never chosen by us. */
  readonly deprecated?: true;
}
export interface Ecdsa extends Named {
  readonly kind: "ecdsa";
  readonly hash: string;
  readonly curves: readonly CurveName[];
}
export interface Eddsa extends Named {
  readonly kind: "eddsa";
  readonly curves: readonly CurveName[];
}
export interface MlDsaRow extends Named {
  readonly kind: "ml-dsa";
  readonly name: MlDsaName;
}
export type MlDsaName = "ML-DSA-44" | "ML-DSA-65" | "ML-DSA-87";
export interface HssLms extends Named {
  readonly kind: "hss-lms";
}
export interface Hmac extends Named {
  readonly kind: "hmac";
  readonly hash: string;
  readonly keyBytes: number;
  readonly tagBytes: number;
}
interface Cipher extends Named {
  /** As node:crypto calls it. */
  readonly cipher: string;
  readonly keyBytes: number;
}
export interface Aead extends Cipher {
  readonly kind: "aead";
  readonly ivBytes: number;
}
/** Encryption without authentication. */
export interface Ctr extends Cipher {
  readonly kind: "ctr";
  readonly ivBytes: number;
}
export interface KeyWrap extends Cipher {
  readonly kind: "key-wrap";
}
export interface Direct extends Named {
  readonly kind: "direct";
}
export interface EcdhEs extends Named {
  readonly kind: "ecdh-es";
  readonly hash: string;
  readonly curves: readonly CurveName[];
  /** Id of the key wrap that takes the agreed key. */
  readonly wrap: number;
}

export type SignatureAlgorithm = Ecdsa | Eddsa | MlDsaRow | HssLms;
export type ContentAlgorithm = Aead | Ctr;
export type RecipientAlgorithm = KeyWrap | Direct | EcdhEs;
export type Algorithm = SignatureAlgorithm | Hmac | ContentAlgorithm | RecipientAlgorithm;
export type AlgorithmKind = Algorithm["kind"];
export type OfKind<K extends AlgorithmKind> = Extract<Algorithm, { readonly kind: K }>;

const AGREEMENT_CURVES = ["P-256", "P-384", "P-521", "X25519", "X448"] as const;

// biome-ignore format: a table, one row a line
export const ALGORITHMS: readonly Algorithm[] = [
  // RFC 9864: a fully specified algorithm names its curve; the older id of the same mathematics is held to the same curve.
  { id: -9, name: "ESP256", kind: "ecdsa", hash: "sha256", curves: ["P-256"] },
  { id: -51, name: "ESP384", kind: "ecdsa", hash: "sha384", curves: ["P-384"] },
  { id: -52, name: "ESP512", kind: "ecdsa", hash: "sha512", curves: ["P-521"] },
  { id: -19, name: "Ed25519", kind: "eddsa", curves: ["Ed25519"] },
  { id: -53, name: "Ed448", kind: "eddsa", curves: ["Ed448"] },
  { id: -7, name: "ES256", kind: "ecdsa", hash: "sha256", curves: ["P-256"], deprecated: true },
  { id: -35, name: "ES384", kind: "ecdsa", hash: "sha384", curves: ["P-384"], deprecated: true },
  { id: -36, name: "ES512", kind: "ecdsa", hash: "sha512", curves: ["P-521"], deprecated: true },
  { id: -8, name: "EdDSA", kind: "eddsa", curves: ["Ed25519", "Ed448"], deprecated: true },
  { id: -46, name: "HSS-LMS", kind: "hss-lms" },
  { id: -48, name: "ML-DSA-44", kind: "ml-dsa" },
  { id: -49, name: "ML-DSA-65", kind: "ml-dsa" },
  { id: -50, name: "ML-DSA-87", kind: "ml-dsa" },
  { id: 4, name: "HMAC 256/64", kind: "hmac", hash: "sha256", keyBytes: 32, tagBytes: 8 },
  { id: 5, name: "HMAC 256/256", kind: "hmac", hash: "sha256", keyBytes: 32, tagBytes: 32 },
  { id: 6, name: "HMAC 384/384", kind: "hmac", hash: "sha384", keyBytes: 48, tagBytes: 48 },
  { id: 7, name: "HMAC 512/512", kind: "hmac", hash: "sha512", keyBytes: 64, tagBytes: 64 },
  { id: 1, name: "A128GCM", kind: "aead", cipher: "aes-128-gcm", keyBytes: 16, ivBytes: 12 },
  { id: 2, name: "A192GCM", kind: "aead", cipher: "aes-192-gcm", keyBytes: 24, ivBytes: 12 },
  { id: 3, name: "A256GCM", kind: "aead", cipher: "aes-256-gcm", keyBytes: 32, ivBytes: 12 },
  { id: 24, name: "ChaCha20/Poly1305", kind: "aead", cipher: "chacha20-poly1305", keyBytes: 32, ivBytes: 12 },
  { id: -65534, name: "A128CTR", kind: "ctr", cipher: "aes-128-ctr", keyBytes: 16, ivBytes: 16 },
  { id: -65533, name: "A192CTR", kind: "ctr", cipher: "aes-192-ctr", keyBytes: 24, ivBytes: 16 },
  { id: -65532, name: "A256CTR", kind: "ctr", cipher: "aes-256-ctr", keyBytes: 32, ivBytes: 16 },
  { id: -3, name: "A128KW", kind: "key-wrap", cipher: "id-aes128-wrap", keyBytes: 16 },
  { id: -4, name: "A192KW", kind: "key-wrap", cipher: "id-aes192-wrap", keyBytes: 24 },
  { id: -5, name: "A256KW", kind: "key-wrap", cipher: "id-aes256-wrap", keyBytes: 32 },
  { id: -6, name: "direct", kind: "direct" },
  { id: -29, name: "ECDH-ES + A128KW", kind: "ecdh-es", hash: "sha256", curves: AGREEMENT_CURVES, wrap: -3 },
  { id: -30, name: "ECDH-ES + A192KW", kind: "ecdh-es", hash: "sha256", curves: AGREEMENT_CURVES, wrap: -4 },
  { id: -31, name: "ECDH-ES + A256KW", kind: "ecdh-es", hash: "sha256", curves: AGREEMENT_CURVES, wrap: -5 },
];

const BY_ID: ReadonlyMap<number | bigint | string, Algorithm> = new Map(ALGORITHMS.map((row) => [row.id, row]));

/** The row with this id; ids as text are nobody's. */
export function algorithmById(id: number | bigint | string): Algorithm {
  const row = BY_ID.get(id);
  if (row === undefined) throw new TrustError("cose.algorithm", { algorithm: String(id), reason: "it is unknown" });
  return row;
}

/** The row, when it is of a kind that has a place here. */
export function ofKind<K extends AlgorithmKind>(row: Algorithm, kinds: readonly K[], place: string): OfKind<K> {
  if (!isOfKind(row, kinds)) {
    throw new TrustError("cose.algorithm", { algorithm: row.name, reason: `it has no place in ${place}` });
  }
  return row;
}

const isOfKind = <K extends AlgorithmKind>(row: Algorithm, kinds: readonly K[]): row is OfKind<K> =>
  kinds.some((kind) => kind === row.kind);

/**
 * RFC 9459 §4, RFC 9053 §6.1.1 and §6.2.1: what authenticates no header takes none that is protected, so that its own
 * `alg` stands unprotected; every other `alg` must be protected.
 */
export const isBare = ({ kind }: Algorithm): boolean => kind === "ctr" || kind === "key-wrap" || kind === "direct";

export const SIGNATURE_KINDS = ["ecdsa", "eddsa", "ml-dsa", "hss-lms"] as const;
export const CONTENT_KINDS = ["aead", "ctr"] as const;
export const RECIPIENT_KINDS = ["key-wrap", "direct", "ecdh-es"] as const;

/** -7 and -9, -8 and -19 are the same mathematics: a key made for the one may do the other. */
export const sameMathematics = (a: Algorithm, b: Algorithm): boolean =>
  a.id === b.id ||
  (a.kind === "ecdsa" && b.kind === "ecdsa" && a.hash === b.hash) ||
  (a.kind === "eddsa" && b.kind === "eddsa");
