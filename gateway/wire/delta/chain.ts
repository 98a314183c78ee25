/**
 * Chained block digests: a node refuses a wrong byte within a kilobyte of it, not after the whole image. House format.
 *
 * What lies at `uri` (image, patch or compressed image) is cut into groups of 1024 bytes; the last is shorter or just as long.
 * On the wire each group but the last is followed by the SHA-256 of the next group AS IT IS ON THE WIRE, with its own tail:
 *
 *     G(n) = D(n)                                      1..1024 bytes
 *     G(i) = D(i) | SHA-256(G(i+1))        1024 + 32 = 1056 bytes
 *     chain = SHA-256(G(1)), in the offer (`chain`)
 *
 * `length` of the offer counts the bytes on the wire, digests and all; `digest` and `size` stay those of the image. So with
 * `length` = T there are floor((T - 1) / 1056) groups of 1056 bytes and a last one of what remains; a remainder above 1024
 * cannot be. A node hashes the bytes of a group as they come and keeps 32 bytes of state beside the hash: the digest that this
 * group must have, then the tail of this group, which is the digest of the next. Bytes of a group are to be believed (written
 * to flash for good, fed to the patch) only when its digest was right; else the node stops asking, and reports.
 */
import { createHash } from "node:crypto";
import { concatBytes, EMPTY, equalBytes, UsageError, WireError } from "../../base/index.ts";

export const CHAIN_GROUP = 1024;
const TAIL = 32;
const WIRE_GROUP = CHAIN_GROUP + TAIL;

export interface ChainDigests {
  /** SHA-256 of the first group. */
  readonly chain: Uint8Array;
  /** Of all others, in their order: the tails of those before them. */
  readonly digests: Uint8Array;
}

/** From the last group to the first, as each holds the digest of the next. Throws UsageError `chain.empty`. */
export function chainDigests(data: Uint8Array): ChainDigests {
  if (data.length === 0) throw new UsageError("chain.empty");
  const groups = Math.ceil(data.length / CHAIN_GROUP);
  const digests = new Uint8Array(TAIL * (groups - 1));
  let chain: Uint8Array = EMPTY;
  for (let group = groups - 1; group >= 0; group--) {
    const hash = createHash("sha256").update(data.subarray(group * CHAIN_GROUP, (group + 1) * CHAIN_GROUP));
    chain = hash.update(chain).digest();
    if (group > 0) digests.set(chain, TAIL * (group - 1));
  }
  return { chain, digests };
}

/** Bytes on the wire, of a body of `size` bytes that is not empty. */
export const chainedLength = (size: number): number => size + TAIL * (Math.ceil(size / CHAIN_GROUP) - 1);

/** Bytes of a body of `size` bytes with its chain, as they go over the wire: the body itself is not copied. */
export function chainedSlice(
  data: { readonly size: number; slice(offset: number, length: number): Uint8Array },
  digests: Uint8Array,
  { offset, length }: { readonly offset: number; readonly length: number },
): Uint8Array {
  const end = Math.min(chainedLength(data.size), offset + length);
  const parts: Uint8Array[] = [];
  for (let at = offset; at < end; ) {
    const group = Math.floor(at / WIRE_GROUP);
    const within = at % WIRE_GROUP;
    const rest = end - at;
    const part =
      within < CHAIN_GROUP
        ? data.slice(group * CHAIN_GROUP + within, Math.min(CHAIN_GROUP - within, rest))
        : digests.subarray(
            group * TAIL + within - CHAIN_GROUP,
            group * TAIL + Math.min(TAIL, within - CHAIN_GROUP + rest),
          );
    parts.push(part);
    at += part.length;
  }
  return concatBytes(parts);
}

/** The whole of it. Throws UsageError `chain.empty`. */
export function chainBlocks(data: Uint8Array): { readonly bytes: Uint8Array; readonly chain: Uint8Array } {
  const { chain, digests } = chainDigests(data);
  const body = { size: data.length, slice: (at: number, size: number) => data.subarray(at, at + size) };
  return { bytes: chainedSlice(body, digests, { offset: 0, length: Infinity }), chain };
}

/** Reads a chained body as it comes, in pieces of any length. */
export class ChainReader {
  /** Digest that the group under way must have. */
  #expected: Uint8Array;
  readonly #length: number;
  readonly #group = new Uint8Array(WIRE_GROUP);
  #filled = 0;
  #done = 0;

  /** `chain`, `length`: of the offer. Throws WireError `chain.length`. */
  constructor(chain: Uint8Array, length: number) {
    const last = length % WIRE_GROUP;
    const isPossible = Number.isSafeInteger(length) && length > 0 && last > 0 && last <= CHAIN_GROUP;
    if (!isPossible || chain.length !== TAIL) throw new WireError("chain.length", { length });
    this.#expected = chain;
    this.#length = length;
  }

  /** The bytes that are to be believed now, mostly none. Throws WireError `chain.broken`, `chain.length`; then it is over. */
  push(piece: Uint8Array): Uint8Array {
    if (this.#done + this.#filled + piece.length > this.#length)
      throw new WireError("chain.length", { length: this.#done + this.#filled + piece.length });
    const believed: Uint8Array[] = [];
    for (let at = 0; at < piece.length; ) {
      const size = Math.min(WIRE_GROUP, this.#length - this.#done);
      const taken = piece.subarray(at, at + size - this.#filled);
      this.#group.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled === size) believed.push(this.#close(size));
    }
    return concatBytes(believed);
  }

  /** Did all of it come? */
  get isComplete(): boolean {
    return this.#done === this.#length;
  }

  #close(size: number): Uint8Array {
    const group = this.#group.slice(0, size);
    const digest = createHash("sha256").update(group).digest();
    if (!equalBytes(digest, this.#expected)) throw new WireError("chain.broken", { offset: this.#done });
    this.#done += size;
    this.#filled = 0;
    const isLast = this.isComplete;
    this.#expected = isLast ? EMPTY : group.subarray(CHAIN_GROUP);
    return isLast ? group : group.subarray(0, CHAIN_GROUP);
  }
}
