/**
 * RFC 8613 Appendix B.1.1 — the range of sender sequence numbers, in Redis and in a file of this machine, of which the higher
 * one counts. A nonce that is used twice gives its key away, and a Redis may lose what it said: then the file knows. The file
 * may be that of a machine which was not the gateway lately: then Redis knows. Reserved is what both hold durably.
 */
import { type Clock, millis } from "../../base/index.ts";
import { fileSequence, type SequenceUse } from "../folder/sequence-file.ts";
import { script } from "../ioredis.ts";
import type { SequenceRange, SequenceStore } from "../ports.ts";
import { evalFenced, FENCED, type RedisPlace } from "./place.ts";

export interface RedisSequenceOptions {
  /** Beside the key file of this machine. */
  readonly file: string;
  readonly use: SequenceUse;
  readonly clock: Clock;
}

const RESERVE = script(`${FENCED}
local before = tonumber(redis.call('HGET', key(1), 'ceiling') or 0)
local ceiling = math.max(before, tonumber(arg(1)))
redis.call('HSET', key(1), 'ceiling', string.format('%.0f', ceiling))
redis.call('HSETNX', key(1), 'origin', arg(2))
`);

/** `load` throws as that of the file does where neither place knows how far it went. */
export function redisSequence(place: RedisPlace, { file, use, clock }: RedisSequenceOptions): SequenceStore {
  const { link, key } = place;
  let range: SequenceRange | undefined;
  const shared = async (): Promise<SequenceRange | undefined> => {
    const [ceiling, origin] = (await link.run((redis) => redis.hmget(key("sequence"), "ceiling", "origin"))).map(
      Number,
    );
    return ceiling && origin !== undefined ? { ceiling, origin: millis(origin) } : undefined;
  };
  const load = async (): Promise<SequenceRange> => {
    const inRedis = await shared();
    // While Redis knows, the file may be missing or damaged: this machine may never have been the gateway.
    const inFile = await fileSequence(file, clock, inRedis === undefined ? use : { ...use, anew: true }).load();
    return {
      ceiling: Math.max(inRedis?.ceiling ?? 0, inFile.ceiling),
      origin: millis(Math.min(inRedis?.origin ?? inFile.origin, inFile.origin)),
    };
  };
  const local = fileSequence(file, clock, { credentials: 0, anew: true });
  const once = async (): Promise<SequenceRange> => {
    range ??= await load();
    return range;
  };
  return {
    load: once,
    reserve: async (ceiling) => {
      const { origin, ceiling: before } = await once();
      if (ceiling <= before) return;
      await local.reserve(ceiling);
      await evalFenced(place, RESERVE, [key("sequence")], [ceiling, origin]);
      range = { origin, ceiling };
    },
  };
}
