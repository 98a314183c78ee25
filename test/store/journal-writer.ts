/** Waits for a line, then appends facts until it is killed and prints each number that became durable, with a full stop behind it. */
import { once } from "node:events";
import { writeSync } from "node:fs";
import { SILENT } from "../../gateway/base/index.ts";
import { openFileJournal } from "../../gateway/store/journal/file.ts";
import { numbered, sizeOf } from "./numbered-fact.ts";

await once(process.stdin, "data");
const journal = await openFileJournal({ folder: process.argv[2] ?? "", log: SILENT, segmentBytes: 60_000 });

async function appendForever(): Promise<void> {
  for (;;) {
    const { fact, durable } = journal.append(numbered(journal.last + 1, sizeOf(journal.last + 1)));
    await durable;
    writeSync(1, `${fact.seq}.\n`);
  }
}

await Promise.all(Array.from({ length: 5 }, appendForever));
