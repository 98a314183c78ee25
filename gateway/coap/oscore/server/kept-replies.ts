/**
 * RFC 8613 §4.1.3.4.2 — protected answers that were asked for in blocks, until their later blocks are fetched. Who asks
 * has proven nothing by then, so the table is small.
 */
import { type Millis, millis, minutes } from "../../../base/index.ts";
import type { Reply } from "../../requests/response-writer.ts";

export const KEPT_REPLY_LIMITS = { replies: 64, bytes: 262_144, idle: minutes(1) } as const;

interface KeptReply {
  readonly reply: Reply;
  readonly bytes: number;
  readonly until: Millis;
}

export class KeptReplies {
  /** Oldest first. */
  readonly #replies = new Map<string, KeptReply>();
  #bytes = 0;

  /** What they hold: options, payloads and keys. */
  get bytes(): number {
    return this.#bytes;
  }

  find(key: string, now: Millis): Reply | undefined {
    const kept = this.#replies.get(key);
    return kept !== undefined && kept.until > now ? kept.reply : undefined;
  }

  /** The oldest give way; one that is larger than all of the room is not kept. */
  keep(key: string, reply: Reply, now: Millis): void {
    this.#drop(key);
    const bytes = sizeOf(key, reply);
    if (bytes > KEPT_REPLY_LIMITS.bytes) return;
    this.#replies.set(key, { reply, bytes, until: millis(now + KEPT_REPLY_LIMITS.idle) });
    this.#bytes += bytes;
    for (const oldest of this.#replies.keys()) {
      if (this.#replies.size <= KEPT_REPLY_LIMITS.replies && this.#bytes <= KEPT_REPLY_LIMITS.bytes) return;
      this.#drop(oldest);
    }
  }

  purge(now: Millis): void {
    for (const [key, { until }] of this.#replies) {
      if (until > now) return;
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#replies.get(key)?.bytes ?? 0;
    this.#replies.delete(key);
  }
}

const sizeOf = (key: string, { options, payload }: Reply): number =>
  options.reduce((sum, { value }) => sum + value.length, key.length + payload.length);
