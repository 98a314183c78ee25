/** RFC 9053 §4 — the AEAD algorithms of OSCORE contexts (RFC 8613 §3.2.1: 10 is mandatory), one row each. */
import type { OscoreAlgorithm } from "../../../base/index.ts";

export interface AlgorithmRow {
  /** COSE algorithm number. */
  readonly number: OscoreAlgorithm;
  readonly name: string;
  readonly keyBytes: number;
  readonly nonceBytes: number;
  readonly tagBytes: number;
  readonly family: "aes-ccm" | "chacha20-poly1305";
}

export const ALGORITHMS: readonly AlgorithmRow[] = [
  { number: 10, name: "AES-CCM-16-64-128", keyBytes: 16, nonceBytes: 13, tagBytes: 8, family: "aes-ccm" },
  { number: 24, name: "ChaCha20/Poly1305", keyBytes: 32, nonceBytes: 12, tagBytes: 16, family: "chacha20-poly1305" },
  { number: 30, name: "AES-CCM-16-128-128", keyBytes: 16, nonceBytes: 13, tagBytes: 16, family: "aes-ccm" },
];

const BY_NUMBER: ReadonlyMap<number, AlgorithmRow> = new Map(ALGORITHMS.map((row) => [row.number, row]));
export const algorithmRow = (number: number): AlgorithmRow | undefined => BY_NUMBER.get(number);

/** RFC 8613 §3.3: a Sender ID is at most the nonce without its 5 bytes of Partial IV and its length byte. */
export const maxIdBytes = ({ nonceBytes }: AlgorithmRow): number => nonceBytes - 6;
