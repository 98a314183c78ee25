import { SILENT } from "../../gateway/base/index.ts";
import { openFileJournal } from "../../gateway/store/index.ts";
import { journalContract } from "../contract/journal-contract.ts";
import { temporaryFolders } from "./temporary-folder.ts";

const folders = temporaryFolders();

journalContract("journal in files", async () => {
  const options = { folder: folders(), log: SILENT };
  return {
    create: () => openFileJournal(options),
    reopen: async (journal) => {
      await journal.close();
      return openFileJournal(options);
    },
  };
});

// So small that every few facts begin a segment and hardly any is left in memory.
journalContract("journal in small segments", async () => {
  const options = { folder: folders(), log: SILENT, segmentBytes: 2000, maxBatch: 7, recent: 5 };
  return {
    create: () => openFileJournal(options),
    reopen: async (journal) => {
      await journal.close();
      return openFileJournal(options);
    },
  };
});
