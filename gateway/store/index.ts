/** Stratum 3: durable state behind ports, and the drivers. What is heavy to load is loaded when it is opened. */
import type { StateStore } from "./ports.ts";

export { decodePlain, encodePlain } from "./cbor-x.ts";
export * from "./facts.ts";
export * from "./inbox.ts";
export { type FileJournalOptions, openFileJournal } from "./journal/file.ts";
export { memoryJournal } from "./journal/memory.ts";
export * from "./ledger.ts";
export * from "./ports.ts";
export { memoryState } from "./state/memory.ts";

/** Opens or creates the state in a folder, in LMDB. */
export async function openLmdbState(options: { readonly folder: string }): Promise<StateStore> {
  return (await import("./state/lmdb.ts")).openLmdbState(options);
}
