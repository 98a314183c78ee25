/** RFC 8613 §3.3: the ids of peers, shortest first: each byte of a kid is sent with every request. */

/** Ours in every context, so no peer is given it. */
export const GATEWAY_ID = Uint8Array.of(0);

/** RFC 8613 §3.3: nonce length minus 6, for AES-CCM-16-64-128. */
const LONGEST = 7;

/** 0 = 01, 254 = ff, 255 = 0000, 65791 = 000000 and so on. */
export function kidAt(index: number): Uint8Array {
  let rest = index + 1; // of one byte, 00 is taken
  for (let length = 1; length <= LONGEST; length++) {
    const count = 256 ** length;
    if (rest < count) return bigEndian(rest, length);
    rest -= count;
  }
  throw new RangeError(`there is no kid ${index}`);
}

export function indexOfKid(kid: Uint8Array): number {
  let index = kid.reduce((sum, byte) => sum * 256 + byte, 0) - 1;
  for (let length = 1; length < kid.length; length++) index += 256 ** length;
  return index;
}

/** The shortest that nobody has; where to look for it is remembered, since 100,000 may be taken before it. */
export class KidPool {
  /** All below are taken. */
  #lowest = 0;

  /** Does not take it: the fact that names it does. */
  free(isTaken: (kid: Uint8Array) => boolean): Uint8Array {
    for (;;) {
      const kid = kidAt(this.#lowest);
      if (!isTaken(kid)) return kid;
      this.#lowest += 1;
    }
  }

  givenBack(kid: Uint8Array): void {
    // A credential from elsewhere may have an id that we never give.
    if (kid.length > 0 && kid.length <= LONGEST) this.#lowest = Math.max(0, Math.min(this.#lowest, indexOfKid(kid)));
  }
}

function bigEndian(value: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = length - 1, rest = value; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  return bytes;
}
