/** suit-update-management, suit-parameter-version — versions as lists of integers, pre-releases below zero. */
import { COMPARISON } from "../../../../wire/suit/index.ts";

/** Below, at or above zero: as far as `wanted` goes. What the found version does not say counts as 0. */
function compare(found: readonly number[], wanted: readonly number[]): number {
  for (const [position, part] of wanted.entries()) {
    const difference = (found[position] ?? 0) - part;
    if (difference !== 0) return difference;
  }
  return 0;
}

const HOLDS: Readonly<Record<number, (difference: number) => boolean>> = {
  [COMPARISON.greater]: (difference) => difference > 0,
  [COMPARISON.greaterEqual]: (difference) => difference >= 0,
  [COMPARISON.equal]: (difference) => difference === 0,
  [COMPARISON.lesserEqual]: (difference) => difference <= 0,
  [COMPARISON.lesser]: (difference) => difference < 0,
};

export const versionHolds = (found: readonly number[], comparison: number, wanted: readonly number[]): boolean =>
  HOLDS[comparison]?.(compare(found, wanted)) ?? false;
