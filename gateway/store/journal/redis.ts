/**
 * The journal as a Redis stream: fact `seq` has the entry id `seq-0`. Redis takes ids in rising order only, so a second
 * writer cannot slip in unnoticed. Durable means acknowledged by Redis; what that survives is its `appendfsync`.
 */
import { type Logger, StoreError } from "../../base/index.ts";
import { decodeFact } from "../fact-codec.ts";
import type { Fact } from "../facts.ts";
import { asBuffer, connectRedis, type RedisOptions, type RedisSite, transact } from "../ioredis.ts";
import type { Journal } from "../ports.ts";
import { reasonOf } from "../system-error.ts";
import { type FactBatch, GroupCommitJournal, type JournalBacking } from "./group-commit.ts";

/** Opens or creates the journal of a site. */
export async function openRedisJournal(options: RedisOptions): Promise<Journal> {
  const site = await connectRedis(options);
  try {
    return new GroupCommitJournal(await openStream(site, options.log));
  } catch (error) {
    await site.close();
    throw new StoreError("store.redis", { url: site.name, reason: reasonOf(error) }, { cause: error });
  }
}

async function openStream(site: RedisSite, log: Logger): Promise<RedisStream> {
  const { redis } = site;
  const stream = site.key("journal");
  if ((await redis.info("persistence")).includes("aof_enabled:0")) {
    log.warn("redis.no-append-only-file", { url: site.name, lost: "facts, when Redis ends" });
  }
  const [oldest] = await redis.xrange(stream, "-", "+", "COUNT", 1);
  const [newest] = await redis.xrevrange(stream, "+", "-", "COUNT", 1);
  const seqOf = (id: string): number => Number.parseInt(id, 10);
  return new RedisStream(site, stream, { first: seqOf(oldest?.[0] ?? "1"), last: seqOf(newest?.[0] ?? "0") });
}

const FIELD = "fact";

class RedisStream implements JournalBacking {
  readonly name: string;
  readonly last: number;
  readonly #site: RedisSite;
  readonly #stream: string;
  #first: number;

  constructor(site: RedisSite, stream: string, found: { readonly first: number; readonly last: number }) {
    this.name = `the journal in ${site.name}`;
    this.#site = site;
    this.#stream = stream;
    this.#first = found.first;
    this.last = found.last;
  }

  get first(): number {
    return this.#first;
  }

  async write(batch: FactBatch): Promise<void> {
    try {
      await transact(this.#site.redis, (transaction) => {
        for (const [position, payload] of batch.payloads.entries()) {
          transaction.xadd(this.#stream, `${batch.first + position}-0`, FIELD, asBuffer(payload));
        }
      });
    } catch (error) {
      // When the connection broke between writing and answer, ioredis sends the transaction again and Redis refuses
      // ids that it has: the first transaction was whole, so its last entry tells whether it was ours.
      if (!(await this.#holds(batch))) throw error;
    }
  }

  async read(from: number, to: number): Promise<readonly Fact[]> {
    const entries = await this.#entries(from, to);
    return entries.map((payload, index): Fact => {
      const fact = decodeFact(from + index, payload);
      if (fact === undefined) throw new StoreError("store.damaged", { file: this.#stream, offset: from + index });
      return fact;
    });
  }

  async size(): Promise<number> {
    return (await this.#site.redis.memory("USAGE", this.#stream)) ?? 0;
  }

  async trim(seq: number): Promise<void> {
    // One entry always stays: it tells the last number to the next start.
    const first = Math.max(this.#first, Math.min(seq, await this.#lastStored()));
    if (first === this.#first) return;
    await this.#site.redis.xtrim(this.#stream, "MINID", `${first}-0`);
    this.#first = first;
  }

  close(): Promise<void> | void {
    return this.#site.close();
  }

  async #entries(from: number, to: number): Promise<readonly Buffer[]> {
    const entries = await this.#site.redis.xrangeBuffer(this.#stream, `${from}-0`, `${to}-0`);
    // XRANGE leaves holes out; a journal has none, so a missing entry is told apart by its id.
    return entries.map(([id, fields], index) => {
      const payload = fields[1];
      if (payload === undefined || id.toString() !== `${from + index}-0`) {
        throw new StoreError("store.damaged", { file: this.#stream, offset: from + index });
      }
      return payload;
    });
  }

  async #holds(batch: FactBatch): Promise<boolean> {
    const last = batch.payloads.at(-1);
    const seq = batch.first + batch.payloads.length - 1;
    const [stored] = await this.#entries(seq, seq);
    return last !== undefined && stored?.equals(last) === true;
  }

  async #lastStored(): Promise<number> {
    const [newest] = await this.#site.redis.xrevrange(this.#stream, "+", "-", "COUNT", 1);
    return Number.parseInt(newest?.[0] ?? "0", 10);
  }
}
