/** An image in Redis: a hash of its parts, by their numbers. */
import { StoreError } from "../../base/index.ts";
import type { RedisPlace } from "../redis/place.ts";

/** Redis answers nobody else while it takes one in. */
export const PART = 256 * 1024;

/** The bytes that lie under a key. Throws StoreError `store.damaged` where a part is missing. */
export async function* readParts({ link }: RedisPlace, key: string, size: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n * PART < size; n++) {
    const part = await link.run((redis) => redis.hgetBuffer(key, String(n)));
    if (part === null) throw new StoreError("store.damaged", { file: key, offset: n * PART });
    yield part;
  }
}
