/** What this Redis would lose, and when: told to who set it up, since nobody notices before the day it matters. */
import type { Redis } from "../ioredis.ts";

/** One sentence each, for the log and the console. */
const RISKS = {
  evicts: "Redis may drop keys when its memory is full: set maxmemory-policy noeviction.",
  "keeps-nothing": "Redis does not write each fact to its disk: set appendonly yes and appendfsync always.",
  "syncs-never": "Redis leaves it to the system when facts reach the disk: set appendfsync always.",
  "syncs-each-second": "Redis may lose the last second of facts when the machine loses power: set appendfsync always.",
} as const;

export type RedisRisk = keyof typeof RISKS;

interface RedisSetup {
  /** `undefined` = Redis does not say: a hosted one keeps its settings to itself. */
  readonly appendOnly: boolean | undefined;
  readonly appendFsync: string | undefined;
  readonly evicts: boolean;
}

export async function setupOf(redis: Redis): Promise<RedisSetup> {
  // An account of Redis may be without the right to ask.
  const info = (section: string): Promise<string> => redis.info(section).catch(() => "");
  const persistence = await info("persistence");
  const memory = await info("memory");
  const fsync: unknown = await redis.call("CONFIG", "GET", "appendfsync").catch(() => undefined);
  return {
    appendOnly:
      /^aof_enabled:(\d)/m.exec(persistence)?.[1] === undefined ? undefined : /^aof_enabled:1/m.test(persistence),
    appendFsync: Array.isArray(fsync) && typeof fsync[1] === "string" ? fsync[1] : undefined,
    evicts: !/^maxmemory_policy:noeviction/m.test(memory) && /^maxmemory:[1-9]/m.test(memory),
  };
}

/** Which run of Redis this is; empty where it does not say. */
export const runOf = async (redis: Redis): Promise<string> =>
  /^run_id:(\w+)/m.exec(await redis.info("server").catch(() => ""))?.[1] ?? "";

/** The risks of a setup, worst first. */
export function risksOf({ appendOnly, appendFsync, evicts }: RedisSetup): readonly RedisRisk[] {
  const risks: RedisRisk[] = [];
  if (evicts) risks.push("evicts");
  if (appendOnly === false) risks.push("keeps-nothing");
  else if (appendFsync === "no") risks.push("syncs-never");
  else if (appendFsync === "everysec") risks.push("syncs-each-second");
  return risks;
}

export const riskText = (risk: RedisRisk): string => RISKS[risk];
