/** Which of two versions is the later one, where that can be said: `1.10.0` after `1.9`, `1.2.0-rc.1` before `1.2.0`. Pure. */

const VERSION = /^v?(\d+(?:\.\d+)*)(?:-([\w.]+))?(?:\+[\w.]+)?$/;

/** Below zero: `a` comes before `b`. undefined = not versions that can be compared. */
export function compareVersions(a: string, b: string): number | undefined {
  const [one, other] = [VERSION.exec(a), VERSION.exec(b)];
  if (one === null || other === null) return undefined;
  const main = compareParts(one[1]!.split("."), other[1]!.split("."));
  if (main !== 0) return main;
  // Semantic Versioning 2.0.0 §11: a pre-release comes before the release.
  const [early, late] = [one[2], other[2]];
  if (early === undefined || late === undefined) return early === late ? 0 : early === undefined ? 1 : -1;
  return compareParts(early.split("."), late.split("."), true);
}

/** Missing numbers are zeros; a longer row of pre-release words comes after the same row cut short. */
function compareParts(a: readonly string[], b: readonly string[], words = false): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [x, y] = [a[index] ?? (words ? "" : "0"), b[index] ?? (words ? "" : "0")];
    if (x === y) continue;
    if (x === "" || y === "") return x === "" ? -1 : 1;
    if (isNumber(x) !== isNumber(y)) return isNumber(x) ? -1 : 1;
    if (!isNumber(x)) return x < y ? -1 : 1;
    const order = Math.sign(Number(BigInt(x) - BigInt(y)));
    if (order !== 0) return order; // 01 is 1
  }
  return 0;
}

const isNumber = (text: string): boolean => /^\d+$/.test(text);
