/** Waits for a line, then appends facts until it is killed and prints each number that became durable, with a full stop behind it. */
import { once } from "node:events";
import { writeSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { SILENT } from "../../gateway/base/index.ts";
import { openFileJournal } from "../../gateway/store/journal/file.ts";
import { numbered, sizeOf } from "./numbered-fact.ts";

await once(process.stdin, "data");
const journal = await openFileJournal({ folder: process.argv[2] ?? "", log: SILENT, segmentBytes: 60_000 });

async function appendForever(): Promise<void> {
  for (;;) {
    const { fact, durable } = journal.append(numbered(journal.last + 1, sizeOf(journal.last + 1)));
    await durable;
    await tell(`${fact.seq}.\n`);
  }
}

/** In one piece, and out of the process before anything else happens; a pipe is full while its reader has no time. */
async function tell(line: string): Promise<void> {
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      await nextTurn();
    }
  }
}

await Promise.all(Array.from({ length: 5 }, appendForever));
