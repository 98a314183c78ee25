/**
 * What goes out to the MQTT broker, as it goes, for whoever looks at the console: server-sent events (HTML Standard, "Server-sent
 * events"). Nothing is kept: who looks sees what goes out from then on, and who cannot keep up is told how much he missed.
 */
import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import {
  type Clock,
  type Closable,
  every,
  type Millis,
  rfc3339,
  seconds,
  systemClock,
  UsageError,
} from "../../base/index.ts";

/** A message as the bridge handed it to the line. */
export interface SentMessage {
  readonly at: Millis;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
  readonly replay: boolean;
}

/** What whoever composes the gateway takes from the bridge, where it is part of this process. */
export interface SentMessages {
  watch(watcher: (message: SentMessage) => void): Closable;
}

const MAX_WATCHERS = 8;
/** More than a person can read, and not so many that a browser suffers. */
const PER_SECOND = 50;
/** Of a payload; its length is told beside it. */
const SHOWN_BYTES = 600;
/** What may wait for a browser that does not read. */
const MAX_WAITING = 256 * 1024;
/** Shorter than what proxies put up with. */
const HEARTBEAT = seconds(15);

const QUERY = z.strictObject({ prefix: z.string().max(256).default("") });

export function addSentMessages(app: FastifyInstance, messages: SentMessages, clock: Clock = systemClock()): void {
  let watchers = 0;
  app.get("/api/link/messages", async (request, reply) => {
    const asked = QUERY.safeParse(request.query);
    if (!asked.success) throw new UsageError("admin.request", { what: "prefix: the beginning of a topic" });
    if (watchers >= MAX_WATCHERS) throw new UsageError("admin.watchers", { count: watchers });
    watchers += 1;
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    const stream = new WatchStream(raw, asked.data.prefix);
    const watching = messages.watch((message) => stream.take(message));
    const second = every(clock, seconds(1), () => stream.nextSecond());
    const beat = every(clock, HEARTBEAT, () => stream.beat());
    raw.once("close", () => {
      watchers -= 1;
      second.cancel();
      beat.cancel();
      void watching.close();
    });
    stream.beat(); // its headers go out, so that the browser knows that it is heard
  });
}

/** One who watches. */
export class WatchStream {
  readonly #to: Pick<ServerResponse, "write" | "writableLength">;
  readonly #prefix: string;
  #shown = 0;
  #missed = 0;

  constructor(to: Pick<ServerResponse, "write" | "writableLength">, prefix: string) {
    this.#to = to;
    this.#prefix = prefix;
  }

  take(message: SentMessage): void {
    if (!message.topic.startsWith(this.#prefix)) return;
    if (this.#shown >= PER_SECOND || this.#to.writableLength > MAX_WAITING) {
      this.#missed += 1;
      return;
    }
    this.#shown += 1;
    this.#to.write(`data: ${JSON.stringify(shown(message))}\n\n`);
  }

  nextSecond(): void {
    this.#shown = 0;
    if (this.#missed === 0 || this.#to.writableLength > MAX_WAITING) return;
    this.#to.write(`event: missed\ndata: ${this.#missed}\n\n`);
    this.#missed = 0;
  }

  beat(): void {
    this.#to.write(":\n\n");
  }
}

function shown({ at, topic, payload, retained, replay }: SentMessage) {
  const text = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.length, SHOWN_BYTES)).toString("utf8");
  return { time: rfc3339(at), topic, bytes: payload.length, text, cut: payload.length > SHOWN_BYTES, retained, replay };
}
