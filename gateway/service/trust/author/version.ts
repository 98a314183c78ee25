/** update-management, "Semantic Versioning encoding guidelines" — `1.4.2-rc.1` as a list of integers: [1, 4, 2, -1, 1]. */

/** Below zero, so that they come before what they lead to. */
const PRE_RELEASES = { rc: -1, beta: -2, alpha: -3 } as const;

const VERSION = /^(\d{1,9}(?:\.\d{1,9}){0,7})(?:-(rc|beta|alpha)(?:\.(\d{1,9}))?)?$/;

/** Undefined for what has no place in such a list, e.g. the name of a branch. */
export function versionNumbers(text: string): readonly number[] | undefined {
  const [, numbers, stage, count] = VERSION.exec(text) ?? [];
  if (numbers === undefined) return undefined;
  const before = stage === undefined ? [] : [PRE_RELEASES[stage as keyof typeof PRE_RELEASES]];
  return [...numbers.split("."), ...before, ...(count === undefined ? [] : [count])].map(Number);
}
