/** docs/redis.md — a data folder whose site lies in a Redis: opened without that it would begin an empty site under the same name. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../base/index.ts";
import { WITNESS } from "../redis/witness.ts";
import { stageIn } from "./restored.ts";

/**
 * Restored into Redis and not started since, or started with it; a folder that has a journal of its own was a site before, and may be one
 * again. Throws UsageError `store.in-redis`.
 */
export async function checkSiteIsHere(folder: string): Promise<void> {
  const has = (name: string): boolean => existsSync(join(folder, name));
  if ((await stageIn(folder)) === undefined && (has("journal") || !has(WITNESS))) return;
  throw new UsageError("store.in-redis", { folder });
}
