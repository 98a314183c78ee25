/** RFC 8554 §4.1, §5.1 and RFC 9858 — the registered parameter sets of LM-OTS and LMS, by type number. */

export interface HashFunction {
  readonly name: "sha256" | "shake256";
  /** Bytes that are kept of the digest: n of LM-OTS, m of LMS. */
  readonly bytes: 24 | 32;
}
export interface OtsParameters extends HashFunction {
  /** Bits of a Winternitz digit. */
  readonly w: number;
  /** Hash chains in a signature. */
  readonly p: number;
  /** Bits by which the checksum is shifted left. */
  readonly ls: number;
}
export interface LmsParameters extends HashFunction {
  /** Height of the tree. */
  readonly h: number;
}

/** Both registries list the functions in this order, four digits widths and five heights each. */
const HASHES: readonly HashFunction[] = [
  { name: "sha256", bytes: 32 },
  { name: "sha256", bytes: 24 },
  { name: "shake256", bytes: 32 },
  { name: "shake256", bytes: 24 },
];
const WIDTHS = [1, 2, 4, 8] as const;
const HEIGHTS = [5, 10, 15, 20, 25] as const;
const FIRST_OTS_TYPE = 1;
const FIRST_LMS_TYPE = 5;

const rows = <S, T>(first: number, sizes: readonly S[], make: (hash: HashFunction, size: S) => T): Map<number, T> =>
  new Map(
    HASHES.flatMap((hash, at) =>
      sizes.map((size, index) => [first + at * sizes.length + index, make(hash, size)] as const),
    ),
  );

export const LMOTS_TYPES: ReadonlyMap<number, OtsParameters> = rows(FIRST_OTS_TYPE, WIDTHS, (hash, w) => {
  // RFC 8554, Appendix B: u digits of the digest, v of their checksum.
  const u = (8 * hash.bytes) / w;
  const v = Math.ceil((Math.floor(Math.log2((2 ** w - 1) * u)) + 1) / w);
  return { ...hash, w, p: u + v, ls: 16 - v * w };
});

export const LMS_TYPES: ReadonlyMap<number, LmsParameters> = rows(FIRST_LMS_TYPE, HEIGHTS, (hash, h) => ({
  ...hash,
  h,
}));
