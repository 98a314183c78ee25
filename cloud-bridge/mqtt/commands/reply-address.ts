/** docs/mqtt.md, "Answers" — where the answers to a command go; nobody borrows this site's right to publish elsewhere. */
import { TrustError } from "../../../gateway/base/index.ts";
import type { ReplyAddress } from "../../../gateway/store/facts.ts";
import { MAX_TOPIC, topicOf } from "../outbox/topics.ts";

export interface ReplyRules {
  readonly site: string;
  /** `mqtt.reply-prefixes`, each ending in `/`. */
  readonly prefixes: readonly string[];
  /** Trees that the site's own messages lie in: no answer gets in there, whatever is configured. */
  readonly ours: readonly string[];
  /** `topic`: the broker holds each client to its own topics, and so do we, since it cannot see whom we answer. */
  readonly identity: "claimed" | "topic";
}

export interface Asked {
  /** MQTT 5.0 §3.3.2.3.5. */
  readonly responseTopic?: string | undefined;
  readonly correlation?: Uint8Array | undefined;
  /** Undefined when nobody said who asks. */
  readonly client: string | undefined;
}

/** Each waits in the journal with its command. */
const MAX_CORRELATION = 256;

/** Undefined: no answer was asked for. Throws TrustError `command.reply-topic` for a topic that no answer is told on. */
export function replyAddress(
  { responseTopic, correlation, client }: Asked,
  rules: ReplyRules,
): ReplyAddress | undefined {
  if (responseTopic === undefined) {
    return client === undefined ? undefined : { topic: topicOf("reply", { site: rules.site, client }) };
  }
  if (!isReplyTopic(responseTopic, client, rules) || (correlation?.length ?? 0) > MAX_CORRELATION) {
    throw new TrustError("command.reply-topic", { topic: shownTopic(responseTopic) });
  }
  return correlation === undefined ? { topic: responseTopic } : { topic: responseTopic, correlation };
}

/** MQTT 5.0 §4.7: no wildcard, no NUL; a topic of which a level is empty or that begins with `$` is a mistake or worse. */
function isReplyTopic(topic: string, client: string | undefined, rules: ReplyRules): boolean {
  const { site, prefixes, ours, identity } = rules;
  if (Buffer.byteLength(topic) > MAX_TOPIC || /[\p{Cc}\p{Cs}+#]|^\$|\/\/|\/$/u.test(topic)) return false;
  const below = (prefix: string): boolean => topic.startsWith(prefix) && topic.length > prefix.length;
  const replies = `sidgate/1/${site}/rsp/`;
  if (below(replies)) return identity === "claimed" || `${topic}/`.startsWith(`${replies}${client ?? ""}/`);
  return prefixes.some(below) && !["sidgate/", ...ours].some((prefix) => topic.startsWith(prefix));
}

/** What is wrong with a line of `mqtt.reply-prefixes`. */
export function prefixProblem(prefix: string): string | undefined {
  if (!prefix.endsWith("/")) return "must end in '/', or topics that only begin alike would be open, too";
  if (/[\p{Cc}+#]|^[$/]|\/\//u.test(prefix))
    return "must be the beginning of a topic, without wildcards and empty levels";
  if (Buffer.byteLength(prefix) > MAX_TOPIC / 2) return `has more than ${MAX_TOPIC / 2} bytes`;
  if (/^(sidgate|spBv1\.0|homeassistant)\//.test(prefix)) return "is where this site tells other things";
  return undefined;
}

/** A topic that somebody else chose, fit to be read by people. */
export const shownTopic = (topic: string): string =>
  topic.length > 160 ? `${clean(topic.slice(0, 160))}…` : clean(topic);
const clean = (text: string): string => text.replace(/[^\P{C}]/gu, "?");
