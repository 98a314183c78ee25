/** RFC 8613 Appendix B.1.1 — the range of sender sequence numbers in a small file of the data folder. */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Clock, millis, StoreError } from "../../base/index.ts";
import type { SequenceRange, SequenceStore } from "../ports.ts";
import { reasonOf, systemCode } from "../system-error.ts";
import { writeFileDurably } from "./durable-file.ts";

/** What the numbers were used for. */
export interface SequenceUse {
  /** Credentials whose keys have met them: while there are any, no number may come again. */
  readonly credentials: number;
  /** All credentials are about to be void: a file that is damaged is as good as none. */
  readonly anew?: boolean;
}

/**
 * `file` is made with the first reservation; `clock` gives the origin of a new one. `load` throws StoreErrors
 * `sequence.missing`, `sequence.damaged`, `store.read-failed`: to begin again at 0 would use nonces twice.
 */
export function fileSequence(file: string, clock: Clock, use: SequenceUse): SequenceStore {
  let range: SequenceRange | undefined;
  const load = async (): Promise<SequenceRange> => {
    range ??= (await readRange(file, use)) ?? { ceiling: 0, origin: clock.now() };
    return range;
  };
  return {
    load,
    reserve: async (ceiling) => {
      const { origin, ceiling: before } = await load();
      if (ceiling <= before) return;
      const next = { ceiling, origin };
      await writeFileDurably(file, `${JSON.stringify(next)}\n`).catch((error: unknown) => {
        if (systemCode(error) === "ENOENT") throw new StoreError("keys.missing", { folder: dirname(file) });
        throw new StoreError("store.write-failed", { what: file, reason: reasonOf(error) }, { cause: error });
      });
      range = next;
    },
  };
}

/** Keeps nothing: for tests and trials. */
export function memorySequence(clock: Clock, stored?: SequenceRange): SequenceStore {
  let range = stored ?? { ceiling: 0, origin: clock.now() };
  return {
    load: () => Promise.resolve(range),
    reserve: (ceiling) => {
      if (ceiling > range.ceiling) range = { ...range, ceiling };
      return Promise.resolve();
    },
  };
}

/** Undefined = begin anew. */
async function readRange(file: string, { credentials, anew = false }: SequenceUse): Promise<SequenceRange | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (systemCode(error) !== "ENOENT") {
      throw new StoreError("store.read-failed", { what: file, reason: reasonOf(error) }, { cause: error });
    }
    if (credentials > 0 && !anew) throw new StoreError("sequence.missing", { file, count: credentials });
    return undefined;
  }
  const found = parseRange(text);
  if (found === undefined && !anew) throw new StoreError("sequence.damaged", { file });
  return found;
}

/** A ceiling of 0 is never written. */
function parseRange(text: string): SequenceRange | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("ceiling" in value && "origin" in value)) return undefined;
  const { ceiling, origin } = value;
  if (typeof ceiling !== "number" || !Number.isSafeInteger(ceiling) || ceiling < 1) return undefined;
  if (typeof origin !== "number" || !Number.isFinite(origin)) return undefined;
  return { ceiling, origin: millis(origin) };
}
