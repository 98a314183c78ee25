/** RFC 8613 Appendix B.1.1 — the range of sender sequence numbers in a small file of the data folder. */
import { readFile } from "node:fs/promises";
import { type Clock, millis, StoreError } from "../../base/index.ts";
import type { SequenceRange, SequenceStore } from "../ports.ts";
import { reasonOf, systemCode } from "../system-error.ts";
import { writeFileDurably } from "./durable-file.ts";

/** `file` is made with the first reservation; `clock` gives the origin of a new one. */
export function fileSequence(file: string, clock: Clock): SequenceStore {
  let range: SequenceRange | undefined;
  const load = async (): Promise<SequenceRange> => {
    range ??= (await readRange(file)) ?? { ceiling: 0, origin: clock.now() };
    return range;
  };
  return {
    load,
    reserve: async (ceiling) => {
      const { origin, ceiling: before } = await load();
      if (ceiling <= before) return;
      const next = { ceiling, origin };
      await writeFileDurably(file, `${JSON.stringify(next)}\n`).catch((error: unknown) => {
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

async function readRange(file: string): Promise<SequenceRange | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw new StoreError("store.read-failed", { what: file, reason: reasonOf(error) }, { cause: error });
  }
  const found = parseRange(text);
  // To begin again at 0 would use numbers twice: better no start than that.
  if (found === undefined) throw new StoreError("store.damaged", { file, offset: 0 });
  return found;
}

function parseRange(text: string): SequenceRange | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("ceiling" in value && "origin" in value)) return undefined;
  const { ceiling, origin } = value;
  if (typeof ceiling !== "number" || !Number.isSafeInteger(ceiling) || ceiling < 0) return undefined;
  if (typeof origin !== "number" || !Number.isFinite(origin)) return undefined;
  return { ceiling, origin: millis(origin) };
}
