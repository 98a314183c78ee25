/** Names of what a site has in its Redis, and the fence that stands before every write. */
import { StoreError } from "../../base/index.ts";
import type { Argument, RedisLink, RedisOptions, Script } from "../ioredis.ts";
import { reasonOf } from "../system-error.ts";

export interface RedisSiteOptions extends RedisOptions {
  /** The site whose data it is: several may share one Redis. */
  readonly site: string;
}

/** A connection and the site that it speaks for. */
export interface RedisPlace {
  readonly link: RedisLink;
  /** Name of a key of this site. */
  key(name: string): string;
  /** The claims under which this process writes. */
  fence(): Fence;
}

/** The claims that must still stand where something is written: their keys and the tokens they were given. */
export interface Fence {
  readonly keys: readonly string[];
  readonly tokens: readonly string[];
}

const NO_FENCE: Fence = { keys: [], tokens: [] };

/** The braces put all keys of a site into one slot of a Redis cluster, so that a script may touch them together. */
export const keysOf =
  (site: string): RedisPlace["key"] =>
  (name) =>
    `sidgate:{${site}}:${name}`;

/** Keys whose names begin with `prefix`, which begins with the site's. */
export async function namesIn({ link }: Pick<RedisPlace, "link">, prefix: string): Promise<readonly string[]> {
  const found = new Set<string>(); // SCAN may say one twice
  for (let cursor = "0"; ; ) {
    const from = cursor;
    const [next, names] = await link.run((redis) => redis.scan(from, "MATCH", `${prefix}*`, "COUNT", 1000));
    for (const name of names) found.add(name);
    if (next === "0") return [...found];
    cursor = next;
  }
}

/** Puts them all away. */
export async function sweep(place: Pick<RedisPlace, "link">, prefix: string): Promise<void> {
  const names = await namesIn(place, prefix);
  if (names.length > 0) await place.link.run((redis) => redis.unlink(...names));
}

/** Lines of a script that make `names` those that begin with `prefix`: in one step with whatever the script does with them. */
export const NAMES = `
local cursor, names = '0', {}
repeat
  local page = redis.call('SCAN', cursor, 'MATCH', prefix .. '*', 'COUNT', 1000)
  cursor = page[1]
  for _, name in ipairs(page[2]) do names[#names + 1] = name end
until cursor == '0'
`;

export const unfenced = (link: RedisLink, site: string): RedisPlace => ({
  link,
  key: keysOf(site),
  fence: () => NO_FENCE,
});

/**
 * The beginning of every script that writes: ARGV[1] claims, their keys in the first KEYS, their tokens in the next ARGV. Where
 * one does not stand any more, the script answers FENCED and writes nothing; else `key` and `arg` count from what follows.
 */
export const FENCED = `
local claims = tonumber(ARGV[1])
for i = 1, claims do
  if redis.call('HGET', KEYS[i], 'token') ~= ARGV[1 + i] then return redis.error_reply('FENCED by another process') end
end
local function key(i) return KEYS[claims + i] end
local function arg(i) return ARGV[1 + claims + i] end
local args = #ARGV - 1 - claims
`;

/** Runs a script that begins with FENCED. Once another process took over, this one writes nothing more. */
export async function evalFenced(
  { link, fence }: RedisPlace,
  what: Script,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<unknown> {
  const { keys: claims, tokens } = fence();
  try {
    return await link.eval(what, [...claims, ...keys], [tokens.length, ...tokens, ...args]);
  } catch (error) {
    if (!reasonOf(error).startsWith("FENCED")) throw error;
    const fenced = new StoreError("store.fenced", { url: link.url }, { cause: error });
    link.fail(fenced);
    throw fenced;
  }
}
