/** Short ids made from a digest: what has the same bytes has the same id, here and after every restart. */

// Crockford's base 32: no i, l, o, u, so that it can be read aloud in a plant room.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const BITS = 5;

/** So many characters from the digest (hex), beginning with its character number `from` in this base. */
export function shortIdOf(digest: string, characters: number, from = 0): string {
  const bits = BigInt(`0x${digest}`);
  let id = "";
  for (let at = from + 1; at <= from + characters; at++) {
    id += ALPHABET[Number((bits >> BigInt(digest.length * 4 - BITS * at)) & 31n)];
  }
  return id;
}
