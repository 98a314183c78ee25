/** docs/redis.md, "Back up" — one format for sites in folders and in Redis, so that a site moves between the two; all or nothing. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type Closable, isCoded, type NodeId, SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { openRedisTarget } from "../../gateway/store/backup/redis-target.ts";
import {
  type Backup,
  backUpStopped,
  type Digest,
  isRestored,
  type Journal,
  type ListedState,
  makeBackup,
  openDataFolder,
  openFileImages,
  openFileJournal,
  openLmdbState,
  openRedisHome,
  type RedisHomeOptions,
  restoreBackup,
  type StateStore,
  stageIn,
} from "../../gateway/store/index.ts";
import { built } from "../support/built.ts";
import { inDrill } from "../support/drill.ts";
import { DURABLE, hasRedis, type RedisServer, startRedis } from "./redis-server.ts";
import { temporaryFolders } from "./temporary-folder.ts";

const folders = temporaryFolders();
const clock = systemClock();
const random = seededRandom(14);
const WORDS = { software: "0.1.0", made: "2026-11-22T00:00:00Z", missing: [] };
/** More than one part of 256 KiB. */
const IMAGE = Buffer.alloc(300_000, "valve");
const DIGEST: Digest = createHash("sha256").update(IMAGE).digest("hex");

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (isCoded(error) ? error.code : String(error)),
  );

async function save({ bytes, close }: Backup): Promise<string> {
  const file = join(folders(), "site.tar.gz");
  await pipeline(Readable.from(bytes), createWriteStream(file));
  await close();
  return file;
}

/** All that a site holds, whatever keeps it. */
async function contentOf(journal: Journal, state: StateStore) {
  const listed = state as ListedState; // what a folder and a Redis both give
  const tables = (await listed.tables()).map(async (table) => [table, await state.entries(table)] as const);
  return {
    first: journal.first,
    facts: await journal.read(journal.first, 10_000),
    projections: Object.fromEntries(await listed.projections()),
    tables: (await Promise.all(tables)).map(
      ([table, rows]) => [table, rows.map(([key, value]) => [key, Buffer.from(value).toString("hex")])] as const,
    ),
  };
}

(hasRedis ? describe : describe.skip)("with /usr/bin/redis-server", () => {
  let server: RedisServer;
  const open: Closable[] = [];
  const closeAll = async (): Promise<void> => {
    for (const each of open.splice(0).reverse()) await each.close();
  };
  beforeAll(async () => {
    server = await startRedis(folders(), ...DURABLE);
  });
  afterEach(async () => {
    await closeAll();
    await server.client().flushall();
  });
  afterAll(() => server.stop());

  const target = (site?: string) => ({ url: server.url, site, log: SILENT, clock, random });
  const home = async (folder: string, more: Partial<RedisHomeOptions> = {}) => {
    const staged = await stageIn(folder);
    const made = await openRedisHome({
      ...target(),
      process: "gw-1",
      witness: join(folder, "redis.json"),
      staged,
      ...more,
    });
    open.push(made);
    await made.claim("gateway");
    return made;
  };

  /** 900 facts, of which the first hundreds are trimmed; more entries than one page; a large image. */
  const makeSite = async (folder: string) => {
    await mkdir(join(folder, "keys"), { recursive: true });
    await writeFile(join(folder, "keys", "sequence.json"), '{"ceiling":700,"origin":5}');
    await writeFile(join(folder, "keys", "site.key"), "a key");
    await writeFile(join(folder, "site.json"), '{"site":"s-folder","epoch":1,"process":"gw-1"}');
    const made = await home(folder, { site: "town-hall" });
    const journal = await made.journal();
    for (let n = 1; n <= 900; n++) {
      journal.append({ at: clock.now(), type: "node.removed", node: `n-${n}` as NodeId, actor: "cli:ö" });
    }
    await journal.flush();
    await journal.trim(250);
    const state = await made.state();
    const rows = Array.from({ length: 2500 }, (_, n) => ({
      table: "nodes",
      key: `n-${n}`,
      value: Buffer.from([n & 255]),
    }));
    await state.commit("registry", 880, [...rows, { table: "images", key: "", value: Buffer.alloc(0) }]);
    await state.commit("outbox", 900, [{ table: "outbox", key: "900", value: Buffer.from("told") }]);
    const images = await made.images({ folder: join(folder, "image-cache"), cacheBytes: 1000 });
    open.push(journal, images);
    const received = await images.receive(Readable.from([IMAGE]), { name: "valve", maxBytes: 1 << 20 });
    await received.keep();
    await made.sequence({ file: join(folder, "keys", "sequence.json"), use: { credentials: 0 } }).reserve(1200);
    return { made, journal, state };
  };

  test("a backup of a site in Redis is put back into a folder, a folder's into Redis, and nothing is lost", async () => {
    const folder = folders();
    const { made, journal, state } = await makeSite(folder);
    const before = await contentOf(journal, state);
    expect(before.facts).toHaveLength(651);
    await rm(join(folder, "image-cache", DIGEST)); // as where there was no room for the copy
    const backup = await makeBackup(made.backup(folder), WORDS);
    expect(backup.manifest).toMatchObject({ site: "town-hall", epoch: 1, last: 900 });
    const file = await save(backup);
    expect((await server.client().keys("*frozen*")).length).toBe(0);
    await closeAll();
    await server.client().flushall();

    const copy = join(folders(), "copy");
    await restoreBackup({ file, folder: copy, siteKey: join(folder, "keys", "site.key") });
    const fileJournal = await openFileJournal({ folder: join(copy, "journal"), log: SILENT });
    const lmdb = await openLmdbState({ folder: join(copy, "state") });
    const images = await openFileImages({ folder: join(copy, "images"), cacheBytes: 1000 });
    open.push(fileJournal, lmdb, images);
    expect(await contentOf(fileJournal, lmdb)).toEqual(before);
    expect(images.digests()).toEqual([DIGEST]);
    expect(JSON.parse(await readFile(join(copy, "keys", "sequence.json"), "utf8"))).toEqual({
      ceiling: 1200,
      origin: 5,
    });
    await closeAll();

    const back = await save(await backUpStopped(copy, WORDS));
    const moved = join(folders(), "moved");
    await restoreBackup({ file: back, folder: moved, redis: target() });
    expect((await readdir(moved)).sort()).toEqual([
      "data-version",
      "image-cache",
      "keys",
      "restored.json",
      "site.json",
    ]);
    expect((await server.client().keys("*restoring*")).length).toBe(0);
    const at = clock.now();
    const again = await home(moved, { restored: at });
    expect(again.site).toEqual({ site: "town-hall", epoch: Math.floor(at / 1000), process: "gw-1" });
    const opened = await again.journal();
    open.push(opened);
    expect(await contentOf(opened, await again.state())).toEqual(before);
    const there = await again.images({ folder: folders(), cacheBytes: 1000 });
    open.push(there);
    expect(there.open(DIGEST)?.slice(0, IMAGE.length)).toEqual(IMAGE);
    const next = opened.append({ at, type: "node.removed", node: "n-1" as NodeId, actor: "cli:ö" });
    await next.durable;
    expect(next.fact.seq).toBe(901);
  });

  test("facts, state and images that come and go meanwhile: the backup is of one moment", async () => {
    const folder = folders();
    const { made, journal, state } = await makeSite(folder);
    let going = true;
    const writing = (async () => {
      while (going) {
        const { fact, durable } = journal.append({
          at: clock.now(),
          type: "node.removed",
          node: "n-1" as NodeId,
          actor: "x",
        });
        await durable;
        // Two tables that always agree.
        await state.commit("registry", fact.seq, [
          { table: "a", key: "k", value: Buffer.from(String(fact.seq)) },
          { table: "b", key: "k", value: Buffer.from(String(fact.seq)) },
        ]);
      }
    })();
    const file = await save(await makeBackup(made.backup(folder), WORDS));
    going = false;
    await writing;
    const copy = join(folders(), "copy");
    const { last } = (await restoreBackup({ file, folder: copy })).manifest;
    const lmdb = await openLmdbState({ folder: join(copy, "state") });
    open.push(lmdb);
    const values = await Promise.all(["a", "b"].map(async (table) => String(await lmdb.get(table, "k"))));
    expect(values[0]).toBe(values[1]);
    const applied = await lmdb.applied("registry");
    expect(values[0] === "undefined" ? 880 : Number(values[0])).toBe(applied);
    expect(applied).toBeLessThanOrEqual(last);
  });

  test("where no gateway runs, the site in Redis is claimed and backed up; while one runs elsewhere it is not", async () => {
    const folder = folders();
    await makeSite(folder);
    const site = target("town-hall");
    expect(await codeOf(backUpStopped(folder, WORDS, site))).toBe("store.claimed");
    await closeAll();
    const backup = await backUpStopped(folder, { ...WORDS, siteKey: join(folder, "keys", "site.key") }, site);
    expect(backup.manifest).toMatchObject({ site: "town-hall", last: 900, keys: true });
    await backup.close();
    expect(await codeOf(backUpStopped(folder, WORDS, target("other")))).toBe("store.sites");
    expect(await codeOf(backUpStopped(folders(), WORDS, site))).toBe("backup.nothing");
  });

  test("nothing is put back beside what is there, under another name, or into a Redis that is not there", async () => {
    const folder = folders();
    const { made } = await makeSite(folder);
    const file = await save(await makeBackup(made.backup(folder), WORDS));
    const into = join(folders(), "into");
    const restore = (redis = target()) => codeOf(restoreBackup({ file, folder: into, redis }));
    expect(await restore()).toBe("backup.in-use");
    expect(await restore(target("town-hall"))).toBe("backup.in-use");
    expect(await restore(target("school"))).toBe("backup.other-site");
    expect(await restore({ ...target(), url: join(folders(), "none.sock") })).toBe("store.redis");
    await closeAll();
    await server.client().flushall();
    await server.client().sadd("sidgate:sites", "school");
    expect(await restore()).toBe("backup.in-use");
    expect(await readdir(join(into, ".."))).toEqual([]);
    expect(await server.client().keys("*restoring*")).toEqual([]);
    expect(await restore(target("town-hall"))).toBe("done");
  });

  test("killed before the last step, the next start takes it; what Redis lost before that is not there", async () => {
    const folder = folders();
    const { made } = await makeSite(folder);
    const file = await save(await makeBackup(made.backup(folder), WORDS));
    await closeAll();
    const staged = async (): Promise<string> => {
      await server.client().flushall();
      const into = join(folders(), "into");
      await restoreBackup({ file, folder: into, redis: target() });
      // As it was before the last step: all keys under the names that they were loaded under.
      const client = server.client();
      for (const key of await client.keys("sidgate:{town-hall}:*")) {
        if (!/:(claim|lease)/.test(key)) await client.rename(key, key.replace("}:", "}:restoring-"));
      }
      await client.del("sidgate:sites");
      return into;
    };
    const one = await staged();
    const { site } = await home(one, { restored: clock.now() });
    expect(site).toMatchObject({ site: "town-hall", process: "gw-1" });
    expect(await server.client().keys("*restoring*")).toEqual([]);
    await closeAll();
    await (await home(one)).close(); // the mark is still there: it is not done twice
    const two = await staged();
    await server.client().flushall();
    expect(await codeOf(home(two))).toBe("backup.stage-lost");
  });

  test("what was restored into Redis, or ran there, is not begun anew without it", async () => {
    const folder = folders();
    const { made } = await makeSite(folder);
    const file = await save(await makeBackup(made.backup(folder), WORDS));
    await closeAll();
    expect(await codeOf(openDataFolder(folder, SILENT))).toBe("store.in-redis");
    await server.client().flushall();
    const into = join(folders(), "into");
    await restoreBackup({ file, folder: into, redis: target() });
    const before = (await readdir(into)).sort();
    expect(await codeOf(openDataFolder(into, SILENT, { restored: clock.now() }))).toBe("store.in-redis");
    expect(await codeOf(backUpStopped(into, WORDS))).toBe("store.in-redis");
    expect((await readdir(into)).sort()).toEqual(before);
    open.push(await openDataFolder(into, SILENT, { inRedis: true }));
    expect((await home(into, { restored: clock.now() })).site.site).toBe("town-hall");
  });

  test("a gateway that would make the site of that name while it is restored is refused, and makes none", async () => {
    const folder = folders();
    const { made } = await makeSite(folder);
    const { manifest, ...backup } = await makeBackup(made.backup(folder), WORDS);
    await backup.close();
    await closeAll();
    await server.client().flushall();
    const restoring = await openRedisTarget(target(), manifest);
    const other = folders();
    expect(await codeOf(home(other, { site: "town-hall" }))).toBe("store.claimed");
    expect(await server.client().smembers("sidgate:sites")).toEqual([]);
    expect(await server.client().exists("sidgate:{town-hall}:site")).toBe(0);
    await restoring.close();
    expect((await home(other, { site: "town-hall" })).site.site).toBe("town-hall");
  });

  test(
    "killed at any step, a restore leaves nothing or all of it: the next one, or the next start, ends whole",
    async () => {
      const folder = folders();
      const { made, journal, state } = await makeSite(folder);
      const before = await contentOf(journal, state);
      const file = await save(await makeBackup(made.backup(folder), WORDS));
      await closeAll();
      await server.client().flushall();
      const steps = Number(await restoreIn(file, join(folders(), "into"), server.url).printed);
      expect(steps).toBeGreaterThan(50);
      // Toward the end, where it is decided; the drill takes every one.
      const some = [0.5, 0.9, 0.97].map((part) => Math.floor(steps * part));
      const points = inDrill(
        some,
        Array.from({ length: steps }, (_, n) => n + 1),
      );
      const outcomes = new Set<string>();
      for (const point of points) {
        await server.client().flushall();
        const into = join(folders(), "into");
        const [code, signal] = await restoreIn(file, into, server.url, point).ended;
        // A claim that is renewed once more, or less, is a step of the one run and not of the other.
        if (code === 0 && point > steps - 3) continue;
        expect([code, signal]).toEqual([null, "SIGKILL"]);
        const isThere = await isRestored(into);
        outcomes.add(isThere ? "all" : "nothing");
        if (!isThere) {
          expect(await server.client().smembers("sidgate:sites")).toEqual([]);
          await restoreBackup({ file, folder: into, redis: target() });
        } else expect(await codeOf(restoreBackup({ file, folder: into, redis: target() }))).toBe("backup.occupied");
        open.push(await openDataFolder(into, SILENT, { inRedis: true }));
        const next = await home(into, { restored: clock.now() });
        const found = await next.journal();
        open.push(found);
        expect(next.site).toMatchObject({ site: "town-hall", process: "gw-1" });
        expect(await contentOf(found, await next.state())).toEqual(before);
        const images = await next.images({ folder: join(into, "image-cache"), cacheBytes: 1000 });
        open.push(images);
        expect(images.open(DIGEST)?.slice(0, IMAGE.length)).toEqual(IMAGE);
        expect((await readdir(into)).filter((name) => name.startsWith("."))).toEqual([]);
        expect(await server.client().keys("*restoring*")).toEqual([]);
        await closeAll();
      }
      expect([...outcomes].sort()).toEqual(inDrill([...outcomes].sort(), ["all", "nothing"]));
    },
    inDrill(60_000, 3_600_000),
  );
});

/** A restore in a process of its own, which kills itself before a step. */
function restoreIn(file: string, folder: string, url: string, killAt = 0) {
  const args = [built("redis-restorer"), file, folder, url, String(killAt)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  return { printed: text(child.stdout), ended: once(child, "exit") };
}
