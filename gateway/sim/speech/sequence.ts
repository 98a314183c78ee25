/**
 * RFC 8613 Appendix B.1.1: sender sequence numbers that no end of the process repeats. Ranges are reserved in a file
 * before they are used; what is left of a range is lost.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { UsageError } from "../../base/index.ts";
import type { Sequence } from "./oscore.ts";

const RANGE = 1024;

/** For secrets that live no longer than this process. */
export function countingSequence(start = 0): Sequence {
  let next = start;
  return { next: () => next++ };
}

/** Where the numbers of several nodes stand: a JSON object from name to the first number that was never given. */
export class SequenceFile {
  readonly #path: string;
  readonly #ceilings: Map<string, number>;

  /** Throws UsageError `cli.file` when the file is none of these. */
  constructor(path: string) {
    this.#path = path;
    this.#ceilings = existsSync(path) ? readCeilings(path) : new Map();
  }

  of(name: string): Sequence {
    let next = this.#ceilings.get(name) ?? 0;
    let ceiling = next;
    return {
      next: () => {
        if (next === ceiling) {
          ceiling += RANGE;
          this.#ceilings.set(name, ceiling);
          this.#write();
        }
        return next++;
      },
    };
  }

  #write(): void {
    const temporary = `${this.#path}.new`;
    writeFileSync(temporary, JSON.stringify(Object.fromEntries(this.#ceilings)), { mode: 0o600, flush: true });
    renameSync(temporary, this.#path);
  }
}

function readCeilings(path: string): Map<string, number> {
  try {
    const entries = Object.entries(JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>);
    return new Map(
      entries.map(([name, ceiling]) => {
        if (!Number.isSafeInteger(ceiling)) throw new TypeError(`${name} has no number`);
        return [name, Number(ceiling)];
      }),
    );
  } catch (error) {
    throw new UsageError("cli.file", { path, reason: String(error) }, { cause: error });
  }
}
