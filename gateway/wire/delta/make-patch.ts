/** Makes a sequential patch: the rounds between two images, written and compressed. */
import { concatBytes, EMPTY } from "../../base/index.ts";
import { encodeSize, HEATSHRINK, type HeatshrinkBits, SEQUENTIAL } from "./format.ts";
import { heatshrink } from "./heatshrink-encoder.ts";
import { rounds } from "./match.ts";

/**
 * What the C decoder of detools is compiled for when nobody changes it, and 256 bytes of memory. Wider windows save 5 to 20 % of
 * a patch, but a node that told `patch` did not tell its window.
 */
export const DEFAULT_BITS: HeatshrinkBits = { window: 8, lookahead: 7 };

/** From an empty image it is the new one, compressed. Throws UsageError `delta.options`. */
export function makePatch(from: Uint8Array, to: Uint8Array, bits = DEFAULT_BITS): Uint8Array {
  const head = concatBytes([Uint8Array.of((SEQUENTIAL << 4) | HEATSHRINK), encodeSize(to.length)]);
  if (to.length === 0) return head;
  return concatBytes([head, heatshrink(concatBytes([...contents(from, to)]), bits)]);
}

export const compressImage = (image: Uint8Array, bits = DEFAULT_BITS): Uint8Array => makePatch(EMPTY, image, bits);

function* contents(from: Uint8Array, to: Uint8Array): Generator<Uint8Array> {
  yield encodeSize(0); // no instructions for a data format
  /** In the old image; undefined before the first round. */
  let place: number | undefined;
  for (const { newAt, oldAt, diff, extra } of rounds(from, to)) {
    if (place !== undefined && diff + extra === 0) continue;
    if (place !== undefined) yield encodeSize(oldAt - place);
    yield encodeSize(diff);
    yield differences(from, to, { newAt, oldAt, diff });
    yield encodeSize(extra);
    yield to.subarray(newAt + diff, newAt + diff + extra);
    place = oldAt + diff;
  }
  yield encodeSize(0);
}

function differences(
  from: Uint8Array,
  to: Uint8Array,
  { newAt, oldAt, diff }: { readonly newAt: number; readonly oldAt: number; readonly diff: number },
): Uint8Array {
  const bytes = new Uint8Array(diff);
  for (let at = 0; at < diff; at++) bytes[at] = (to[newAt + at] ?? 0) - (from[oldAt + at] ?? 0);
  return bytes;
}
