/** ULIDs (github.com/ulid/spec): 48 bits of time and 80 of entropy in Crockford's base 32; they sort by time. */
import { createHash } from "node:crypto";
import type { Millis, Random } from "../../../gateway/base/index.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** `entropy` has 10 bytes. */
export function ulid(at: Millis, entropy: Uint8Array): string {
  let bits = BigInt(Math.max(0, Math.floor(at)));
  for (const byte of entropy.subarray(0, 10)) bits = (bits << 8n) | BigInt(byte);
  let text = "";
  for (let i = 0; i < 26; i++) {
    text = ALPHABET.charAt(Number(bits & 31n)) + text;
    bits >>= 5n;
  }
  return text;
}

/**
 * The id of a message follows from its number, so that rendering a fact again after a crash gives the same bytes and a
 * consumer that already has it can tell.
 */
export const ulidOfFact = (site: string, epoch: number, seq: number, at: Millis): string =>
  ulid(at, createHash("sha256").update(`${site}\n${epoch}\n${seq}\n${at}`).digest());

export const randomUlid = (at: Millis, random: Random): string =>
  ulid(
    at,
    Uint8Array.from({ length: 10 }, () => Math.floor(random.next() * 256)),
  );
