/**
 * docs/mqtt.md, "The broker" — what the broker would not have: told once per topic, and kinds over which a line broke are left
 * out for a while. One retained topic too many must not keep the rest of the site from being told.
 */
import { type Millis, millis, minutes, StoreError, seconds } from "../../../gateway/base/index.ts";
import type { Message } from "../outbox/message.ts";

type Kind = Message["kind"];

/** Some brokers (Mosquitto 2.0.11) break the line after a refusal: so long no more messages of that kind are tried. */
export const SHUNNED = minutes(10);
/** A line that goes later than this went for another reason. */
const BLAMED = seconds(10);
/** Without these a connection is none, or nobody tries them again anyhow. */
const NEVER_SHUNNED: ReadonlySet<Kind> = new Set<Kind>(["status", "siteBirth", "reply"]);
const TOPICS_KNOWN = 1000;
/** So long a refusal is shown, unless the same topic is taken before. */
const LATELY = minutes(60);

export interface Refused {
  readonly topic: string;
  readonly reason: string;
}

/** Views and answers may go to topics that `sidgate/1/SITE/#` in an access list does not allow. */
export function refusalOf(topic: string, reason: string): StoreError {
  if (topic.startsWith("sidgate/1/")) return new StoreError("mqtt.refused", { topic, reason });
  const [level = topic] = topic.split("/");
  return new StoreError("mqtt.refused-elsewhere", { topic, reason, level });
}

export class Refusals {
  readonly #topics = new Set<string>();
  /** Kinds of which something was refused and left out on this connection, and when last. */
  readonly #leftOut = new Map<Kind, Millis>();
  /** Until when. */
  readonly #shunned = new Map<Kind, Millis>();

  #latest: (Refused & { readonly at: Millis }) | undefined;

  /** What was refused lately, for people. */
  latest(now: Millis): Refused | undefined {
    if (this.#latest === undefined || now - this.#latest.at > LATELY) return undefined;
    const { topic, reason } = this.#latest;
    return { topic, reason };
  }

  refused(topic: string, reason: string, at: Millis): void {
    this.#latest = { topic, reason, at };
  }

  taken(topic: string): void {
    if (this.#latest?.topic === topic) this.#latest = undefined;
  }

  /** Is this the first refusal on this topic that anybody hears of? */
  isNews(topic: string): boolean {
    if (this.#topics.has(topic)) return false;
    if (this.#topics.size >= TOPICS_KNOWN) this.#topics.clear();
    this.#topics.add(topic);
    return true;
  }

  leftOut(kind: Kind, now: Millis): void {
    this.#leftOut.set(kind, now);
  }

  /** The connection is over. Lost, the kinds are told that will be shunned for it. */
  lost(now: Millis): readonly Kind[] {
    const guilty = [...this.#leftOut].filter(([kind, at]) => now - at <= BLAMED && !NEVER_SHUNNED.has(kind));
    for (const [kind] of guilty) this.#shunned.set(kind, millis(now + SHUNNED));
    this.#leftOut.clear();
    return guilty.map(([kind]) => kind);
  }

  isShunned({ kind }: Message, now: () => Millis): boolean {
    return this.#shunned.size > 0 && (this.#shunned.get(kind) ?? 0) > now();
  }
}
