/**
 * The journal in Redis for who only reads it, in a process of his own: a connection that waits for news (XREAD BLOCK) and one
 * that reads what lies further back. Nothing is lost while Redis is away: reading goes on behind the last fact that was seen.
 */
import { isCoded, StoreError } from "../../base/index.ts";
import type { Fact } from "../facts.ts";
import { connectRedis, type RedisLink, type RedisOptions } from "../ioredis.ts";
import type { JournalReader } from "../ports.ts";
import { keysOf, type RedisSiteOptions } from "../redis/place.ts";
import { Tail } from "../redis/tail.ts";
import { reasonOf } from "../system-error.ts";
import { RecentFacts } from "./recent-facts.ts";
import {
  boundsOf,
  factOf,
  factsBetween,
  type StreamBounds,
  type StreamEntry,
  seqOf,
  streamOf,
} from "./redis-stream.ts";

export interface RedisReaderOptions extends RedisSiteOptions {
  /** Facts kept in memory for readers who follow. */
  readonly recent?: number;
  /** Told when Redis turns out not to hold any more what was read from it. */
  readonly failed?: (error: StoreError) => void;
}

/** Opens the journal of a site for reading. */
export async function openRedisReader(options: RedisReaderOptions): Promise<JournalReader> {
  const link = await connectRedis(options);
  try {
    const stream = streamOf({ key: keysOf(options.site) });
    const found = await link.run((redis) => boundsOf(redis, stream));
    const reader = new RedisReader(link, stream, found, options.recent ?? 1024);
    if (options.failed !== undefined) link.onFailure(options.failed);
    await reader.start(options);
    return reader;
  } catch (error) {
    await link.close();
    if (isCoded(error)) throw error;
    throw new StoreError("store.redis", { url: link.url, reason: reasonOf(error) }, { cause: error });
  }
}

/** Facts taken from Redis at a time. */
const MOST_AT_ONCE = 512;

class RedisReader implements JournalReader {
  readonly #link: RedisLink;
  readonly #stream: string;
  readonly #listeners = new Set<(lastDurable: number) => void>();
  readonly #keep: number;
  #recent: RecentFacts;
  #tail: Tail | undefined;
  #first: number;
  #last: number;

  constructor(link: RedisLink, stream: string, found: StreamBounds, recent: number) {
    this.#link = link;
    this.#stream = stream;
    this.#first = found.first;
    this.#last = found.last;
    this.#keep = recent;
    this.#recent = new RecentFacts(found.last, recent);
  }

  async start(options: RedisOptions): Promise<void> {
    await this.#link.checkEach(async (redis) => {
      const { first, last } = await boundsOf(redis, this.#stream);
      this.#first = Math.max(this.#first, first);
      if (last < this.#last)
        throw new StoreError("store.lost", { url: this.#link.url, last, acknowledged: this.#last });
    });
    this.#tail = await Tail.open(options, {
      stream: this.#stream,
      from: `${this.#last}-0`,
      count: MOST_AT_ONCE,
      take: (entries) => {
        try {
          this.#take(entries);
        } catch (error) {
          // An entry that cannot be read does not get better by asking again.
          if (error instanceof StoreError) this.#link.fail(error);
          throw error;
        }
      },
      quiet: () => this.#lookAtFirst(),
    });
  }

  get first(): number {
    return this.#first;
  }

  get last(): number {
    return this.#last;
  }

  get lastDurable(): number {
    return this.#last;
  }

  async read(from: number, limit: number): Promise<readonly Fact[]> {
    const start = Math.max(from, this.#first);
    const end = Math.min(this.#last, start + limit - 1);
    if (end < start) return [];
    const recent = this.#recent.range(start, end);
    if (recent !== undefined) return recent;
    const facts = await this.#link.run((redis) => factsBetween(redis, this.#stream, start, end));
    if (facts[0]?.seq === start) return facts;
    // Trimmed since we looked: what is left begins further on, perhaps behind `end`.
    const before = this.#first;
    await this.#lookAtFirst();
    if (this.#first > before) return this.read(from, limit);
    throw new StoreError("store.damaged", { file: this.#stream, offset: start });
  }

  onDurable(listener: (lastDurable: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.#tail?.close();
    await this.#link.close();
  }

  #take(entries: readonly StreamEntry[]): void {
    const [oldest] = entries;
    // A trim overtook us, or there was nothing before: what we know of goes on with the oldest that is left.
    const next = oldest === undefined ? this.#last + 1 : seqOf(String(oldest[0]));
    if (next > this.#last + 1) {
      this.#first = Math.max(this.#first, next);
      this.#recent = new RecentFacts(next - 1, this.#keep);
    }
    for (const [index, entry] of entries.entries()) this.#recent.push(factOf(this.#stream, entry, next + index));
    this.#last = next + entries.length - 1;
    for (const listener of this.#listeners) listener(this.#last);
  }

  async #lookAtFirst(): Promise<void> {
    const { first } = await this.#link.run((redis) => boundsOf(redis, this.#stream));
    this.#first = Math.max(this.#first, first);
  }
}
