/**
 * A site in Redis, for its backup, in the form that a data folder has: so a backup can be put back into either. One step copies
 * the state within Redis, where it takes as much memory again until it was read.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, isCoded, SILENT, StoreError } from "../../base/index.ts";
import type { Digest } from "../facts.ts";
import { DATA_VERSION } from "../folder/data-folder.ts";
import { readParts } from "../images/redis-parts.ts";
import { script } from "../ioredis.ts";
import { openSegments } from "../journal/file.ts";
import { boundsOf, payloadsBetween, seqOf, streamOf } from "../journal/redis-stream.ts";
import type { SiteInfo } from "../ports.ts";
import { evalFenced, FENCED, NAMES, type RedisPlace, sweep } from "../redis/place.ts";
import { redisSequence } from "../redis/sequence.ts";
import { carryState } from "../state/carry.ts";
import { RedisState } from "../state/redis.ts";
import { linkOrCopy } from "./copy-file.ts";
import { IMAGE_CACHE } from "./place.ts";
import type { BackupSource, Moment } from "./source.ts";

export interface RedisSourceOptions {
  readonly folder: string;
  readonly site: SiteInfo;
  readonly clock: Clock;
}

const FROZEN = "frozen-state";
/** A process that was killed leaves no more than that behind, and not for longer. */
const FROZEN_KEPT = 3_600_000;
/** Facts taken from Redis at a time. */
const MOST_AT_ONCE = 512;

const FREEZE = script(`${FENCED}
local prefix = arg(1)
${NAMES}
for _, name in ipairs(names) do
  local copy = arg(2) .. string.sub(name, #prefix + 1)
  redis.call('COPY', name, copy, 'REPLACE')
  redis.call('PEXPIRE', copy, arg(3))
end
`);

const MOMENT = script(`
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
return {newest and newest[1] or '0-0', redis.call('HKEYS', KEYS[2])}
`);

/** For the holder of the claim `gateway`. */
export function redisSource(place: RedisPlace, { folder, site, clock }: RedisSourceOptions): BackupSource {
  const { link, key } = place;
  return {
    folder,
    copyState: async (to) => {
      const { openLmdbState } = await import("../state/lmdb.ts");
      await sweep(place, key(FROZEN));
      try {
        await evalFenced(place, FREEZE, [], [key("state"), key(FROZEN), FROZEN_KEPT]);
        const state = await openLmdbState({ folder: to });
        try {
          await carryState(new RedisState(place, () => undefined, FROZEN), state);
        } finally {
          await state.close();
        }
      } finally {
        await sweep(place, key(FROZEN));
      }
    },
    moment: async (): Promise<Moment> => {
      // What the script returns.
      const [newest, images] = (await link.eval(MOMENT, [streamOf(place), key("images")], [])) as [Buffer, Buffer[]];
      return { last: seqOf(String(newest)), images: images.map(String) };
    },
    copyImage: async (digest, to) =>
      (await linkOrCopy(join(folder, IMAGE_CACHE, digest), to)) || fetchImage(place, digest, to),
    copyJournal: (to, end) => fetchJournal(place, to, end),
    copyOwn: async (to) => {
      const own = { mode: 0o600 };
      await writeFile(join(to, "data-version"), `${DATA_VERSION}\n`, own);
      await writeFile(join(to, "site.json"), `${JSON.stringify(site)}\n`, own);
      const file = join(folder, "keys", "sequence.json");
      const range = await redisSequence(place, { file, use: { credentials: 0, anew: true }, clock }).load();
      if (range.ceiling === 0) return;
      await mkdir(join(to, "keys"), { mode: 0o700 });
      await writeFile(join(to, "keys", "sequence.json"), `${JSON.stringify(range)}\n`, own);
    },
  };
}

/** One that this machine could not keep a copy of. False: it was put away meanwhile. */
async function fetchImage(place: RedisPlace, digest: Digest, to: string): Promise<boolean> {
  const { link, key } = place;
  const sizeNow = (): Promise<string | null> => link.run((redis) => redis.hget(key("images"), digest));
  const size = await sizeNow();
  if (size === null) return false;
  try {
    await writeFile(to, readParts(place, key(`image:${digest}`), Number(size)), { mode: 0o600 });
    return true;
  } catch (error) {
    if (isCoded(error) && (await sizeNow()) === null) return false;
    throw error;
  }
}

async function fetchJournal(place: RedisPlace, to: string, end: number): Promise<void> {
  const { link } = place;
  const stream = streamOf(place);
  const segments = await openSegments({ folder: to, log: SILENT });
  try {
    let { first: next } = await link.run((redis) => boundsOf(redis, stream));
    while (next <= end) {
      const from = next;
      const payloads = await link.run((redis) =>
        payloadsBetween(redis, stream, { from, to: end, count: MOST_AT_ONCE }),
      );
      if (payloads.length === 0) throw new StoreError("store.damaged", { file: stream, offset: next });
      await segments.write({ first: next, payloads });
      next += payloads.length;
    }
  } finally {
    await segments.close();
  }
}
