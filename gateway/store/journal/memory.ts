/** The journal without a disk, for trials and tests: it keeps nothing beyond the process, but behaves like the others. */
import { BugError } from "../../base/index.ts";
import { decodeFact } from "../fact-codec.ts";
import type { Fact } from "../facts.ts";
import type { Journal } from "../ports.ts";
import { GroupCommitJournal, type JournalBacking } from "./group-commit.ts";

/** Opens an empty journal in memory. */
export function memoryJournal(): Journal {
  // Encoded as on disk, so that nobody relies on getting the very object back.
  const payloads: Uint8Array[] = [];
  let first = 1;
  const backing: JournalBacking = {
    name: "the journal in memory",
    last: 0,
    get first() {
      return first;
    },
    write: async (batch) => {
      payloads.push(...batch.payloads);
    },
    read: async (from, to) =>
      payloads.slice(from - first, to - first + 1).map((payload, index): Fact => {
        const fact = decodeFact(from + index, payload);
        if (fact === undefined) throw new BugError("store.bug", { what: "a fact in memory cannot be decoded" });
        return fact;
      }),
    size: async () => payloads.reduce((sum, payload) => sum + payload.length, 0),
    trim: async (seq) => {
      const dropped = Math.max(0, Math.min(seq - first, payloads.length - 1));
      payloads.splice(0, dropped);
      first += dropped;
    },
    close: () => undefined,
  };
  return new GroupCommitJournal(backing);
}
