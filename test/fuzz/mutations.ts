/** What happens to a valid datagram on its way to a fuzzed gateway. One row per trick, with its weight. */
import type { Dice } from "./dice.ts";

/** `other` is one more valid datagram. The bytes may be changed in place. */
type Trick = (dice: Dice, bytes: Uint8Array, other: Uint8Array) => Uint8Array;

const TRICKS: ReadonlyArray<readonly [weight: number, name: string, trick: Trick]> = [
  [6, "as it is", (_dice, bytes) => bytes],
  [4, "flipped bits", (dice, bytes) => edited(dice, bytes, (byte) => byte ^ (1 << dice.below(8)))],
  [4, "other bytes", (dice, bytes) => edited(dice, bytes, () => dice.below(256))],
  [2, "cut", (dice, bytes) => bytes.subarray(0, dice.below(bytes.length + 1))],
  [
    2,
    "spliced",
    (dice, bytes, other) =>
      Uint8Array.from([
        ...bytes.subarray(0, dice.below(bytes.length + 1)),
        ...other.subarray(dice.below(other.length + 1)),
      ]),
  ],
  [1, "with a tail", (dice, bytes) => Uint8Array.from([...bytes, ...dice.bytes(200)])],
  [
    2,
    "a token length that lies",
    (dice, bytes) => {
      if (bytes.length > 0) bytes[0] = ((bytes[0] ?? 0) & 0xf0) | dice.below(16);
      return bytes;
    },
  ],
  [
    1,
    "an option length that lies",
    (dice, bytes) => {
      const at = Math.min(bytes.length - 1, 4 + ((bytes[0] ?? 0) & 0x0f) + dice.below(6));
      if (at > 0) bytes[at] = dice.pick([0xdd, 0xee, 0xde, 0xed, 0xf1, 0x1f, 0xd0, 0xe0, 0xff]);
      return bytes;
    },
  ],
  [1, "an option bomb", (dice, bytes) => bomb(dice, bytes)],
  [1, "a random datagram", (dice) => dice.bytes(dice.chance(0.05) ? 1400 : 40)],
];

const WEIGHTS = TRICKS.reduce((sum, [weight]) => sum + weight, 0);

export function mutate(dice: Dice, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let roll = dice.below(WEIGHTS);
  for (const [weight, , trick] of TRICKS) {
    if (roll < weight) return trick(dice, bytes, other);
    roll -= weight;
  }
  return bytes;
}

function edited(dice: Dice, bytes: Uint8Array, change: (byte: number) => number): Uint8Array {
  for (let edits = 1 + dice.below(3); edits > 0 && bytes.length > 0; edits--) {
    const at = dice.below(bytes.length);
    bytes[at] = change(bytes[at] ?? 0);
  }
  return bytes;
}

/** Hundreds of options: repeatable, unknown elective, or one that may stand only once. */
function bomb(dice: Dice, bytes: Uint8Array): Uint8Array {
  const head = bytes.subarray(0, 4 + Math.min(8, (bytes[0] ?? 0) & 0x0f));
  const first = dice.pick([[0xb0], [0xd0, 0x02], [0x40], [0xe1, 0x40, 0x00, 0x2a], [0x90]]);
  const count = dice.below(600);
  return Uint8Array.from([...head, ...first, ...Array.from({ length: count }, () => dice.pick([0x00, 0x00, 0x01]))]);
}
