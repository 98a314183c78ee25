/** A hint for a misspelt name: the candidate with the fewest edits, when there is one worth naming. */

/** Longer ones are no slips of the pen, and each comparison costs the product of two lengths. */
const LONGEST = 64;

/** `, did you mean 'leaf'?` or nothing. */
export function nearest(wrong: string, candidates: Iterable<string>): string {
  if (wrong.length > LONGEST) return "";
  // Every other name is one edit away from a single letter.
  if (wrong.length < 2) return "";
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wrong.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wrong.length) >= least) continue;
    const count = edits(wrong, candidate);
    if (count < least) {
      best = candidate;
      least = count;
    }
  }
  return best === undefined ? "" : `, did you mean '${best}'?`;
}

/** Levenshtein distance, one row at a time. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
