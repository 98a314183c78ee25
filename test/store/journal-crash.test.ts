import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { expect, test } from "@jest/globals";
import { equalBytes, SILENT, seededRandom } from "../../gateway/base/index.ts";
import { encodePlain, type Journal, openFileJournal } from "../../gateway/store/index.ts";
import { RECORD_HEADER } from "../../gateway/store/journal/record.ts";
import { built } from "../support/built.ts";
import { inDrill } from "../support/drill.ts";
import { numbered, sizeOf } from "../support/numbered-fact.ts";
import { temporaryFolders } from "./temporary-folder.ts";

const folders = temporaryFolders();
const segments = (folder: string): string[] =>
  readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
const newest = (folder: string): string => segments(folder).at(-1) ?? "";

async function openAndCount(folder: string): Promise<{ journal: Journal; tornTails: number }> {
  let tornTails = 0;
  const log = { ...SILENT, warn: (event: string) => void (event === "journal.torn-tail" && tornTails++) };
  return { journal: await openFileJournal({ folder, log, recent: 2 }), tornTails };
}

const seqs = async (journal: Journal): Promise<number[]> => (await journal.read(1, 10_000)).map(({ seq }) => seq);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

/** A journal with these batches, each durable before the next; returns the bytes of its only segment, without padding. */
async function written(folder: string, batches: readonly number[], size: number): Promise<Buffer> {
  const journal = await openFileJournal({ folder, log: SILENT });
  for (const count of batches) {
    for (let i = 0; i < count; i++) journal.append(numbered(journal.last + 1, size));
    await journal.flush();
  }
  await journal.close();
  const bytes = readFileSync(newest(folder));
  return bytes.subarray(0, bytes.length - (/\0*$/.exec(bytes.toString("latin1"))?.[0].length ?? 0));
}

test("a process killed at any moment has every fact that it acknowledged, in order, once", async () => {
  const folder = folders();
  const random = seededRandom(7);
  let acknowledged = 0;
  // Each writer is started one round ahead: loading it takes longer than its round.
  const writers = [startWriter(folder)];
  const rounds = inDrill(3, 40);
  for (let round = 0; round < rounds; round++) {
    if (round < rounds - 1) writers.push(startWriter(folder));
    const told = await writeUntilKilled(writers.shift(), 1 + Math.floor(random.next() * 400));
    acknowledged = Math.max(acknowledged, told);
    const { journal } = await openAndCount(folder);
    const facts = await journal.read(1, 100_000);
    expect(journal.last).toBeGreaterThanOrEqual(acknowledged);
    expect(facts.map(({ seq }) => seq)).toEqual(upTo(journal.last));
    // As bytes: Jest takes its time over the elements of an array.
    const expected = (seq: number): Uint8Array => encodePlain({ seq, ...numbered(seq, sizeOf(seq)) });
    expect(facts.find((fact) => !equalBytes(encodePlain(fact), expected(fact.seq)))).toBeUndefined();
    await journal.close();
  }
  expect(segments(folder).length).toBeGreaterThan(2);
});

/** A process that waits for a line and then writes to the journal until it is killed. */
function startWriter(folder: string): ChildProcessByStdio<Writable, Readable, null> {
  return spawn(process.execPath, [built("journal-writer"), folder], { stdio: ["pipe", "pipe", "inherit"] });
}

/** Kills the writer when it has acknowledged `count` facts; returns the last number it had told. */
async function writeUntilKilled(writer: ReturnType<typeof startWriter> | undefined, count: number): Promise<number> {
  if (writer === undefined) throw new Error("no writer was started");
  const exit = once(writer, "exit");
  writer.stdin.write("go\n");
  let last = 0;
  let lines = 0;
  for await (const line of createInterface(writer.stdout)) {
    // The last line may be cut; the acknowledgement before it was whole.
    if (line.endsWith(".")) last = Number(line.slice(0, -1));
    if (++lines === count) writer.kill("SIGKILL");
  }
  expect(await exit).toEqual([null, "SIGKILL"]);
  return last;
}

test("a last record torn at any byte is cut off, and the journal goes on behind the one before", async () => {
  const folder = folders();
  const whole = await written(folder, [1, 1, 1], 10);
  const file = newest(folder);
  const end = whole.lastIndexOf(whole.subarray(8 + RECORD_HEADER, 8 + RECORD_HEADER + 8)) - RECORD_HEADER;
  for (const padding of [0, 5000]) {
    for (let cut = end; cut < whole.length; cut++) {
      writeFileSync(file, Buffer.concat([whole.subarray(0, cut), Buffer.alloc(padding)]));
      const { journal, tornTails } = await openAndCount(folder);
      // Bytes that happen to be zero leave no trace.
      expect(tornTails).toBe(whole.subarray(end, cut).some((byte) => byte !== 0) ? 1 : 0);
      expect(journal.last).toBe(2);
      await journal.append(numbered(3, 10)).durable;
      expect(await seqs(journal)).toEqual([1, 2, 3]);
      await journal.close();
    }
  }
});

test("a new segment torn at any byte takes its number again", async () => {
  const folder = folders();
  const whole = await written(folder, [1], 10);
  for (let cut = 0; cut < whole.length; cut++) {
    writeFileSync(newest(folder), whole.subarray(0, cut));
    const { journal } = await openAndCount(folder);
    expect([journal.first, journal.last]).toEqual([1, 0]);
    await journal.append(numbered(1)).durable;
    await journal.close();
    const { journal: again } = await openAndCount(folder);
    expect(await seqs(again)).toEqual([1]);
    await again.close();
  }
});

test("a batch that the disk wrote out of order goes as a whole", async () => {
  const folder = folders();
  const before = await written(folder, [2], 3000);
  const whole = await written(folder, [3], 3000);
  const torn = Buffer.from(whole);
  torn.fill(0, before.length, before.length + 2000); // the first page is missing, the later ones are there
  writeFileSync(newest(folder), torn);
  const { journal, tornTails } = await openAndCount(folder);
  expect([await seqs(journal), tornTails]).toEqual([[1, 2], 1]);
  await journal.append(numbered(3)).durable;
  await journal.close();
  const { journal: again } = await openAndCount(folder);
  expect(await seqs(again)).toEqual([1, 2, 3]);
  await again.close();
});

test.each([
  ["the magic", 0],
  ["the first record's length", 12],
  ["the first record's payload", 40],
])(
  "damage to %s of the last segment is told by file and offset, for later batches prove that it was whole",
  async (_name, at) => {
    const folder = folders();
    const bytes = Buffer.from(await written(folder, [1, 1, 2], 50));
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x40, at);
    writeFileSync(newest(folder), bytes);
    await expect(openAndCount(folder)).rejects.toMatchObject({
      code: "store.damaged",
      facts: { file: newest(folder), offset: at < 8 ? 0 : 8 },
    });
    expect(readFileSync(newest(folder)).length).toBe(bytes.length); // nothing was cut off
  },
);

test.each<readonly [name: string, damage: (file: string) => void]>([
  [
    "a flipped bit",
    (file) => {
      const bytes = readFileSync(file);
      bytes.writeUInt8(bytes.readUInt8(30) ^ 1, 30);
      writeFileSync(file, bytes);
    },
  ],
  ["a missing end", (file) => truncateSync(file, 200)],
  ["zeros at its end", (file) => writeFileSync(file, readFileSync(file).fill(0, 200))],
])("%s in an older segment is found when it is read", async (_name, damage) => {
  const folder = folders();
  const options = { folder, log: SILENT, segmentBytes: 500, maxBatch: 1, recent: 1 };
  const journal = await openFileJournal(options);
  for (let n = 1; n <= 20; n++) await journal.append(numbered(n, 60)).durable;
  await journal.close();
  const file = segments(folder)[0] ?? "";
  damage(file);
  const again = await openFileJournal(options);
  await expect(again.read(1, 20)).rejects.toMatchObject({ code: "store.damaged", facts: { file } });
  expect((await again.read(15, 3)).map(({ seq }) => seq)).toEqual([15, 16, 17]);
  await again.close();
});

test("an older segment that vanished is told when it is read", async () => {
  const folder = folders();
  const journal = await openFileJournal({ folder, log: SILENT, segmentBytes: 500, maxBatch: 1, recent: 1 });
  for (let n = 1; n <= 20; n++) await journal.append(numbered(n, 60)).durable;
  rmSync(segments(folder)[1] ?? "");
  await expect(journal.read(1, 20)).rejects.toMatchObject({ code: "store.read-failed" });
  await journal.close();
});

const full = "/dev/full";
(existsSync(full) ? test : test.skip)(
  "a full disk (/dev/full): all who wait are told, and nothing more is taken",
  async () => {
    const folder = folders();
    const journal = await openFileJournal({ folder, log: SILENT, segmentBytes: 5000, maxBatch: 2 });
    await journal.append(numbered(1, 4900)).durable;
    symlinkSync(full, join(folder, `${"2".padStart(16, "0")}.seg`));
    const waiting = [2, 3, 4, 5].map((n) => journal.append(numbered(n, 4900)).durable);
    for (const result of await Promise.allSettled(waiting)) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: "store.write-failed" } });
    }
    expect(() => journal.append(numbered(6))).toThrow(expect.objectContaining({ code: "store.write-failed" }));
    await expect(journal.flush()).rejects.toMatchObject({ code: "store.write-failed" });
    expect(journal.lastDurable).toBe(1);
    expect((await journal.read(1, 10)).length).toBe(1);
    await journal.close();
  },
);

test("a folder that vanished: the write fails, unhandled promises do not", async () => {
  const folder = join(folders(), "journal");
  const journal = await openFileJournal({ folder, log: SILENT });
  rmSync(folder, { recursive: true });
  journal.append(numbered(1)); // nobody looks at its promise
  await expect(journal.flush()).rejects.toMatchObject({ code: "store.write-failed" });
  await journal.close();
});

test("a folder that cannot be read is refused", async () => {
  const folder = join(folders(), "journal");
  mkdirSync(folder);
  mkdirSync(join(folder, `${"1".padStart(16, "0")}.seg`));
  await expect(openFileJournal({ folder, log: SILENT })).rejects.toMatchObject({ code: "store.read-failed" });
});
