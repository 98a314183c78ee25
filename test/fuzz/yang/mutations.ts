/** What happens to valid CBOR and to valid texts before they are read. One row per trick, with its weight. */
import type { Dice } from "../dice.ts";

type Trick = (dice: Dice, bytes: Uint8Array, other: Uint8Array) => Uint8Array;

/** Heads that lie, tags of RFC 9254 and others, indefinite lengths, floats, break. */
const HEADS = [
  "5bffffffffffffffff",
  "9b0000000100000000",
  "bb7fffffffffffffff",
  "7affffffff",
  "9f",
  "bf",
  "5f",
  "7f",
  "ff",
  "f6",
  "f7",
  "a0",
  "80",
  "40",
  "60",
  "c4820102",
  "c4823903e71b7fffffffffffffff",
  "c48221190101",
  "d82b60",
  "d82c6161",
  "d82d01",
  "d82e01",
  "d82f00",
  "d82f1a0000ea60",
  "d9010380",
  "f97e00",
  "fb7ff0000000000000",
  "1bffffffffffffffff",
  "3bffffffffffffffff",
  "1b0020000000000000",
  "62c328",
].map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));

const TRICKS: ReadonlyArray<readonly [weight: number, trick: Trick]> = [
  [3, (_dice, bytes) => bytes],
  [5, (dice, bytes) => edited(dice, bytes, (byte) => byte ^ (1 << dice.below(8)))],
  [4, (dice, bytes) => edited(dice, bytes, (byte) => byte + dice.pick([1, -1, 0x20, 0x40]))],
  [3, (dice, bytes) => edited(dice, bytes, () => dice.below(256))],
  [1, (dice, bytes) => bytes.subarray(0, dice.below(bytes.length + 1))],
  [2, (dice, bytes, other) => joined(bytes.subarray(0, cut(dice, bytes)), other.subarray(cut(dice, other)))],
  [4, (dice, bytes) => insert(dice, bytes, dice.pick(HEADS))],
  [2, (dice, bytes, other) => insert(dice, bytes, slice(dice, other))],
  [2, (dice, bytes) => insert(dice, bytes, slice(dice, bytes))],
  [1, (dice, bytes) => insert(dice, bytes, nest(dice))],
  [1, (dice) => dice.bytes(40)],
];
const WEIGHTS = TRICKS.reduce((sum, [weight]) => sum + weight, 0);

/** `bytes` stays as it is. */
export function mutateBytes(dice: Dice, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let roll = dice.below(WEIGHTS);
  for (const [weight, trick] of TRICKS) {
    if (roll < weight) return trick(dice, Uint8Array.from(bytes), other);
    roll -= weight;
  }
  return bytes;
}

const cut = (dice: Dice, bytes: Uint8Array): number => dice.below(bytes.length + 1);

function slice(dice: Dice, bytes: Uint8Array): Uint8Array {
  const from = cut(dice, bytes);
  return bytes.subarray(from, from + dice.below(24));
}

function nest(dice: Dice): Uint8Array {
  const heads = dice.pick([[0x81], [0xa1, 0x00], [0xd8, 0x2f], [0x9f], [0x82, 0x01]]);
  const depth = dice.pick([3, 17, 33, 400, 20_000 / heads.length]);
  return Uint8Array.from({ length: depth * heads.length }, (_, i) => heads[i % heads.length] ?? 0);
}

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

function insert(dice: Dice, bytes: Uint8Array, more: Uint8Array): Uint8Array {
  const at = cut(dice, bytes);
  const over = dice.chance(0.5) ? 0 : dice.below(4);
  return joined(bytes.subarray(0, at), more, bytes.subarray(at + over));
}

function edited(dice: Dice, bytes: Uint8Array, change: (byte: number) => number): Uint8Array {
  for (let edits = 1 + dice.below(3); edits > 0 && bytes.length > 0; edits--) {
    const at = dice.below(bytes.length);
    bytes[at] = change(bytes[at] ?? 0);
  }
  return bytes;
}

/** What texts of all kinds take badly: quotes, brackets, ends of lines, numbers, names, long runs, half characters. */
const SCRAPS = [
  ..."' \" [ ] { } ( ) / : ; , . * + - \\ | \n \r \t \0 // /* */ .. ... 0 -1 1e9 007 9007199254740993".split(" "),
  ..."18446744073709551616 null true [null] zoo: __proto__ constructor toString \ud800 \u2028 é 💡 \ufeff".split(" "),
  ..."[.='x'] [1] ../ current() derived-from(.,'z:bird') re-match(.,'(a*)*b') {2,1} {0,9999} \\p{L} [^]".split(" "),
  ..."leaf x { type uint8; } uses place; module import sid item identifier namespace".split("_"),
];

export function mutateText(dice: Dice, text: string, other: string): string {
  const at = dice.below(text.length + 1);
  switch (dice.below(9)) {
    case 0:
      return text;
    case 1:
      return text.slice(0, at);
    case 2:
      return text.slice(0, at) + other.slice(dice.below(other.length + 1));
    case 3:
      return text.slice(0, at) + text.slice(at + 1 + dice.below(4));
    case 4:
      return text.slice(0, at) + text.slice(at, at + dice.below(60)) + text.slice(at);
    case 5:
      return text.slice(0, at) + dice.pick(SCRAPS).repeat(dice.pick([2, 50, 5_000])) + text.slice(at);
    case 6:
      return (
        text.slice(0, at) +
        String.fromCodePoint(dice.pick([dice.below(128), dice.below(0x11_0000)])) +
        text.slice(at + 1)
      );
    default:
      return text.slice(0, at) + dice.pick(SCRAPS) + text.slice(at + dice.below(3));
  }
}
