/**
 * Chained block digests from the node's side: behind each group of 1024 bytes stands the SHA-256 of the next group with its own
 * digest, the first one's is in the offer. Nothing is believed before its group is whole.
 */
import { createHash } from "node:crypto";
import { concatBytes, EMPTY, toHex } from "../../base/index.ts";

const GROUP = 1024;
const DIGEST = 32;

/** What a node keeps of it. */
export interface Chain {
  /** Of the group under way, hex. */
  readonly expected: string;
  /** Bytes whose groups were right: as they travel, and without the digests. */
  readonly believed: number;
  readonly plain: number;
  /** Of the group under way; a real node hashes them and lets them go. */
  readonly held: Uint8Array;
  /** This group was wrong once. */
  readonly retried: boolean;
}

export const beginChain = (expected: string): Chain => ({
  expected,
  believed: 0,
  plain: 0,
  held: EMPTY,
  retried: false,
});

/** `bytes` may be believed now; `broken` = the group under way is wrong, and of it nothing is held any more. */
export interface Believed {
  readonly chain: Chain;
  readonly bytes: Uint8Array;
  readonly broken: boolean;
}

/** The bytes at `offset` of `length` in all; what was believed before is passed over. */
export function takeChained(before: Chain, offset: number, bytes: Uint8Array, length: number): Believed {
  const believed: Uint8Array[] = [];
  const fresh = bytes.subarray(Math.max(0, before.believed - offset));
  let chain: Chain = { ...before, held: concatBytes([before.held, fresh]) };
  for (let size = sizeAt(chain, length); size > 0 && chain.held.length >= size; size = sizeAt(chain, length)) {
    const group = chain.held.subarray(0, size);
    if (sha256(group) !== chain.expected) {
      return { chain: { ...chain, held: EMPTY, retried: true }, bytes: concatBytes(believed), broken: true };
    }
    const data = chain.believed + size === length ? group : group.subarray(0, GROUP);
    believed.push(data);
    chain = {
      expected: toHex(group.subarray(GROUP)),
      believed: chain.believed + size,
      plain: chain.plain + data.length,
      held: chain.held.subarray(size),
      retried: false,
    };
  }
  return { chain, bytes: concatBytes(believed), broken: false };
}

const sizeAt = ({ believed }: Chain, length: number): number => Math.min(GROUP + DIGEST, length - believed);
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
