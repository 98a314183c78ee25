/**
 * Chance that can be asked in any order: the same seed, node and wake give the same draw, whatever was drawn before. So two
 * forecasts differ by what differs in their questions and by nothing else. Never for secrets.
 */

/** Uniform in [0, 1): finalizer of MurmurHash3 over three numbers. */
export function draw(seed: number, a: number, b: number): number {
  let hash = seed ^ Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296;
}

/** Standard normal as far as three deviations, from two uniform draws (Box and Muller). */
export function normal(one: number, other: number): number {
  const far = Math.sqrt(-2 * Math.log(1 - one)) * Math.cos(2 * Math.PI * other);
  return Math.max(-3, Math.min(3, far));
}
