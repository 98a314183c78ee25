import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { StoreError, systemClock } from "../../gateway/base/index.ts";
import { fileSequence, memoryJournal, memorySequence, memoryState } from "../../gateway/store/index.ts";
import { GroupCommitJournal, type JournalBacking } from "../../gateway/store/journal/group-commit.ts";
import { commandsContract } from "../contract/commands-contract.ts";
import { journalContract } from "../contract/journal-contract.ts";
import { sequenceContract } from "../contract/sequence-contract.ts";
import { stateContract } from "../contract/state-contract.ts";
import { numbered } from "../support/numbered-fact.ts";
import { temporaryFolders } from "./temporary-folder.ts";

const folders = temporaryFolders();

journalContract("journal in memory", async () => ({ create: async () => memoryJournal() }));
sequenceContract("sequence numbers in memory", async () => ({ create: () => memorySequence(systemClock()) }));
sequenceContract("sequence numbers in a file", async () => {
  const file = join(folders(), "sequence.json");
  return {
    create: () => fileSequence(file, systemClock(), { credentials: 0 }),
    reopen: () => fileSequence(file, systemClock(), { credentials: 1 }),
  };
});
commandsContract("commands in one process", async () => async (inbox) => inbox);
stateContract("state in memory", async () => ({ create: async () => memoryState() }));

test("while its backing is away a journal takes facts up to a bound, refuses the rest as away, and writes all it took", async () => {
  const away = new StoreError("store.away", { what: "Redis", seconds: 1, reason: "gone" });
  const written: number[] = [];
  let back: () => void = () => undefined;
  let isAway = true;
  const returned = new Promise<void>((resolve) => {
    back = resolve;
  });
  const backing: JournalBacking = {
    name: "the journal in a Redis",
    first: 1,
    last: 0,
    get away() {
      return isAway ? away : undefined;
    },
    write: async ({ first, payloads }) => {
      await returned;
      for (const index of payloads.keys()) written.push(first + index);
    },
    read: async () => [],
    size: async () => 0,
    trim: async () => undefined,
    close: () => undefined,
  };
  const journal = new GroupCommitJournal(backing, { maxAwayBytes: 1000 });
  const durable: Promise<void>[] = [];
  const append = () => durable.push(journal.append(numbered(journal.last + 1, 200)).durable);
  for (let i = 0; i < 4; i++) append();
  expect(append).toThrow(away);
  expect([journal.last, journal.away, journal.failure]).toEqual([4, away, undefined]);
  isAway = false;
  back();
  append();
  await Promise.all(durable);
  expect(written).toEqual([1, 2, 3, 4, 5]);
  isAway = true;
  append(); // nothing waits any more
  await journal.close();
});
