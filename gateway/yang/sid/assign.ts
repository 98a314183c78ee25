/** RFC 9595 §3 — numbers for items: those that have one keep it, the others take the free ones of the ranges in order. */
import { UsageError } from "../../base/index.ts";
import type { Sid } from "../schema.ts";
import type { Wanted } from "./items.ts";
import { overlap, type SidItem, type SidRange, shownRange } from "./sid-file.ts";

/**
 * New items of the ranges, lowest number first; gaps between taken numbers are filled. Throws UsageError
 * `yang.sid-exhausted` with how many numbers are missing.
 */
export function assign(
  wanted: readonly Wanted[],
  taken: readonly SidItem[],
  ranges: readonly SidRange[],
  module: string,
): readonly SidItem[] {
  const free = freeSids(ranges, new Set(taken.map(({ sid }) => sid)));
  const items: SidItem[] = [];
  for (const { namespace, identifier } of wanted) {
    const { value: sid } = free.next();
    if (sid === undefined) {
      throw new UsageError("yang.sid-exhausted", {
        module,
        missing: wanted.length - items.length,
        ranges: ranges.map(shownRange).join(", ") || "(none)",
      });
    }
    items.push({ namespace, identifier, status: "unstable", sid });
  }
  return items;
}

function* freeSids(ranges: readonly SidRange[], used: ReadonlySet<Sid>): Generator<Sid, undefined> {
  for (const { entryPoint, size } of [...ranges].sort((a, b) => a.entryPoint - b.entryPoint)) {
    for (let sid = entryPoint; sid < entryPoint + size; sid++) if (!used.has(sid)) yield sid;
  }
  return undefined;
}

/** RFC 9595 §4: ranges of a file never overlap. Throws UsageError `yang.sid-overlap`. */
export function checkRanges(ranges: readonly SidRange[], file: string): void {
  for (const [index, range] of ranges.entries()) {
    const other = ranges.slice(0, index).find((each) => overlap(each, range));
    if (other) {
      const otherRange = shownRange(other);
      throw new UsageError("yang.sid-overlap", {
        file,
        range: shownRange(range),
        otherFile: "the same file",
        otherRange,
      });
    }
  }
}
