/**
 * RFC 8613 Appendix B.1.1: sender sequence numbers that no end of a process repeats, nor a second process beside it.
 * Ranges are reserved in a file before they are used; what is left of a range is lost.
 */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { UsageError } from "../../base/index.ts";
import type { Sequence } from "./oscore.ts";

const RANGE = 256;

/** For secrets that live no longer than this process. */
export function countingSequence(start = 0): Sequence {
  let next = start;
  return { next: () => next++ };
}

/**
 * Each line, `NAME TICKET`, is one range of that name, in order. Appending is one step of the system, so processes need
 * no lock: where a ticket came to stand says which range it won. A line that a loss of power cut was never used.
 */
export class SequenceFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** `name` holds no white space. `next` throws UsageError `cli.file` when the file cannot be written. */
  of(name: string): Sequence {
    let next = 0;
    let end = 0;
    return {
      next: () => {
        if (next === end) {
          next = this.#reserve(name) * RANGE;
          end = next + RANGE;
        }
        return next++;
      },
    };
  }

  #reserve(name: string): number {
    const line = `${name} ${randomBytes(8).toString("hex")}`;
    try {
      const file = openSync(this.#path, "a", 0o600);
      try {
        writeSync(file, `\n${line}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      const ranges = readFileSync(this.#path, "utf8")
        .split("\n")
        .filter((each) => each.startsWith(`${name} `));
      const range = ranges.indexOf(line);
      // On a full disk a line may be cut: then nothing was reserved, and to begin anywhere would repeat numbers.
      if (range < 0) throw new Error("a range that was written is not in it");
      return range;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UsageError("cli.file", { path: this.#path, reason }, { cause: error });
    }
  }
}
