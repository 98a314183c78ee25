/**
 * A backup put back into Redis. All of it is loaded under names of its own, which nobody reads; then the data folder takes its
 * place, with a mark that says so (folder/restored.ts), and one script gives all keys their names (redis/stage.ts). Killed between
 * the two, the next start runs that script.
 */
import { randomUUID } from "node:crypto";
import { open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Closable, type Logger, StoreError, UsageError } from "../../base/index.ts";
import { folderExists } from "../folder/durable-file.ts";
import type { Stage } from "../folder/restored.ts";
import { PART } from "../images/redis-parts.ts";
import { asBuffer, connectRedis, type RedisLink, script } from "../ioredis.ts";
import { FIELD } from "../journal/redis-stream.ts";
import { MAGIC, scanRecords } from "../journal/segment-reader.ts";
import { Claims } from "../redis/claims.ts";
import { evalFenced, FENCED, keysOf, type RedisPlace, sweep } from "../redis/place.ts";
import { SITES } from "../redis/site.ts";
import { finishStage, STAGED } from "../redis/stage.ts";
import { carryState } from "../state/carry.ts";
import { RedisState } from "../state/redis.ts";
import type { BackupManifest } from "./manifest.ts";
import { IMAGE_CACHE } from "./place.ts";

export interface RedisTargetOptions {
  readonly url: string;
  /** What the configuration says; undefined = the only one. */
  readonly site: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RedisTarget extends Closable {
  /** Loads what is unpacked in a folder, and leaves there what belongs into the data folder. */
  load(folder: string): Promise<Stage>;
  /** Nothing of it was there. */
  drop(): Promise<void>;
  /** From now on the site is there. */
  finish(stage: Stage): Promise<void>;
}

/** One batch: what Redis takes in one step, and answers nobody else meanwhile. */
const MOST_FACTS = 512;
const MOST_BYTES = 1 << 20;

/** Asked again after an answer that was lost, it changes nothing. */
const LOAD_FACTS = script(`${FENCED}
local first = tonumber(arg(1))
local newest = redis.call('XREVRANGE', key(1), '+', '-', 'COUNT', 1)[1]
local last = newest and tonumber(string.match(newest[1], '^%d+')) or 0
for i = 2, args do
  local seq = first + i - 2
  if seq > last then redis.call('XADD', key(1), string.format('%.0f-0', seq), '${FIELD}', arg(i)) end
end
`);

/** Throws UsageErrors `backup.other-site`, `backup.in-use`, StoreErrors `store.redis`, `store.claimed`. */
export async function openRedisTarget(options: RedisTargetOptions, manifest: BackupManifest): Promise<RedisTarget> {
  const { url, clock, log } = options;
  const { site } = manifest;
  const link = await connectRedis({ url, clock, log, name: "sidgate-restore" });
  try {
    const key = keysOf(site);
    const instance = `restore-${randomUUID()}`;
    const claims = new Claims({ link, key, site, process: "restore", instance, clock });
    await checkFree(link, site, options.site);
    await claims.claim("gateway", "gateway");
    await checkFree(link, site, options.site);
    const place: RedisPlace = { link, key, fence: () => claims.fence() };
    return {
      load: (folder) => load(place, folder, manifest),
      drop: () => sweep(place, key(STAGED)),
      finish: (stage) => finishStage(link, stage),
      close: async () => {
        await claims.close();
        await link.close();
      },
    };
  } catch (error) {
    await link.close();
    throw error;
  }
}

/** Another site may be in the same Redis, where the configuration says which of them is meant. */
async function checkFree(link: RedisLink, site: string, wanted: string | undefined): Promise<void> {
  if (wanted !== undefined && wanted !== site) throw new UsageError("backup.other-site", { site, wanted });
  const there = await link.run((redis) => redis.smembers(SITES));
  if (there.includes(site) || (there.length > 0 && wanted === undefined)) {
    throw new UsageError("backup.in-use", { url: link.url, site: there.includes(site) ? site : there.join(", ") });
  }
}

async function load(place: RedisPlace, folder: string, manifest: BackupManifest): Promise<Stage> {
  const { link, key } = place;
  const stage = { site: manifest.site, id: randomUUID() };
  const inFolder = (name: string): string => join(folder, name);
  const staged = (name: string): string => key(`${STAGED}${name}`);
  await sweep(place, key(STAGED));
  if (await folderExists(inFolder("state"))) await loadState(place, inFolder("state"));
  const last = await loadJournal(place, inFolder("journal"), staged("journal"));
  if (last !== manifest.last) throw damagedJournal(inFolder("journal"), last);
  for (const digest of await namesIn(inFolder("images"))) {
    const size = await loadImage(place, inFolder(join("images", digest)), staged(`image:${digest}`));
    await link.run((redis) => redis.hset(staged("images"), digest, size));
  }
  const { epoch, "data-version": version } = manifest;
  await link.run((redis) => redis.hset(staged("site"), { epoch, version, restored: stage.id }));
  for (const name of ["state", "journal"]) await rm(inFolder(name), { recursive: true, force: true });
  // Blocks are answered from there at once, and the next backup links them.
  if (await folderExists(inFolder("images"))) await rename(inFolder("images"), inFolder(IMAGE_CACHE));
  return stage;
}

async function loadState(place: RedisPlace, folder: string): Promise<void> {
  const { openLmdbState } = await import("../state/lmdb.ts");
  const state = await openLmdbState({ folder });
  try {
    await carryState(state, new RedisState(place, () => undefined, `${STAGED}state`));
  } finally {
    await state.close();
  }
}

/** Returns the number of the last fact. */
async function loadJournal(place: RedisPlace, folder: string, stream: string): Promise<number> {
  let last = 0;
  for (const name of await namesIn(folder)) {
    const first = Number.parseInt(name, 10);
    if (last > 0 && first !== last + 1) throw damagedJournal(join(folder, name), last);
    const payloads: Buffer[] = [];
    const end = await scanRecords(join(folder, name), { seq: first, offset: MAGIC.length }, ({ payload }) => {
      payloads.push(Buffer.from(payload)); // the reader uses its memory again
      return true;
    });
    last = end - 1;
    let next = first;
    for (const batch of batches(payloads)) {
      await evalFenced(place, LOAD_FACTS, [stream], [next, ...batch]);
      next += batch.length;
    }
  }
  return last;
}

function* batches(payloads: readonly Buffer[]): Generator<readonly Buffer[]> {
  let batch: Buffer[] = [];
  let bytes = 0;
  for (const payload of payloads) {
    if (batch.length === MOST_FACTS || (bytes > 0 && bytes + payload.length > MOST_BYTES)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(payload);
    bytes += payload.length;
  }
  if (batch.length > 0) yield batch;
}

/** Returns its size. */
async function loadImage({ link }: RedisPlace, file: string, key: string): Promise<number> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    for (let n = 0; n * PART < size; n++) {
      const part = Buffer.alloc(Math.min(PART, size - n * PART));
      await handle.read(part, 0, part.length, n * PART);
      await link.run((redis) => redis.hset(key, String(n), asBuffer(part)));
    }
    return size;
  } finally {
    await handle.close();
  }
}

const damagedJournal = (file: string, offset: number): StoreError => new StoreError("store.damaged", { file, offset });

const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await folderExists(folder)) ? (await readdir(folder)).sort() : [];
