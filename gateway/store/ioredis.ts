/** The adapter of ioredis: one connection to the Redis of a site. */
import { Redis } from "ioredis";
import { type Closable, type Logger, StoreError } from "../base/index.ts";

export interface RedisOptions {
  /** `redis://host:port/db`, `rediss://…`, or the path of a Unix socket. */
  readonly url: string;
  /** The site whose data it is: several may share one Redis. */
  readonly site: string;
  readonly log: Logger;
}

export interface RedisSite extends Closable {
  readonly redis: Redis;
  /** The URL without credentials, for messages. */
  readonly name: string;
  /** Name of a key of this site. */
  key(name: string): string;
}

/**
 * Connects once; throws store.redis when that fails. Later losses of the connection are bridged by ioredis: commands
 * are sent again after it is back, and fail after 20 attempts (about ten seconds).
 */
export async function connectRedis({ url, site, log }: RedisOptions): Promise<RedisSite> {
  let connected = false;
  const redis = new Redis(url, {
    lazyConnect: true,
    connectionName: `sidgate-${site}`,
    // The first attempt is the answer to the operator's start; only a connection that was there is worth patience.
    retryStrategy: (attempts) => (connected ? Math.min(attempts * 50, 2000) : null),
  });
  const name = url.replace(/\/\/[^/@]*@/, "//");
  let reason = "";
  redis.on("error", (error: Error) => {
    reason = error.message;
    log.warn("redis.error", { url: name, reason });
  });
  try {
    await redis.connect();
    await redis.ping(); // a password that is missing shows only now
    connected = true;
  } catch (error) {
    if (redis.status !== "end") redis.disconnect();
    throw new StoreError("store.redis", { url: name, reason: reason || String(error) }, { cause: error });
  }
  return {
    redis,
    name,
    // The braces put all keys of a site into one slot of a Redis cluster, so that MULTI may touch them together.
    key: (rest) => `sidgate:{${site}}:${rest}`,
    close: async () => {
      // QUIT lets answers that are under way arrive; without a connection there are none.
      if (redis.status === "ready") await redis.quit();
      else redis.disconnect();
    },
  };
}

type Transaction = ReturnType<Redis["multi"]>;

/** Runs a MULTI to its end; throws the first error that Redis has in it. */
export async function transact(redis: Redis, queue: (transaction: Transaction) => void): Promise<void> {
  const transaction = redis.multi();
  queue(transaction);
  for (const [error] of (await transaction.exec()) ?? []) if (error !== null) throw error;
}

/** The same bytes as a Buffer: ioredis sends any other array as text. */
export const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
