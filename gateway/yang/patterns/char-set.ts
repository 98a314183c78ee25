/**
 * A set of characters, as a question and not as a table: Unicode has 1.1 million code points, a text has few. What was
 * asked once is kept by the matcher. The key is equal for equal sets, so that each is asked once for a character.
 */
export interface CharSet {
  readonly key: string;
  has(point: number): boolean;
  /** All of the set, where it was written as ranges: ascending, with gaps between them. */
  readonly ranges?: readonly Range[];
}

/** First and last code point of a range. */
export type Range = readonly [first: number, last: number];

export const single = (point: number): CharSet => ofRanges([[point, point]]);

export function ofRanges(written: readonly Range[]): CharSet {
  const ranges = joined(written);
  const key = `[${ranges.map(([first, last]) => `${first}-${last}`).join(",")}]`;
  return { key, ranges, has: (point) => liesIn(ranges, point) };
}

function joined(written: readonly Range[]): readonly Range[] {
  const ranges: Range[] = [];
  for (const [first, last] of written.toSorted(([a], [b]) => a - b)) {
    const before = ranges.at(-1);
    if (before === undefined || first > before[1] + 1) ranges.push([first, last]);
    else ranges[ranges.length - 1] = [before[0], Math.max(before[1], last)];
  }
  return ranges;
}

function liesIn(ranges: readonly Range[], point: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.[1] ?? 0) < point) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low];
  return range !== undefined && range[0] <= point;
}

export const not = (set: CharSet): CharSet => ({ key: `!${set.key}`, has: (point) => !set.has(point) });

export function anyOf(sets: readonly CharSet[]): CharSet {
  const ranges = sets.flatMap((set) => set.ranges ?? []);
  const others = sets.filter((set) => set.ranges === undefined);
  const all = ranges.length === 0 ? others : [ofRanges(ranges), ...others];
  const [only] = all;
  if (only !== undefined && all.length === 1) return only;
  return { key: `(${all.map(({ key }) => key).join("|")})`, has: (point) => all.some((set) => set.has(point)) };
}

export const without = (set: CharSet, removed: CharSet): CharSet => ({
  key: `(${set.key}-${removed.key})`,
  has: (point) => set.has(point) && !removed.has(point),
});

/** `property` as JavaScript spells it after `\p`; the tables are those of its own Unicode version. */
export function ofProperty(property: string): CharSet {
  const regexp = new RegExp(`^\\p{${property}}$`, "u");
  return { key: `p${property}`, has: (point) => regexp.test(String.fromCodePoint(point)) };
}
