/** What processes tell each other that something is new: a short stream, followed by all. */
import type { Redis, RedisOptions } from "../ioredis.ts";
import type { StreamEntry } from "../journal/redis-stream.ts";
import { Tail } from "./tail.ts";

export type NewsKind = "board" | "image" | "file";

/** A line of a script that writes news: the stream, what kind of thing, and its name. */
export const tellNews = (stream: string, kind: NewsKind, name: string): string =>
  `redis.call('XADD', ${stream}, 'MAXLEN', '~', 10000, '*', '${kind}', ${name})`;

export class News {
  readonly #listeners = new Map<NewsKind, Set<(name: string) => void>>();
  #tail: Tail | undefined;

  /** Hears what is told from now on. */
  async follow(redis: Redis, options: RedisOptions, stream: string): Promise<void> {
    const [newest] = await redis.xrevrange(stream, "+", "-", "COUNT", 1);
    this.#tail = await Tail.open(options, {
      stream,
      from: newest?.[0] ?? "0-0",
      count: 100,
      take: (entries) => {
        for (const entry of entries) this.#hear(entry);
      },
    });
  }

  on(kind: NewsKind, listener: (name: string) => void): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.#tail?.close();
  }

  #hear([, [kind, name]]: StreamEntry): void {
    for (const [wanted, listeners] of this.#listeners) {
      if (wanted === String(kind)) for (const listener of listeners) listener(String(name));
    }
  }
}
