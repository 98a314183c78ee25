/** Which site of a Redis this is: made once, with an epoch that rises when its data was put back from a copy. */
import { type Millis, type Random, StoreError, UsageError } from "../../base/index.ts";
import { DATA_VERSION } from "../folder/data-folder.ts";
import { type Redis, type RedisLink, script } from "../ioredis.ts";
import { claimKeys, holderOf } from "./claims.ts";
import { keysOf } from "./place.ts";

/** The names of all sites of a Redis. */
export const SITES = "sidgate:sites";

export interface KeptSite {
  readonly site: string;
  readonly epoch: number;
}

/** As the topics of the cloud bridge want it (docs/mqtt.md). */
const SITE = /^[a-z0-9-]{3,64}$/;

/**
 * One step, so that two processes which start together do not make two sites. Somebody who acts as the gateway of a site that is
 * not there restores it.
 */
const CHOOSE = script(`
local wanted, fresh = ARGV[1], ARGV[2]
if wanted == '' then
  local sites = redis.call('SMEMBERS', KEYS[1])
  if #sites > 0 or fresh == '' then return sites end
  wanted = fresh
elseif fresh == '' and redis.call('SISMEMBER', KEYS[1], wanted) == 0 then
  return redis.call('SMEMBERS', KEYS[1])
elseif redis.call('SISMEMBER', KEYS[1], wanted) == 0 and redis.call('EXISTS', KEYS[2]) == 1 then
  return {''}
end
redis.call('SADD', KEYS[1], wanted)
return {wanted}
`);

const ENTER = script(`
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
redis.call('HSETNX', KEYS[1], 'version', ARGV[2])
return redis.call('HMGET', KEYS[1], 'epoch', 'version')
`);

/** Whoever holds a claim loses it with the old epoch: nothing of the new one may be told under the old. */
const RAISE = script(`
for _, claim in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  redis.call('HINCRBY', ARGV[2] .. claim, 'token', 1)
  redis.call('HDEL', ARGV[2] .. claim, 'instance')
end
local epoch = math.max(tonumber(redis.call('HGET', KEYS[1], 'epoch') or 0) + 1, tonumber(ARGV[1]))
redis.call('HSET', KEYS[1], 'epoch', string.format('%.0f', epoch))
return string.format('%.0f', epoch)
`);

export interface SiteChoice {
  /** By default the only one. */
  readonly site?: string | undefined;
  /** Makes one where there is none. */
  readonly make: boolean;
  readonly random: Random;
}

/** Throws StoreErrors store.sites, store.newer, store.claimed. */
export async function enterSite(link: RedisLink, { site, make, random }: SiteChoice): Promise<KeptSite> {
  if (site !== undefined && !SITE.test(site)) throw new UsageError("store.sites", { url: link.url, sites: "…", site });
  const fresh = make ? (site ?? `s-${randomBase32(random, 6)}`) : "";
  const lease = site === undefined ? SITES : claimKeys(keysOf(site), "gateway", "gateway")[1];
  const found = texts(await link.eval(CHOOSE, [SITES, lease], [site ?? "", fresh]));
  const [chosen] = found;
  if (site !== undefined && chosen === "") {
    const holder = (await holderOf({ link, key: keysOf(site) }, "gateway", "gateway")) ?? "unknown";
    throw new StoreError("store.claimed", { role: "gateway", site, holder });
  }
  if (chosen === undefined || found.length > 1 || (site !== undefined && chosen !== site)) {
    const sites = found.join(", ") || "none";
    const wanted = site ?? (found.length === 0 ? "yet" : "that is the only one");
    throw new UsageError("store.sites", { url: link.url, sites, site: wanted });
  }
  const [epoch, version] = texts(await link.eval(ENTER, [siteKey(chosen)], [1, DATA_VERSION])).map(Number);
  if (version === undefined || version > DATA_VERSION) {
    throw new StoreError("store.newer", { folder: link.url, found: version ?? 0, known: DATA_VERSION });
  }
  return { site: chosen, epoch: epoch ?? 1 };
}

/** What follows a copy that was put back gets an epoch that nobody knows: by the clock, since it may be put back twice. */
export async function raiseEpoch(link: RedisLink, { site, epoch }: KeptSite, at: Millis): Promise<KeptSite> {
  const key = keysOf(site);
  const least = Math.max(epoch + 1, Math.floor(at / 1000));
  const raised = await link.eval(RAISE, [siteKey(site), key("claims")], [least, key("claim:")]);
  return { site, epoch: Number(String(raised)) };
}

/** Whether a Redis still holds the site that it held. */
export async function checkSite(redis: Redis, url: string, { site, epoch }: KeptSite): Promise<void> {
  const found = Number(await redis.hget(siteKey(site), "epoch"));
  if (found !== epoch) throw new StoreError("store.other-site", { url, site, epoch });
}

export const siteKey = (site: string): string => keysOf(site)("site");

/** What a script returns as a list of texts. */
const texts = (answer: unknown): readonly string[] => (Array.isArray(answer) ? answer.map(String) : []);

/** RFC 4648 §6, in lower case: no letters that are taken for digits. */
const randomBase32 = (random: Random, length: number): string =>
  Array.from({ length }, () => "abcdefghijklmnopqrstuvwxyz234567".charAt(Math.floor(random.next() * 32))).join("");
