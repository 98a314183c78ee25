/** A look at a Redis from outside, whoever uses it: `sidgate doctor`. Nothing is written and nothing claimed. */
import { SILENT, StoreError } from "../../base/index.ts";
import { connectRedis } from "../ioredis.ts";
import { reasonOf } from "../system-error.ts";
import { risksOf, riskText, setupOf } from "./persistence.ts";
import { SITES } from "./site.ts";

export interface RedisFacts {
  /** Without credentials. */
  readonly url: string;
  /** Empty where it does not say. */
  readonly version: string;
  /** What it may lose as it is set up, a sentence each. */
  readonly risks: readonly string[];
  /** It does not say how it writes to its disk. */
  readonly silent: boolean;
  readonly sites: readonly string[];
}

/** Throws StoreError `store.redis`. */
export async function lookAtRedis(url: string): Promise<RedisFacts> {
  const link = await connectRedis({ url, log: SILENT, name: "sidgate-doctor" });
  try {
    return await link.run(async (redis) => {
      const setup = await setupOf(redis);
      const version = /^redis_version:(\S+)/m.exec(await redis.info("server").catch(() => ""))?.[1] ?? "";
      const silent = setup.appendOnly === undefined || setup.appendFsync === undefined;
      return {
        url: link.url,
        version,
        risks: risksOf(setup).map(riskText),
        silent,
        sites: await redis.smembers(SITES),
      };
    });
  } catch (error) {
    throw new StoreError("store.redis", { url: link.url, reason: reasonOf(error) }, { cause: error });
  } finally {
    await link.close();
  }
}
