/**
 * ARCHITECTURE.md, rule 4, when things go wrong: an upload that ends early, a disk that is full or fails at any step, a gateway
 * that is killed at any moment. No half image is readable, nothing is left that grows, and no fact is without its bytes.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { afterAll, expect, test } from "@jest/globals";
import { explain, isCoded, SILENT, StoreError, seededRandom } from "../../gateway/base/index.ts";
import { Images } from "../../gateway/service/images/index.ts";
import { labTrust } from "../../gateway/service/trust/index.ts";
import { type Disk, systemDisk } from "../../gateway/store/images/disk.ts";
import {
  type Journal,
  Ledger,
  memoryJournal,
  memoryState,
  type Outcome,
  openFileImages,
  openFileJournal,
  type Recorder,
} from "../../gateway/store/index.ts";
import { openDoors } from "../admin/doors.ts";
import { smallDisk } from "../store/small-disk.ts";
import { built } from "../support/built.ts";
import { drill, inDrill } from "../support/drill.ts";
import { imageNumber } from "../support/image-numbers.ts";
import { mcubootImage } from "../support/mcuboot.ts";
import { StandingClock } from "../support/services.ts";

const scratch = mkdtempSync(join(tmpdir(), "sidgate-image-faults-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let folders = 0;
const newFolder = (): string => join(scratch, String(++folders));

const CLAIM = { name: "fw.bin", model: "trv", version: "1.4.2" };
/** Several groups of parts, so several writes. */
const IMAGE = mcubootImage({ body: Buffer.alloc(20_000, "firmware") });
async function* inParts(bytes: Uint8Array, part = 100): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += part) yield bytes.subarray(at, at + part);
}
const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

/** The library over what is on the disk, as a start opens it. */
async function openLibrary(folder: string, journal: Journal, disk: Disk = systemDisk) {
  const store = await openFileImages({ folder, cacheBytes: 1 << 20, disk });
  const images = new Images({ store, trust: labTrust, maxBytes: 1 << 24, log: SILENT });
  const clock = new StandingClock();
  const ledger = await Ledger.open({ journal, state: memoryState(), projections: [images], clock, log: SILENT });
  await images.sweep(store.digests());
  return {
    images,
    ledger,
    store,
    add: (source: AsyncIterable<Uint8Array>) => images.add(source, CLAIM, "test", ledger),
  };
}

/** What a write that fails has done before: nothing, a part of it, or all. */
const DONE = ["nothing", "half", "all"] as const;

/** A disk whose step `fatal` fails with ENOSPC; a dead one does nothing ever after, as if the process were gone. */
function failingDisk(fatal: number, done: (typeof DONE)[number], dies: boolean): Disk & { readonly failed: string } {
  const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  let steps = 0;
  const disk = { failed: "" };
  const step = async <T>(
    name: string,
    work: () => Promise<T>,
    part = async (isAll: boolean): Promise<unknown> => isAll && work(),
  ) => {
    if (dies && disk.failed !== "") throw full;
    if (steps++ !== fatal) return work();
    disk.failed = name;
    if (done !== "nothing") await part(done === "all");
    throw full;
  };
  return Object.assign(disk, {
    create: async (path: string) => {
      const file = await step(
        "create",
        () => systemDisk.create(path),
        async () => (await systemDisk.create(path)).close(),
      );
      return {
        write: (parts: readonly Uint8Array[], position: number) =>
          step(
            "write",
            () => file.write(parts, position),
            (isAll) => file.write(isAll ? parts : parts.slice(0, parts.length >> 1), position),
          ),
        sync: () => step("sync", () => file.sync()),
        close: async () => {
          try {
            await step("close", async () => undefined);
          } finally {
            await file.close().catch(() => undefined); // as the system does it for who is gone
          }
        },
      };
    },
    rename: (from: string, to: string) => step("rename", () => systemDisk.rename(from, to)),
    remove: (path: string) => (dies && disk.failed !== "" ? Promise.reject(full) : systemDisk.remove(path)),
    syncFolder: (folder: string) => step("syncFolder", () => systemDisk.syncFolder(folder)),
  });
}

test.each([
  ["fails, and the gateway goes on", false],
  ["fails, and the gateway is gone", true],
] as const)("whichever step of an import %s: no image, no fact, no bytes", async (_name, dies) => {
  const failed = new Set<string>();
  for (const done of DONE) {
    for (let fatal = 0; ; fatal++) {
      const folder = newFolder();
      const journal = memoryJournal();
      const disk = failingDisk(fatal, done, dies);
      const { images, add, store } = await openLibrary(folder, journal, disk);
      const outcome = await add(inParts(IMAGE)).then(
        () => "added",
        (error: unknown) => (isCoded(error) ? error.code : explain(error)),
      );
      if (disk.failed === "") {
        expect([outcome, filesIn(folder).length, images.list().length]).toEqual(["added", 1, 1]);
        break;
      }
      failed.add(disk.failed);
      expect([disk.failed, outcome]).toEqual([disk.failed, "store.write-failed"]);
      expect([images.list(), journal.last, store.digests()]).toEqual([[], 0, []]);
      if (!dies) expect(filesIn(folder)).toEqual([]);
      const restarted = await openLibrary(folder, journal);
      expect([filesIn(folder), restarted.images.list()]).toEqual([[], []]);
      expect(await restarted.add(inParts(IMAGE))).toMatchObject({ size: IMAGE.length });
    }
  }
  expect([...failed].sort()).toEqual(["close", "create", "rename", "sync", "syncFolder", "write"]);
});

test.each([
  ["refused the fact", false, 0],
  ["took the fact and could not say so", true, 1],
])("a journal that %s: with the next start fact and bytes are one", async (_name, isTaken, images) => {
  const folder = newFolder();
  const journal = memoryJournal();
  const library = await openLibrary(folder, journal);
  const failing: Recorder = {
    record: async (type, body) => {
      if (isTaken) await library.ledger.record(type, body);
      throw new StoreError("store.write-failed", { what: "the journal", reason: "EIO" });
    },
    flush: () => library.ledger.flush(),
  };
  const adding = library.images.add(inParts(IMAGE), CLAIM, "test", failing);
  await expect(adding).rejects.toMatchObject({ code: "store.write-failed" });
  const restarted = await openLibrary(folder, journal);
  expect(restarted.images.list().filter((image) => restarted.images.isAvailable(image))).toHaveLength(images);
  expect(filesIn(folder)).toHaveLength(images);
});

test("an upload over the control socket that ends after any number of bytes leaves nothing behind", async () => {
  const folder = newFolder();
  const { add, images, store } = await openLibrary(folder, memoryJournal());
  const doors = await openDoors();
  const outcomes: Outcome[] = [];
  let refused: () => void = () => undefined;
  Object.assign(doors.site, {
    addImage: async (bytes: AsyncIterable<Uint8Array>): Promise<Outcome> => {
      const outcome = await add(bytes).then(
        ({ id }): Outcome => ({ status: "completed", result: id }),
        (error: unknown): Outcome => ({
          status: "failed",
          error: { code: isCoded(error) ? error.code : explain(error), text: "", hint: "" },
        }),
      );
      outcomes.push(outcome);
      refused();
      return outcome;
    },
  });
  const head = (length: string): string =>
    `POST /api/images?model=trv&version=1.4.2&name=fw.bin HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\n${length}\r\n\r\n`;
  const chunk = Buffer.concat([Buffer.from(`${IMAGE.length.toString(16)}\r\n`), IMAGE]);
  const random = seededRandom(11);
  const cuts = [0, 1, 31, 32, 33, IMAGE.length - 1, ...Array.from({ length: inDrill(12, 400) }, () => random.next())];
  for (const cut of cuts) {
    const at = cut < 1 && cut > 0 ? Math.floor(cut * IMAGE.length) : cut;
    for (const [length, body] of [
      [`content-length: ${IMAGE.length}`, IMAGE.subarray(0, at)],
      ["transfer-encoding: chunked", chunk.subarray(0, at)],
    ] as const) {
      const told = new Promise<void>((resolve) => {
        refused = resolve;
      });
      const socket = connect(doors.socketPath);
      socket.write(head(length));
      socket.end(body);
      socket.on("error", () => undefined).resume();
      await told;
      expect(outcomes.at(-1)).toMatchObject({ status: "failed", error: { code: "admin.cut-off" } });
      expect([filesIn(folder), images.list(), store.digests()]).toEqual([[], [], []]);
      socket.destroy();
    }
  }
  await doors.close();
});

const disk = smallDisk("4m");

(disk === undefined ? test.skip : test)(
  `a real disk that is full${disk === undefined ? " (skipped: needs mount of a tmpfs)" : ""}: nothing is taken, nothing is left, and what fits is taken afterwards`,
  async () => {
    const folder = join(disk ?? "", "images");
    const { add, images } = await openLibrary(folder, memoryJournal());
    const large = Buffer.alloc(8 << 20, "firmware");
    for (let round = 0; round < 3; round++) {
      await expect(add(inParts(large, 1 << 16))).rejects.toMatchObject({ code: "store.write-failed" });
      expect([filesIn(folder), images.list()]).toEqual([[], []]);
    }
    expect(await add(inParts(large.subarray(0, 3 << 20), 1 << 16))).toMatchObject({ size: 3 << 20 });
  },
);

/** Takes image after image in, telling each, until it is killed. */
function startWriter(folder: string): ChildProcessByStdio<Writable, Readable, null> {
  return spawn(process.execPath, [built("image-writer"), folder], { stdio: ["pipe", "pipe", "inherit"] });
}

// In the usual run test/store/journal-crash.test.ts has a process that is killed at any moment.
drill(
  "a gateway killed at any moment of an import has all images that it told, whole, and nothing else",
  async () => {
    const random = seededRandom(5);
    const folder = newFolder();
    let told = 0;
    const rounds = 60;
    const writers = [startWriter(folder)];
    for (let round = 0; round < rounds; round++) {
      if (round < rounds - 1) writers.push(startWriter(folder));
      const writer = writers.shift();
      if (writer === undefined) break;
      const exit = once(writer, "exit");
      writer.stdin.write("go\n");
      const lines = createInterface(writer.stdout)[Symbol.asyncIterator]();
      for (let line = 0; line < 1 + Math.floor(random.next() * 4); line++) {
        told = Number((await lines.next()).value);
      }
      for (let turns = random.next() * 1000; turns > 0; turns--) await new Promise(setImmediate);
      writer.kill("SIGKILL");
      await exit;
      const journal = await openFileJournal({ folder: join(folder, "journal"), log: SILENT });
      const { images, ledger, store } = await openLibrary(join(folder, "images"), journal);
      const names = images.list().map(({ name }) => Number(name));
      expect(names).toEqual(Array.from({ length: names.length }, (_, index) => index));
      expect(names.length).toBeGreaterThan(told);
      expect(filesIn(join(folder, "images")).toSorted()).toEqual(
        images
          .list()
          .map(({ digest }) => digest)
          .toSorted(),
      );
      for (const image of images.list()) {
        expect(Buffer.from(images.open(image).slice(0, image.size)).equals(imageNumber(Number(image.name)))).toBe(true);
      }
      await ledger.close();
      await store.close();
      await journal.close();
    }
  },
  300_000,
);
