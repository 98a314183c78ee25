/**
 * What of the new image stands in the old one, nearly: the approach of bsdiff (Colin Percival, "Naive Differences of Executable
 * Code"). Long exact matches are found in the suffix array and stretched both ways as long as most bytes agree; what a linker
 * moved differs then in a few addresses, and its difference is mostly zero.
 */
import { suffixArray } from "./suffix-array.ts";

/** `diff` bytes are the old image's from `oldAt` with a difference, then `extra` bytes are new. */
export interface Round {
  readonly newAt: number;
  readonly oldAt: number;
  readonly diff: number;
  readonly extra: number;
}

/** A match elsewhere must be so many bytes better than going on in the old image. */
const BETTER_BY = 8;

/** Yields the rounds in the order of the new image; they cover it whole. */
export function* rounds(from: Uint8Array, to: Uint8Array): Generator<Round> {
  const search = new LongestMatch(from, to);
  let last = { newAt: 0, oldAt: 0 };
  let scan = 0;
  while (scan < to.length) {
    const found = nextPlace(from, to, { search, scan, shift: last.oldAt - last.newAt });
    const { newAt, oldAt } = found;
    const isEnd = newAt === to.length;
    let forward = stretchForward(from, to, last, newAt - last.newAt);
    let back = isEnd ? 0 : stretchBack(from, to, { newAt, oldAt }, newAt - last.newAt);
    const overlap = forward + back - (newAt - last.newAt);
    if (overlap > 0) {
      const keep = bestCut(from, to, { first: last, second: found, forward, overlap });
      forward -= overlap - keep;
      back -= keep;
    }
    const next = { newAt: newAt - back, oldAt: oldAt - back };
    yield { ...last, diff: forward, extra: next.newAt - (last.newAt + forward) };
    last = next;
    scan = newAt + found.length;
  }
  if (last.newAt < to.length) {
    // The last match reaches to the end.
    const forward = stretchForward(from, to, last, to.length - last.newAt);
    yield { ...last, diff: forward, extra: to.length - last.newAt - forward };
  }
}

interface Place {
  readonly newAt: number;
  readonly oldAt: number;
}

interface Scan {
  readonly search: LongestMatch;
  readonly scan: number;
  /** From a place in the new image to that in the old one, as it was up to now. */
  readonly shift: number;
}

/** The next match that is clearly better than going on as before; at the end of the new image none. */
function nextPlace(from: Uint8Array, to: Uint8Array, { search, scan, shift }: Scan): Place & { length: number } {
  let at = scan;
  let counted = scan;
  /** Bytes from `at` to `counted` that going on as before would give. */
  let asBefore = 0;
  while (at < to.length) {
    search.find(at);
    const { length, oldAt } = search;
    for (; counted < at + length; counted++) {
      if (from[counted + shift] === to[counted]) asBefore++;
    }
    if (length > asBefore + BETTER_BY) return { newAt: at, oldAt, length };
    if (length > 0 && length === asBefore) {
      // Where the image goes on as before it is jumped over.
      at += length;
      counted = at;
      asBefore = 0;
      continue;
    }
    // Up to the next byte that differs going on as before is as good as any match, so that none is looked for there.
    while (at < counted && from[at + shift] === to[at]) {
      at++;
      asBefore--;
    }
    at++;
  }
  return { newAt: to.length, oldAt: to.length + shift, length: 0 };
}

/** How many bytes from here are worth a difference: the length at which most of them agree. */
function stretchForward(from: Uint8Array, to: Uint8Array, { newAt, oldAt }: Place, limit: number): number {
  let agreeing = 0;
  let best = 0;
  let length = 0;
  const end = Math.min(limit, from.length - oldAt);
  for (let at = 0; at < end; at++) {
    if (from[oldAt + at] === to[newAt + at]) agreeing++;
    if (2 * agreeing - (at + 1) > 2 * best - length) {
      best = agreeing;
      length = at + 1;
    }
  }
  return length;
}

/** The same to the left. */
function stretchBack(from: Uint8Array, to: Uint8Array, { newAt, oldAt }: Place, limit: number): number {
  let agreeing = 0;
  let best = 0;
  let length = 0;
  const end = Math.min(limit, oldAt);
  for (let at = 1; at <= end; at++) {
    if (from[oldAt - at] === to[newAt - at]) agreeing++;
    if (2 * agreeing - at > 2 * best - length) {
      best = agreeing;
      length = at;
    }
  }
  return length;
}

interface Cut {
  readonly first: Place;
  readonly second: Place;
  /** Length of the first. */
  readonly forward: number;
  readonly overlap: number;
}

/** How many bytes of an overlap the first keeps, so that most agree. */
function bestCut(from: Uint8Array, to: Uint8Array, { first, second, forward, overlap }: Cut): number {
  const begin = forward - overlap;
  const newAt = first.newAt + begin;
  const [inFirst, inSecond] = [first.oldAt + begin, newAt + second.oldAt - second.newAt];
  let score = 0;
  let best = 0;
  let keep = 0;
  for (let at = 0; at < overlap; at++) {
    if (to[newAt + at] === from[inFirst + at]) score++;
    if (to[newAt + at] === from[inSecond + at]) score--;
    if (score > best) {
      best = score;
      keep = at + 1;
    }
  }
  return keep;
}

/** The longest piece of the old image that stands at a place of the new one. */
class LongestMatch {
  readonly #from: Uint8Array;
  readonly #to: Uint8Array;
  readonly #order: Int32Array;
  length = 0;
  oldAt = 0;

  constructor(from: Uint8Array, to: Uint8Array) {
    this.#from = from;
    this.#to = to;
    this.#order = suffixArray(from);
  }

  /** Between two suffixes all have in common what those two have, so that it is compared only once. */
  find(newAt: number): void {
    const order = this.#order;
    this.length = 0;
    this.oldAt = 0;
    let [low, high] = [0, order.length - 1];
    let [lowCommon, highCommon] = [0, 0];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const suffix = order[middle] ?? 0;
      const common = this.#common(suffix, newAt, Math.min(lowCommon, highCommon));
      if (common > this.length) {
        this.length = common;
        this.oldAt = suffix;
      }
      if (newAt + common === this.#to.length) return;
      const isLess = suffix + common === this.#from.length || this.#from[suffix + common]! < this.#to[newAt + common]!;
      if (isLess) {
        low = middle + 1;
        lowCommon = common;
      } else {
        high = middle - 1;
        highCommon = common;
      }
    }
  }

  #common(oldAt: number, newAt: number, known: number): number {
    const [from, to] = [this.#from, this.#to];
    const limit = Math.min(from.length - oldAt, to.length - newAt);
    let common = known;
    while (common < limit && from[oldAt + common] === to[newAt + common]) common++;
    return common;
  }
}
