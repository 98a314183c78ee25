/** Follows one stream over a connection of its own: what comes is taken in order, also after Redis was away. */
import { setTimeout as pause } from "node:timers/promises";
import { connectRedis, type RedisLink, type RedisOptions } from "../ioredis.ts";
import type { StreamEntry } from "../journal/redis-stream.ts";
import { reasonOf } from "../system-error.ts";

export interface TailOptions {
  readonly stream: string;
  /** Entries behind this id are taken. */
  readonly from: string;
  readonly count: number;
  /** The next entries are asked for after this has ended. What it throws is logged, and the entries come again. */
  take(entries: readonly StreamEntry[]): Promise<void> | void;
  /** Nothing came for some seconds. */
  quiet?(): Promise<void> | void;
}

/** Shorter than the time after which a connection that says nothing counts as dead. */
const LONGEST_WAIT = 3000;
const AFTER_FAILURE = 1000;

export class Tail {
  readonly #link: RedisLink;
  readonly #options: TailOptions;
  readonly #log: RedisOptions["log"];
  #from: string;
  #closed = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(link: RedisLink, options: TailOptions, log: RedisOptions["log"]) {
    this.#link = link;
    this.#options = options;
    this.#log = log;
    this.#from = options.from;
  }

  static async open(redis: RedisOptions, options: TailOptions): Promise<Tail> {
    const tail = new Tail(await connectRedis(redis), options, redis.log);
    tail.#running = tail.#run();
    return tail;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#link.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#step();
      } catch (error) {
        if (this.#closed || this.#link.failure !== undefined) return;
        this.#log.warn("redis.tail-failed", { stream: this.#options.stream, reason: reasonOf(error) });
        await pause(AFTER_FAILURE, undefined, { ref: false });
      }
    }
  }

  async #step(): Promise<void> {
    const { stream, count, take, quiet } = this.#options;
    const found = await this.#link.run((redis) =>
      redis.xreadBuffer("COUNT", count, "BLOCK", LONGEST_WAIT, "STREAMS", stream, this.#from),
    );
    if (this.#closed) return;
    const entries = found?.[0]?.[1] ?? [];
    const newest = entries.at(-1);
    if (newest === undefined) return quiet?.();
    await take(entries);
    this.#from = String(newest[0]);
  }
}
