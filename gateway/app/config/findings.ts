/** What is wrong with a configuration: places and problems, all of them at once. */
import type { Detailed } from "../../admin/cli/index.ts";
import { UsageError } from "../../base/index.ts";

export interface Finding {
  /** `sidgate.yaml:4:11`, or the name of an environment variable. */
  readonly place: string;
  /** Dotted key, or "" for the file as a whole. */
  readonly key: string;
  readonly problem: string;
  readonly suggestion?: string;
}

/** `file:line:col key: what is wrong, did you mean "x"?` */
export function formatFinding({ place, key, problem, suggestion }: Finding): string {
  const where = key === "" ? place : `${place} ${key}`;
  return suggestion === undefined ? `${where}: ${problem}` : `${where}: ${problem}, did you mean "${suggestion}"?`;
}

export class ConfigError extends UsageError<"config.invalid"> implements Detailed {
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    super("config.invalid", { count: findings.length });
    this.findings = findings;
  }

  get details(): readonly string[] {
    return this.findings.map(formatFinding);
  }
}

/** Edits (insert, delete, replace, swap of neighbours) from one word to the other. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const next = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let best = Math.min(replace, last[column]! + 1, next[column - 1]! + 1);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, beforeLast[column - 2]! + 1);
      }
      next.push(best);
    }
    [beforeLast, last] = [last, next];
  }
  return last[b.length]!;
}

/** The nearest of the known words, if one is near enough to be meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  const ranked = known
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  return ranked[0] !== undefined && ranked[0].edits <= limit ? ranked[0].candidate : undefined;
}
