/**
 * The state store in Redis: per table a hash with the values and, since a hash has no order, a sorted set with the keys, all of
 * one score, which Redis keeps in the order of their bytes. A commit is one script, so that both always agree.
 */
import { type Closable, isCoded, StoreError } from "../../base/index.ts";
import { type Argument, asBuffer, connectRedis, script } from "../ioredis.ts";
import type { ListedState, StateChange, StateStore } from "../ports.ts";
import { evalFenced, FENCED, namesIn, type RedisPlace, type RedisSiteOptions, unfenced } from "../redis/place.ts";
import { reasonOf } from "../system-error.ts";
import { entryKey } from "./keys.ts";

/** Opens or creates the state of a site over a connection of its own. */
export async function openRedisState(options: RedisSiteOptions): Promise<StateStore> {
  const link = await connectRedis(options);
  return new RedisState(unfenced(link, options.site), () => link.close());
}

/** Per change: number of its table, key, 1 or 0 for "there is a value", the value. The tables' keys come in pairs. */
const COMMIT = script(`${FENCED}
for i = 3, args, 4 do
  local at, name = 2 * tonumber(arg(i)), arg(i + 1)
  if arg(i + 2) == '1' then
    redis.call('HSET', key(at), name, arg(i + 3))
    redis.call('ZADD', key(at + 1), 0, name)
  else
    redis.call('HDEL', key(at), name)
    redis.call('ZREM', key(at + 1), name)
  end
end
redis.call('HSET', key(1), arg(1), arg(2))
`);

/** Keys and values in turn, from a key on: what a script reads is of one moment. */
const ENTRIES = script(`
local names = redis.call('ZRANGEBYLEX', KEYS[2], '[' .. ARGV[1], '+', 'LIMIT', 0, ARGV[2])
if #names == 0 then return {} end
return {names, redis.call('HMGET', KEYS[1], unpack(names))}
`);

/** Entries that one script reads: Redis answers nobody else meanwhile, and Lua takes no more than some thousand arguments. */
const PAGE = 1000;

export class RedisState implements ListedState {
  readonly #place: RedisPlace;
  readonly #closed: Closable["close"];
  readonly #prefix: string;

  /** `part`: begins the names of its keys; what is not the state in use has another one. */
  constructor(place: RedisPlace, closed: Closable["close"], part = "state") {
    this.#place = place;
    this.#closed = closed;
    this.#prefix = part;
  }

  async get(table: string, key: string): Promise<Uint8Array | undefined> {
    const value = await this.#reading(this.#place.link.run((redis) => redis.hgetBuffer(this.#values(table), key)));
    return value ?? undefined;
  }

  async entries(table: string, from = "", limit = Infinity): Promise<ReadonlyArray<readonly [string, Uint8Array]>> {
    const entries: (readonly [string, Uint8Array])[] = [];
    for (let next = from; entries.length < limit; ) {
      const wanted = Math.min(PAGE, limit - entries.length);
      const page = await this.#page(table, next, wanted);
      entries.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < wanted) break;
      next = `${last[0]}\0`;
    }
    return entries;
  }

  async commit(projection: string, seq: number, changes: readonly StateChange[]): Promise<void> {
    const tables = new Map<string, number>();
    const args: Argument[] = [projection, seq];
    for (const { table, key, value } of changes) {
      entryKey(table, key); // the same limit for keys as everywhere
      const at = tables.get(table) ?? tables.size + 1;
      tables.set(table, at);
      args.push(at, key, value === undefined ? 0 : 1, value === undefined ? "" : asBuffer(value));
    }
    const keys = [...tables.keys()].flatMap((table) => [this.#values(table), this.#index(table)]);
    try {
      // Run a second time, after an answer that was lost, it changes nothing.
      await evalFenced(this.#place, COMMIT, [this.#applied, ...keys], args);
    } catch (error) {
      if (isCoded(error)) throw error;
      const what = `the state of ${projection}`;
      throw new StoreError("store.write-failed", { what, reason: reasonOf(error) }, { cause: error });
    }
  }

  async applied(projection: string): Promise<number> {
    return Number((await this.#reading(this.#place.link.run((redis) => redis.hget(this.#applied, projection)))) ?? 0);
  }

  async tables(): Promise<readonly string[]> {
    const prefix = this.#index("");
    const names = await this.#reading(namesIn(this.#place, prefix));
    return names.map((name) => name.slice(prefix.length)).sort();
  }

  async projections(): Promise<ReadonlyArray<readonly [string, number]>> {
    const applied = await this.#reading(this.#place.link.run((redis) => redis.hgetall(this.#applied)));
    return Object.entries(applied).map(([name, seq]) => [name, Number(seq)] as const);
  }

  close(): Promise<void> | void {
    return this.#closed();
  }

  async #page(table: string, from: string, limit: number): Promise<ReadonlyArray<readonly [string, Uint8Array]>> {
    const keys = [this.#values(table), this.#index(table)];
    // What the script returns: two arrays of the same length, or nothing.
    const found = (await this.#reading(this.#place.link.eval(ENTRIES, keys, [from, limit]))) as Buffer[][];
    const [names = [], values = []] = found;
    return names.map((name, index) => [String(name), values[index] ?? Buffer.alloc(0)] as const);
  }

  async #reading<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (isCoded(error)) throw error;
      const what = `the state in ${this.#place.link.url}`;
      throw new StoreError("store.read-failed", { what, reason: reasonOf(error) }, { cause: error });
    }
  }

  #values(table: string): string {
    return this.#place.key(`${this.#prefix}:${table}`);
  }

  #index(table: string): string {
    return this.#place.key(`${this.#prefix}-index:${table}`);
  }

  get #applied(): string {
    return this.#place.key(`${this.#prefix}-applied`);
  }
}
