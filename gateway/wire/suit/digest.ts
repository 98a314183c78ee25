/** suit-manifest-37 §8.1, §10 and RFC 9054 — SUIT_Digest: the hash algorithms of COSE over byte strings with their heads. */
import { createHash, timingSafeEqual } from "node:crypto";
import { equalBytes, UsageError, WireError } from "../../base/index.ts";
import type { CborReader, CborWriter } from "../cbor/index.ts";
import { readSmall, readTuple } from "./strict.ts";
import type { SuitDigest, Wrapped } from "./types.ts";

export const SHA_256 = -16;

/** RFC 9054, table 1 and 2: SHAKE gives twice its strength. */
export const DIGESTS = [
  { algorithm: SHA_256, name: "SHA-256", hash: "sha256", length: 32 },
  { algorithm: -18, name: "SHAKE128", hash: "shake128", length: 32 },
  { algorithm: -43, name: "SHA-384", hash: "sha384", length: 48 },
  { algorithm: -44, name: "SHA-512", hash: "sha512", length: 64 },
  { algorithm: -45, name: "SHAKE256", hash: "shake256", length: 64 },
] as const;
export type DigestRow = (typeof DIGESTS)[number];

export const digestRow = (algorithm: number): DigestRow | undefined =>
  DIGESTS.find((row) => row.algorithm === algorithm);

/** Of an item: of a manifest or severed element that is the byte string with its head, of an image its bytes. */
export function digestOf(item: Uint8Array, algorithm: number = SHA_256): SuitDigest {
  const row = digestRow(algorithm);
  if (row === undefined) throw new UsageError("suit.usage", { reason: `digest algorithm ${algorithm} is unknown` });
  const hash = createHash(row.hash, row.hash.startsWith("shake") ? { outputLength: row.length } : {});
  return { algorithm, bytes: new Uint8Array(hash.update(item).digest()) };
}

/** §8.3: the digest covers the byte string with its head, not only what is in it. */
export function matches({ item }: Pick<Wrapped, "item">, digest: SuitDigest): boolean {
  const { bytes } = digestOf(item, digest.algorithm);
  return bytes.length === digest.bytes.length && timingSafeEqual(bytes, digest.bytes);
}

export const sameDigest = (a: SuitDigest, b: SuitDigest): boolean =>
  a.algorithm === b.algorithm && equalBytes(a.bytes, b.bytes);

export function readDigest(reader: CborReader, where: string): SuitDigest {
  return readTuple(reader, 2, `the digest of ${where}`, () => {
    const algorithm = readSmall(reader);
    const bytes = reader.byteString();
    const row = digestRow(algorithm);
    if (row === undefined) throw new WireError("suit.digest-algorithm", { where, algorithm });
    if (bytes.length !== row.length) {
      throw new WireError("suit.digest-length", { where, length: bytes.length, expected: row.length });
    }
    return { algorithm, bytes };
  });
}

export function writeDigest(writer: CborWriter, { algorithm, bytes }: SuitDigest): void {
  writer.array(2);
  writer.integer(algorithm);
  writer.byteString(bytes);
}
