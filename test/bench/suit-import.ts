/**
 * What it costs to take in an image of 64 MiB (received in parts of 64 KiB, hashed, checked as MCUboot does, written, synced,
 * renamed, a fact) beside the SHA-256 of the same bytes: CPU time of the whole process, all its threads.
 */
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SILENT, systemClock } from "../../gateway/base/index.ts";
import { Images } from "../../gateway/service/images/index.ts";
import { labTrust } from "../../gateway/service/trust/index.ts";
import { Ledger, memoryState, openFileImages, openFileJournal } from "../../gateway/store/index.ts";
import { mcubootImage } from "../support/mcuboot.ts";
import { type Figures, forkScript, messageOf, Table } from "./measure.ts";

export const IMAGE_BYTES = 64 << 20;
const PART_BYTES = 64 << 10;
const ROUNDS = 9;

/** No two parts alike, and 64 MiB in all. */
export function largeImage(): Buffer {
  const body = Buffer.alloc(IMAGE_BYTES - 150);
  for (let at = 0; at + 4 <= body.length; at += 4) body.writeInt32LE(Math.imul(at + 1, 0x9e3779b1), at);
  const image = mcubootImage({ body });
  return image;
}

async function* inParts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PART_BYTES) yield bytes.subarray(at, at + PART_BYTES);
}

const CLAIM = { name: "large.bin", model: "valve-2", version: "1.4.2" };

/** Milliseconds on a CPU. */
async function cost(work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

export async function importBench(): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), "sidgate-bench-import-"));
  const journal = await openFileJournal({ folder: join(folder, "journal"), log: SILENT });
  const store = await openFileImages({ folder: join(folder, "images"), cacheBytes: 1 << 20 });
  const images = new Images({ store, trust: labTrust, maxBytes: IMAGE_BYTES, log: SILENT });
  const clock = systemClock();
  const ledger = await Ledger.open({ journal, state: memoryState(), projections: [images], clock, log: SILENT });
  const add = (source: AsyncIterable<Uint8Array>) => images.add(source, CLAIM, "bench", ledger);
  const server = createServer((request, response) => {
    void add(request.iterator({ destroyOnReturn: false })).then(({ id }) => response.end(id));
  }).listen(join(folder, "socket"));
  await once(server, "listening");
  const sender = forkScript("suit-sender", [join(folder, "socket")]);
  await messageOf(sender);
  const image = largeImage();
  const table = new Table();
  let peak = 0;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const hash = await cost(() => createHash("sha256").update(image).digest());
      const before = process.memoryUsage.rss();
      const imported = await cost(() => add(inParts(image)));
      peak = Math.max(peak, process.memoryUsage.rss() - before);
      await images.remove(idOf(images), "bench", ledger);
      const uploaded = await cost(() => send(sender));
      await images.remove(idOf(images), "bench", ledger);
      if (round === 0) continue; // the compiler's
      table.note("image_import_cpu_vs_sha256", imported / hash);
      table.note("image_upload_cpu_vs_sha256", uploaded / hash);
      table.note("image_import_cpu_ms", imported);
      table.note("sha256_64_mib_cpu_ms", hash);
    }
  } finally {
    sender.kill();
    server.close();
    await ledger.close();
    await store.close();
    await journal.close();
    await rm(folder, { recursive: true });
  }
  table.note("image_import_more_rss_mib", peak / (1 << 20));
  return table.figures((name) => UNITS[name] ?? "of createHash('sha256') over the same bytes");
}

const UNITS: Readonly<Record<string, string>> = {
  image_import_cpu_ms: "ms of CPU",
  sha256_64_mib_cpu_ms: "ms of CPU",
  image_import_more_rss_mib: "MiB",
};

const idOf = (images: Images): string => images.list()[0]?.id ?? "";

/** Another process, so that its CPU time is its own. */
async function send(sender: ChildProcess): Promise<void> {
  const answered = messageOf<string>(sender);
  sender.send("go");
  await answered;
}
