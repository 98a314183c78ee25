/** A site that was loaded into Redis under names of its own, and gets those that it goes by in one step. */
import { StoreError } from "../../base/index.ts";
import type { Stage } from "../folder/restored.ts";
import { type RedisLink, script } from "../ioredis.ts";
import { keysOf, NAMES } from "./place.ts";
import { SITES, siteKey } from "./site.ts";

/** Begins the names of what is not there yet. */
export const STAGED = "restoring-";

/** All keys or none, and once: a site that is there is never touched, and says which stage it came of. */
const FINISH = script(`
if redis.call('HGET', KEYS[1], 'restored') == ARGV[1] then return 1 end
if redis.call('EXISTS', KEYS[1]) == 1 or redis.call('HGET', KEYS[2], 'restored') ~= ARGV[1] then return 0 end
local prefix = ARGV[3]
${NAMES}
for _, name in ipairs(names) do redis.call('RENAME', name, ARGV[2] .. string.sub(name, #prefix + 1)) end
redis.call('SADD', KEYS[3], ARGV[4])
return 1
`);

/** Throws StoreError `backup.stage-lost`. */
export async function finishStage(link: RedisLink, { site, id }: Stage): Promise<void> {
  const key = keysOf(site);
  const keys = [siteKey(site), key(`${STAGED}site`), SITES];
  const done = await link.eval(FINISH, keys, [id, key(""), key(STAGED), site]);
  if (done !== 1) throw new StoreError("backup.stage-lost", { url: link.url, site });
}
