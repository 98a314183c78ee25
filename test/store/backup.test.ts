/** docs/deployment.md, "Backup and restore" — one moment of a site that goes on, and all of it or nothing put back. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Header } from "tar";
import { isCoded, millis, type NodeId, SILENT, systemClock } from "../../gateway/base/index.ts";
import { sealed } from "../../gateway/store/backup/seal.ts";
import {
  backUpStopped,
  type Digest,
  type Fact,
  folderSource,
  isRestored,
  Ledger,
  makeBackup,
  openDataFolder,
  openFileImages,
  openFileJournal,
  openLmdbState,
  type Projection,
  restoreBackup,
  type StateChange,
} from "../../gateway/store/index.ts";
import { inDrill } from "../support/drill.ts";
import { smallDisk } from "./small-disk.ts";
import { temporaryFolders } from "./temporary-folder.ts";

const temporaryFolder = temporaryFolders();
const WORDS = { software: "0.1.0", made: "2026-11-22T00:00:00Z", missing: [] };

/** How often each node joined: one entry per node, so that a state that does not fit its journal is seen. */
class Counts implements Projection {
  readonly name = "counts";
  readonly counts = new Map<string, number>();
  readonly images = new Set<Digest>();
  readonly #dirty = new Set<string>();

  async load(state: Awaited<ReturnType<typeof openLmdbState>>): Promise<void> {
    for (const [key, value] of await state.entries("counts")) {
      if (value.length === 0) this.images.add(key);
      else this.counts.set(key, Buffer.from(value).readUInt32LE());
    }
  }

  apply(fact: Fact): void {
    if (fact.type === "image.removed") {
      this.images.delete(fact.digest);
      this.#dirty.add(fact.digest);
    } else if (fact.type === "node.removed" && fact.actor.startsWith("image:")) {
      const digest = fact.actor.slice(6);
      this.images.add(digest);
      this.#dirty.add(digest);
    } else if (fact.type === "node.removed") {
      this.counts.set(fact.node, (this.counts.get(fact.node) ?? 0) + 1);
      this.#dirty.add(fact.node);
    }
  }

  drain(): readonly StateChange[] {
    const changes = [...this.#dirty].map((key) => ({ table: "counts", key, value: this.#valueOf(key) }));
    this.#dirty.clear();
    return changes;
  }

  #valueOf(key: string): Uint8Array | undefined {
    const count = this.counts.get(key);
    if (count === undefined) return this.images.has(key) ? new Uint8Array() : undefined;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(count);
    return bytes;
  }
}

const digestOf = (bytes: Uint8Array): Digest => createHash("sha256").update(bytes).digest("hex");

/** A site in a folder, as a gateway opens it. */
async function openSite(path: string) {
  const clock = systemClock();
  const folder = await openDataFolder(path, SILENT, (await isRestored(path)) ? { restored: clock.now() } : {});
  const journal = await openFileJournal({ folder: join(path, "journal"), log: SILENT, segmentBytes: 16 << 10 });
  const state = await openLmdbState({ folder: join(path, "state") });
  const images = await openFileImages({ folder: join(path, "images"), cacheBytes: 1 << 20 });
  const counts = new Counts();
  const ledger = await Ledger.open({
    journal,
    state,
    projections: [counts],
    clock,
    log: SILENT,
    checkpoint: millis(20),
  });
  return {
    folder,
    journal,
    images,
    counts,
    ledger,
    backup: () =>
      makeBackup(
        folderSource({
          folder: path,
          copyState: (to) => state.copyTo(to),
          moment: () => ({ last: journal.lastDurable, images: images.digests() }),
        }),
        WORDS,
      ),
    close: async () => {
      await ledger.close();
      await state.close();
      await journal.close();
      await folder.close();
    },
  };
}

const join1 = (ledger: Ledger, n: number) =>
  ledger.record("node.removed", { node: `n-${n % 50}` as NodeId, actor: "cli:me" });

async function addImage(site: Awaited<ReturnType<typeof openSite>>, bytes: Uint8Array): Promise<Digest> {
  const received = await site.images.receive(Readable.from([bytes]), { name: "i", maxBytes: 1 << 20 });
  await received.keep();
  await site.ledger.record("node.removed", { node: "n-0" as NodeId, actor: `image:${received.digest}` });
  return received.digest;
}

async function save(bytes: AsyncIterable<Uint8Array>, file: string): Promise<string> {
  await pipeline(Readable.from(bytes), createWriteStream(file));
  return file;
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "done";
  } catch (error) {
    return isCoded(error) ? error.code : String(error);
  }
};

let home: string;
/** A backup of a small site, for who wants to spoil it. */
let archive: Buffer;

beforeAll(async () => {
  home = temporaryFolder();
  const path = join(home, "data");
  const site = await openSite(path);
  for (let n = 0; n < 60; n++) void join1(site.ledger, n);
  await addImage(site, Buffer.from("an image of a valve"));
  await mkdir(join(path, "models", "acme"), { recursive: true });
  await writeFile(join(path, "models", "acme", "acme-air.yang"), "module acme-air {}");
  await mkdir(join(path, "keys"), { recursive: true });
  await writeFile(join(path, "keys", "sequence.json"), '{"ceiling":5,"origin":1}');
  await writeFile(join(path, "keys", "site.key"), "a key");
  const backup = await site.backup();
  archive = await readFile(await save(backup.bytes, join(home, "b.tar.gz")));
  await backup.close();
  await site.close();
});

const restoreInto = (folder: string, file = join(home, "b.tar.gz")) => restoreBackup({ file, folder });

test("a site that goes on is backed up at one moment: facts, state, images", async () => {
  const path = join(temporaryFolder(), "data");
  const site = await openSite(path);
  let going = true;
  const told: number[] = [];
  const facts = (async () => {
    for (let n = 0; going; n++) {
      for (let k = 0; k < 40; k++) void join1(site.ledger, n + k);
      await site.ledger.flush();
      told.push(site.journal.lastDurable);
    }
  })();
  const images = (async () => {
    for (let n = 0; going; n++) {
      const digest = await addImage(site, Buffer.from(`image ${n}`));
      if (n % 3 === 0) continue;
      await site.ledger.record("image.removed", { digest, actor: "cli:me" });
      await site.images.remove(digest);
    }
  })();
  for (let round = 0; round < inDrill(4, 60); round++) {
    const before = site.journal.lastDurable;
    const backup = await site.backup();
    const { last } = backup.manifest;
    expect(last).toBeGreaterThanOrEqual(before);
    const file = await save(backup.bytes, join(path, "..", `${round}.tar.gz`));
    await backup.close();
    const copy = join(path, "..", `copy-${round}`);
    await restoreBackup({ file, folder: copy });
    const again = await openSite(copy); // throws store.gap where state and journal are not of one moment
    expect(again.journal.last).toBe(last);
    expect(again.folder.site).toEqual({ ...site.folder.site, epoch: again.folder.site.epoch });
    expect(again.folder.site.epoch).toBeGreaterThan(site.folder.site.epoch);
    expect([...again.counts.images].filter((digest) => again.images.open(digest) === undefined)).toEqual([]);
    const wanted = new Map<string, number>();
    for (const fact of await again.journal.read(1, last)) {
      if (fact.type !== "node.removed" || fact.actor.startsWith("image:")) continue;
      wanted.set(fact.node, (wanted.get(fact.node) ?? 0) + 1);
    }
    expect(again.counts.counts).toEqual(wanted);
    await again.close();
    await rm(copy, { recursive: true });
  }
  going = false;
  await Promise.all([facts, images]);
  expect(told.length).toBeGreaterThan(4);
  expect(await readdir(join(path, "backups"))).toEqual([]);
  await site.close();
}, 120_000);

test("a folder that nobody runs on is backed up the same, and claimed meanwhile", async () => {
  const path = join(home, "data");
  const backup = await backUpStopped(path, { ...WORDS, label: "moved", siteKey: join(path, "keys", "site.key") });
  expect(await codeOf(openDataFolder(path, SILENT))).toBe("store.owned");
  const file = await save(backup.bytes, join(home, "stopped.tar.gz"));
  await backup.close();
  const folder = join(home, "from-stopped");
  const { manifest, hasKey } = await restoreInto(folder, file);
  expect(manifest).toMatchObject({ label: "moved", keys: true, last: 61 });
  expect(hasKey).toBe(true);
  expect(await readFile(join(folder, "keys", "site.key"), "utf8")).toBe("a key");
  expect((await stat(join(folder, "keys", "site.key"))).mode & 0o077).toBe(0);
  expect(await codeOf(backUpStopped(join(home, "nowhere"), WORDS))).toBe("backup.nothing");
  expect(await codeOf(backUpStopped(temporaryFolder(), WORDS))).toBe("backup.nothing");
});

test("without its key the backup does not have it, and another that was kept is put in its place", async () => {
  const without = await restoreInto(join(home, "without"));
  expect(without.hasKey).toBe(false);
  expect(await readdir(join(home, "without", "keys"))).toEqual(["sequence.json"]);
  const siteKey = join(home, "data", "keys", "site.key");
  const folder = join(home, "with");
  expect((await restoreBackup({ file: join(home, "b.tar.gz"), folder, siteKey })).hasKey).toBe(true);
  expect(await readFile(join(folder, "keys", "site.key"), "utf8")).toBe("a key");
  expect(await readFile(join(folder, "models", "acme", "acme-air.yang"), "utf8")).toBe("module acme-air {}");
});

test("the next start begins a new epoch, and only that one", async () => {
  const folder = join(home, "marked");
  await restoreInto(folder);
  expect(await isRestored(folder)).toBe(true);
  const first = await openSite(folder);
  await first.close();
  expect(await isRestored(folder)).toBe(false);
  const second = await openSite(folder);
  expect(second.folder.site.epoch).toBe(first.folder.site.epoch);
  await second.close();
});

test("whatever byte of a backup is changed, nothing is put back", async () => {
  const file = join(home, "spoilt.tar.gz");
  const folder = join(home, "spoilt");
  const spoilt = async (bytes: Uint8Array): Promise<string> => {
    await writeFile(file, bytes);
    const code = await codeOf(restoreInto(folder, file));
    expect(await stat(folder).catch(() => undefined)).toBeUndefined();
    return code;
  };
  await fc.assert(
    fc.asyncProperty(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const bytes = Buffer.from(archive);
      bytes[at] = bytes.readUInt8(at) ^ change;
      expect(await spoilt(bytes)).toBe("backup.damaged");
    }),
    { seed: 8, numRuns: inDrill(150, 5000) },
  );
  await fc.assert(
    fc.asyncProperty(fc.nat(archive.length - 1), async (length) => {
      expect(await spoilt(archive.subarray(0, length))).toBe(length < 2 ? "backup.unknown" : "backup.damaged");
    }),
    { seed: 8, numRuns: inDrill(40, 1000) },
  );
  expect(await spoilt(Buffer.concat([archive, Buffer.from([0])]))).toBe("backup.damaged");
  expect(await spoilt(Buffer.concat([archive, archive]))).toBe("backup.damaged");
});

// -- archives that somebody made by hand ------------------------------------------------------------------------------

interface Piece {
  readonly path: string;
  readonly bytes?: Uint8Array;
  readonly type?: "File" | "SymbolicLink" | "Link" | "Directory";
  readonly linkpath?: string;
}

function tarOf(pieces: readonly Piece[]): Buffer {
  const blocks = pieces.flatMap(({ path, bytes = new Uint8Array(), type = "File", linkpath = "" }) => {
    const header = Buffer.alloc(512);
    new Header({ path, size: bytes.length, type, linkpath, mode: 0o644 }).encode(header, 0);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const text = (value: string): Uint8Array => Buffer.from(value);
const SITE = '{"site":"s-abc","epoch":3,"process":"gw-1"}\n';
const GOOD: readonly Piece[] = [
  { path: "data/data-version", bytes: text("2\n") },
  { path: "data/site.json", bytes: text(SITE) },
];
const rowOf = ({ path, bytes = new Uint8Array() }: Piece) => ({
  path: path.replace(/^data\//, ""),
  size: bytes.length,
  sha256: digestOf(bytes),
});
const manifestOf = (pieces: readonly Piece[], more: object = {}): Piece => ({
  path: "sidgate-backup.json",
  bytes: text(
    JSON.stringify({
      format: 1,
      software: "9.9.9",
      made: "2026-11-22T00:00:00Z",
      site: "s-abc",
      epoch: 3,
      last: 0,
      "data-version": 2,
      keys: false,
      missing: [],
      files: pieces.map(rowOf),
      ...more,
    }),
  ),
});
const EVIL = { path: "data/models/x", bytes: text("evil") };
const named = (path: string): Piece => ({ ...EVIL, path });
/** The manifest says it, and it is there. */
const honest = (piece: Piece, more?: object): readonly Piece[] => [manifestOf([...GOOD, piece], more), ...GOOD, piece];

test.each<readonly [what: string, code: string, pieces: readonly Piece[]]>([
  ["nothing strange", "done", [manifestOf(GOOD), ...GOOD]],
  ["a module of the operator", "done", honest(EVIL)],
  ["a path upwards", "backup.entry", honest(named("data/models/../../../evil"))],
  ["a path upwards at once", "backup.entry", honest(named("data/../evil"))],
  ["an absolute path", "backup.entry", honest(named("/etc/evil"))],
  ["a path with a backslash", "backup.entry", honest(named("data/models/..\\evil"))],
  ["a path that no data folder has", "backup.entry", honest(named("data/control.sock"))],
  ["the mark of a restore", "backup.entry", honest(named("data/restored.json"))],
  ["a file twice", "backup.entry", [manifestOf([...GOOD, EVIL, EVIL]), ...GOOD, EVIL, EVIL]],
  ["a file that the manifest does not name", "backup.entry", [manifestOf(GOOD), ...GOOD, EVIL]],
  ["a file less than the manifest names", "backup.entry", [manifestOf([...GOOD, EVIL]), ...GOOD]],
  ["files in another order", "backup.entry", [manifestOf(GOOD), ...[...GOOD].reverse()]],
  ["other bytes", "backup.entry", [manifestOf([...GOOD, EVIL]), ...GOOD, { ...EVIL, bytes: text("good") }]],
  ["more bytes", "backup.entry", [manifestOf([...GOOD, EVIL]), ...GOOD, { ...EVIL, bytes: text("evil!") }]],
  [
    "a symbolic link",
    "backup.entry",
    [
      manifestOf([...GOOD, { ...EVIL, bytes: text("") }]),
      ...GOOD,
      { path: EVIL.path, type: "SymbolicLink", linkpath: "/etc/passwd" },
    ],
  ],
  [
    "a hard link",
    "backup.entry",
    [
      manifestOf([...GOOD, { ...EVIL, bytes: text("") }]),
      ...GOOD,
      { path: EVIL.path, type: "Link", linkpath: "data/site.json" },
    ],
  ],
  ["a folder", "backup.entry", [manifestOf(GOOD), ...GOOD, { path: "data/models/", type: "Directory" }]],
  ["another site than the manifest's", "backup.entry", [manifestOf(GOOD, { site: "s-xyz" }), ...GOOD]],
  ["another epoch than the manifest's", "backup.entry", [manifestOf(GOOD, { epoch: 4 }), ...GOOD]],
  ["another version than the manifest's", "backup.entry", [manifestOf(GOOD, { "data-version": 1 }), ...GOOD]],
  ["no site", "backup.entry", [manifestOf(GOOD.slice(0, 1)), ...GOOD.slice(0, 1)]],
  ["a format to come", "backup.newer", [manifestOf(GOOD, { format: 2 }), ...GOOD]],
  ["data to come", "backup.newer", [manifestOf(GOOD, { "data-version": 3 }), ...GOOD]],
  ["no format", "backup.entry", [manifestOf(GOOD, { format: "1" }), ...GOOD]],
  ["no list of files", "backup.entry", [manifestOf(GOOD, { files: [{}] }), ...GOOD]],
  ["a manifest that is no JSON", "backup.entry", [{ path: "sidgate-backup.json", bytes: text("{") }, ...GOOD]],
  ["no manifest", "backup.unknown", GOOD],
  ["nothing at all", "backup.damaged", []],
])("a sealed archive with %s: %s", async (_what, code, pieces) => {
  const file = join(home, "made.tar.gz");
  const folder = join(home, "made");
  await save(sealed(Readable.from([gzipSync(tarOf(pieces))])), file);
  expect(await codeOf(restoreInto(folder, file))).toBe(code);
  expect((await stat(folder).catch(() => undefined)) === undefined).toBe(code !== "done");
  await rm(folder, { recursive: true, force: true });
});

test("every tool that reads .tar.gz reads it", async () => {
  const plain = gunzipSync(archive);
  expect(plain.subarray(0, 20).toString("latin1")).toBe("sidgate-backup.json\0");
  expect(plain.length % 512).toBe(0);
});

// -- folders ----------------------------------------------------------------------------------------------------------

test("what is there is never mixed with a backup", async () => {
  const folder = temporaryFolder();
  await writeFile(join(folder, "notes.txt"), "mine");
  expect(await codeOf(restoreInto(folder))).toBe("backup.occupied");
  expect(await readdir(folder)).toEqual(["notes.txt"]);
  const used = join(temporaryFolder(), "used");
  const site = await openSite(used);
  expect(await codeOf(restoreInto(used))).toBe("backup.occupied");
  await site.close();
  expect(await codeOf(restoreInto(temporaryFolder(), join(home, "none.tar.gz")))).toBe("cli.file");
  await writeFile(join(home, "words.txt"), "no backup at all, but a text of some length that is no gzip either");
  expect(await codeOf(restoreInto(temporaryFolder(), join(home, "words.txt")))).toBe("backup.unknown");
  expect(await codeOf(restoreInto(join(home, "words.txt", "below")))).toBe("store.folder");
});

test("killed at any step, a restore has left nothing, or all of it", async () => {
  const whole = join(home, "whole");
  await restoreInto(whole);
  const names = await readdir(whole);
  // Before the rename: what is there counts for nothing, and the next restore goes on over it.
  const early = join(home, "early");
  await mkdir(join(early, ".restoring", "journal"), { recursive: true });
  await writeFile(join(early, ".restoring", "site.json"), SITE);
  expect(await isRestored(early)).toBe(false);
  expect((await restoreInto(early)).manifest.last).toBe(61);
  expect((await readdir(early)).sort()).toEqual([...names].sort());
  // Behind it: however far it had come, whoever opens the folder finds all of it.
  for (let moved = 0; moved <= names.length; moved++) {
    const late = join(home, `late-${moved}`);
    await restoreInto(late);
    await mkdir(join(late, ".restored"));
    for (const name of names.slice(moved)) await rename(join(late, name), join(late, ".restored", name));
    expect(await codeOf(restoreInto(late))).toBe("backup.occupied");
    expect(await isRestored(late)).toBe(true);
    const site = await openSite(late);
    expect(site.journal.last).toBe(61);
    expect(site.folder.site.epoch).toBeGreaterThan(1);
    await site.close();
  }
});

const tiny = smallDisk("4m");
const onTiny = tiny === undefined ? test.skip : test;

onTiny("a full disk is told, and nothing is left of a restore or a backup (needs mount)", async () => {
  const folder = join(tiny ?? "", "data");
  const site = await openSite(join(home, "large"));
  for (let n = 0; n < 12; n++) await addImage(site, Buffer.alloc(1 << 19, `${n}`));
  const backup = await site.backup();
  const file = await save(backup.bytes, join(home, "large.tar.gz"));
  await backup.close();
  expect(await codeOf(restoreBackup({ file, folder }))).toBe("store.no-space");
  // One that says that it has room, and has none.
  expect(await codeOf(restoreBackup({ file, folder, freeBytes: async () => 1 << 30 }))).toBe("store.write-failed");
  expect(await readdir(tiny ?? "")).toEqual([]);
  await site.close();
});

afterAll(() => rm(join(home, "large"), { recursive: true, force: true }));
