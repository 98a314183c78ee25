/** The id of an image in an offer: six characters made from its digest: `f/ID` has eight. */

// Crockford's base 32: no i, l, o, u, so that it can be read aloud in a plant room.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH = 6;

/** 30 bits of the digest (hex). */
export function shortId(digest: string): string {
  const bits = Number.parseInt(digest.slice(0, 8), 16);
  let id = "";
  for (let i = 0; i < LENGTH; i++) id += ALPHABET[(bits >>> (27 - 5 * i)) & 31];
  return id;
}
