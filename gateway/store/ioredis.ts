/**
 * The adapter of ioredis: one connection that waits for its Redis. What is asked while Redis restarts, loads its data or cannot
 * be reached is asked again once it is back, so who asks must be able to bear that (every script of the store can); what Redis
 * refuses for good is thrown. Nothing is sent again behind our back: before the first command of a new connection the checks of
 * the store are made, and they may find that this Redis is no longer the one that it was.
 */
import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { type Clock, type Closable, isCoded, type Logger, millis, StoreError, systemClock } from "../base/index.ts";
import { reasonOf } from "./system-error.ts";

export interface RedisOptions {
  /** `redis://host:port/db`, `rediss://…`, or the path of a Unix socket. */
  readonly url: string;
  readonly log: Logger;
  /** Shown by CLIENT LIST. */
  readonly name?: string;
  readonly clock?: Clock;
}

export { Redis };

/** What may be sent as it is. */
export type Argument = string | number | Buffer;

/** A check of a new connection: throws a StoreError when this Redis must not be used any more. */
export type ConnectionCheck = (redis: Redis) => Promise<void>;

export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** Redis runs a script as one step: nobody sees half of it, and it writes all or nothing. */
export const script = (text: string): Script => ({ text, sha: createHash("sha1").update(text).digest("hex") });

/** Redis answers that pass by themselves: it loads, has no master, runs a script, or cannot write to its disk now. */
const PASSING = /^(LOADING|MASTERDOWN|READONLY|TRYAGAIN|CLUSTERDOWN|BUSY|NOREPLICAS|UNBLOCKED|MISCONF)\b/;
/** After so long without an answer Redis is as good as away. */
const HANGING = millis(2000);
/** After so long the connection is given up and made anew: it may hang where Redis does not. */
const DEAD = 10_000;
const LONGEST_PAUSE = 1000;

/** Connects once; throws store.redis when that fails: the first attempt is the answer to the operator's start. */
export async function connectRedis(options: RedisOptions): Promise<RedisLink> {
  const link = new RedisLink(options);
  await link.connect();
  return link;
}

export class RedisLink implements Closable {
  /** The URL without credentials, for messages. */
  readonly url: string;
  readonly #redis: Redis;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #checks = new Set<ConnectionCheck>();
  readonly #failureListeners = new Set<(error: StoreError) => void>();
  /** Who waits for a connection. */
  readonly #waiting = new Set<() => void>();
  /** When each question that is under way was asked, oldest first. */
  readonly #asked = new Set<{ readonly at: number }>();
  #connectedOnce = false;
  #checked = false;
  #lostAt: number | undefined;
  #reason = "";
  #failure: StoreError | undefined;
  #patienceEnds = false;

  constructor({ url, log, name = "sidgate", clock = systemClock() }: RedisOptions) {
    this.url = url.replace(/\/\/[^/@]*@/, "//");
    this.#log = log;
    this.#clock = clock;
    this.#redis = new Redis(url, {
      lazyConnect: true,
      connectionName: name,
      protocol: 2,
      socketTimeout: DEAD,
      // Answers that count were waited for; ioredis keeps the process alive for so long when the connection is gone already.
      disconnectTimeout: 100,
      // Whatever is under way when a connection ends is ours again, and we know what may be asked twice.
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      enableOfflineQueue: false,
      retryStrategy: (attempts) =>
        this.#connectedOnce ? Math.min(25 * 2 ** Math.min(attempts, 6), LONGEST_PAUSE) : null,
    });
    this.#redis.on("error", (error: Error) => {
      this.#reason = error.message;
      log.debug("redis.error", { url: this.url, reason: error.message });
    });
    this.#redis.on("close", () => this.#lost());
    this.#redis.on("ready", () => void this.#check());
  }

  async connect(): Promise<void> {
    try {
      await this.#redis.connect();
      await this.#redis.ping(); // a password that is missing shows only now
      this.#connectedOnce = true;
      await this.#check();
    } catch (error) {
      if (this.#redis.status !== "end") this.#redis.disconnect();
      const reason = this.#reason || reasonOf(error);
      throw new StoreError("store.redis", { url: this.url, reason }, { cause: error });
    }
  }

  /** Asks, and asks again until Redis has answered. Throws what Redis refuses, and StoreErrors of a link that failed or closed. */
  async run<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const asked = { at: this.#clock.now() };
    this.#asked.add(asked);
    try {
      for (;;) {
        await this.#usable();
        try {
          return await work(this.#redis);
        } catch (error) {
          if (!this.#passes(error)) throw error;
          this.#reason = reasonOf(error);
        }
        if (this.#isUsable) await this.#pause(50);
      }
    } finally {
      this.#asked.delete(asked);
    }
  }

  /** Runs a script; its answer as ioredis gives it, texts as Buffers. */
  eval(what: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.run(async (redis) => {
      try {
        return await redis.callBuffer("EVALSHA", what.sha, keys.length, ...keys, ...args);
      } catch (error) {
        if (!reasonOf(error).startsWith("NOSCRIPT")) throw error;
        return redis.callBuffer("EVAL", what.text, keys.length, ...keys, ...args);
      }
    });
  }

  /** Since when nothing is answered, and why; undefined while all is well. */
  get away(): StoreError | undefined {
    const now = this.#clock.now();
    const [oldest] = this.#asked;
    const hanging = oldest !== undefined && now - oldest.at >= HANGING ? oldest.at : undefined;
    const since = this.#lostAt ?? hanging;
    if (since === undefined || this.#failure !== undefined) return undefined;
    return this.#away(Math.max(0, Math.round((now - since) / 1000)));
  }

  /** Why this Redis is not used any more. */
  get failure(): StoreError | undefined {
    return this.#failure;
  }

  /** Made now and at the beginning of each later connection, before anything else is asked; returns the way to stop. */
  async checkEach(check: ConnectionCheck): Promise<() => void> {
    await this.run(check);
    this.#checks.add(check);
    return () => this.#checks.delete(check);
  }

  onFailure(listener: (error: StoreError) => void): () => void {
    this.#failureListeners.add(listener);
    return () => this.#failureListeners.delete(listener);
  }

  /** From now on everything is refused with this error. */
  fail(error: StoreError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#wake();
    if (error.code === "store.closed") return;
    this.#log.error("redis.failed", { url: this.url, code: error.code, reason: error.message });
    for (const listener of this.#failureListeners) listener(error);
  }

  /** The process ends: from now on nobody waits for longer than `patience` for a Redis that is away. */
  leave(patience: number): void {
    this.#clock.after(millis(patience), () => {
      this.#patienceEnds = true;
      this.#wake();
      if (this.away !== undefined) this.#redis.disconnect();
    });
  }

  async close(): Promise<void> {
    // QUIT lets answers that are under way arrive; without a connection there are none.
    if (this.#isUsable && this.away === undefined) await this.#redis.quit().catch(() => undefined);
    this.abort();
  }

  /** Closes without waiting for answers, such as one that Redis gives when there is news. */
  abort(): void {
    this.fail(new StoreError("store.closed", { what: `the connection to ${this.url}` }));
    this.#redis.disconnect();
  }

  get #isUsable(): boolean {
    return this.#checked && this.#redis.status === "ready";
  }

  async #usable(): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isUsable) return;
      if (this.#patienceEnds) throw this.away ?? this.#away(0);
      await new Promise<void>((resume) => this.#waiting.add(resume));
    }
  }

  async #check(): Promise<void> {
    if (!this.#connectedOnce) return;
    try {
      for (const check of this.#checks) await check(this.#redis);
    } catch (error) {
      if (error instanceof StoreError) this.fail(error);
      // Whatever else it was: a new connection, and the checks again.
      else {
        this.#reason = reasonOf(error);
        this.#redis.disconnect(true);
      }
      return;
    }
    this.#checked = true;
    if (this.#lostAt !== undefined) {
      this.#log.info("redis.back", { url: this.url, seconds: Math.round((this.#clock.now() - this.#lostAt) / 1000) });
    }
    this.#lostAt = undefined;
    this.#wake();
  }

  #lost(): void {
    this.#checked = false;
    if (!this.#connectedOnce || this.#failure !== undefined || this.#lostAt !== undefined) return;
    this.#lostAt = this.#clock.now();
    this.#log.warn("redis.away", { url: this.url, reason: this.#reason || "the connection was closed" });
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resume of waiting) resume();
  }

  #away(forSeconds: number): StoreError {
    const reason = this.#reason || "the connection was closed";
    return new StoreError("store.away", { what: `Redis at ${this.url}`, seconds: forSeconds, reason });
  }

  /** What ioredis throws of itself is about the connection; what Redis says begins with a word in capitals. */
  #passes(error: unknown): boolean {
    if (isCoded(error) || error instanceof TypeError || error instanceof RangeError) return false;
    if (error instanceof Error && error.name === "ReplyError") return PASSING.test(error.message);
    return true;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resume) => void this.#clock.after(millis(ms), resume));
  }
}

/** The same bytes as a Buffer: ioredis sends any other array as text. */
export const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
