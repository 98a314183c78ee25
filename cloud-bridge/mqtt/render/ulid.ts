/** ULIDs (github.com/ulid/spec): 48 bits of time and 80 of entropy in Crockford's base 32; they sort by time. */
import { hash } from "node:crypto";
import type { Millis, Random } from "../../../gateway/base/index.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** `entropy` has 10 bytes. */
export const ulid = (at: Millis, entropy: Uint8Array): string =>
  digits(Math.max(0, Math.floor(at)), 10) + digits(uint40(entropy, 0), 8) + digits(uint40(entropy, 5), 8);

/** The last `count` digits of a number of less than 53 bits. */
function digits(value: number, count: number): string {
  let text = "";
  for (let left = value; text.length < count; left = Math.floor(left / 32)) text = ALPHABET.charAt(left % 32) + text;
  return text;
}

function uint40(bytes: Uint8Array, from: number): number {
  let value = 0;
  for (let at = from; at < from + 5; at++) value = value * 256 + (bytes[at] ?? 0);
  return value;
}

/**
 * The id of a message follows from its number, so that rendering a fact again after a crash gives the same bytes and a
 * consumer that already has it can tell.
 */
export const ulidOfFact = (site: string, epoch: number, seq: number, at: Millis): string =>
  ulid(at, hash("sha256", `${site}\n${epoch}\n${seq}\n${at}`, "buffer"));

export const randomUlid = (at: Millis, random: Random): string =>
  ulid(
    at,
    Uint8Array.from({ length: 10 }, () => Math.floor(random.next() * 256)),
  );
