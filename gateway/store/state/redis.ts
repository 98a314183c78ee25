/** The state store in Redis: a hash per table, one more for the numbers of the projections, MULTI for a commit. */
import { StoreError } from "../../base/index.ts";
import { asBuffer, connectRedis, type RedisOptions, type RedisSite, transact } from "../ioredis.ts";
import type { StateChange, StateStore } from "../ports.ts";
import { reasonOf } from "../system-error.ts";
import { entryKey } from "./keys.ts";
import { sortedEntries } from "./memory.ts";

/** Opens or creates the state of a site. */
export async function openRedisState(options: RedisOptions): Promise<StateStore> {
  return new RedisState(await connectRedis(options));
}

class RedisState implements StateStore {
  readonly #site: RedisSite;

  constructor(site: RedisSite) {
    this.#site = site;
  }

  async get(table: string, key: string): Promise<Uint8Array | undefined> {
    return (await this.#site.redis.hgetBuffer(this.#table(table), key)) ?? undefined;
  }

  async entries(table: string, from?: string, limit?: number): Promise<ReadonlyArray<readonly [string, Uint8Array]>> {
    // A hash has no order. Projections read their tables once, at start, so the sorting is not worth an index.
    return sortedEntries(Object.entries(await this.#site.redis.hgetallBuffer(this.#table(table))), from, limit);
  }

  async commit(projection: string, seq: number, changes: readonly StateChange[]): Promise<void> {
    for (const { table, key } of changes) entryKey(table, key); // the same limit for keys as everywhere
    try {
      // Sent a second time after a lost connection it changes nothing.
      await transact(this.#site.redis, (transaction) => {
        for (const { table, key, value } of changes) {
          if (value === undefined) transaction.hdel(this.#table(table), key);
          else transaction.hset(this.#table(table), key, asBuffer(value));
        }
        transaction.hset(this.#applied, projection, seq);
      });
    } catch (error) {
      throw new StoreError(
        "store.write-failed",
        { what: `the state of ${projection}`, reason: reasonOf(error) },
        { cause: error },
      );
    }
  }

  async applied(projection: string): Promise<number> {
    return Number((await this.#site.redis.hget(this.#applied, projection)) ?? 0);
  }

  close(): Promise<void> | void {
    return this.#site.close();
  }

  #table(name: string): string {
    return this.#site.key(`state:${name}`);
  }

  get #applied(): string {
    return this.#site.key("applied");
  }
}
