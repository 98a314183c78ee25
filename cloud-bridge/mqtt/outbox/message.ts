/** A rendered MQTT message, its form in the outbox, and the MQTT 5 properties that follow from it (MQTT 5.0 §3.3.2.3). */
import { BugError } from "../../../gateway/base/index.ts";
import type { Json, JsonObject } from "../../../gateway/yang/api.ts";
import { type MessageClass, TOPICS, type TopicName, type TopicParts, topicOf } from "./topics.ts";

export interface Message {
  readonly kind: TopicName;
  readonly topic: string;
  /** JSON; empty on a `latest` topic = the topic is removed from the broker. */
  readonly payload: Uint8Array;
  /** Number of the fact behind it; 0 for what no fact caused (status, birth of the site, health). */
  readonly seq: number;
  /** Place among the journal messages of one fact: a reply follows the event; left out = the first. */
  readonly part?: number;
  /** MQTT 5: told back to who asked. */
  readonly correlation?: Uint8Array;
}

export interface MessageProperties {
  readonly contentType: string;
  readonly expirySeconds?: number;
  /** Always UTF-8 text, so brokers and tools may show it. */
  readonly user: Readonly<Record<string, string>>;
}

/** JSON with members that may be left out: undefined ones are not written. */
export interface Members {
  readonly [member: string]: Json | Members | undefined;
}

export const classOf = (message: Message): MessageClass => TOPICS[message.kind].class;
export const isRemoval = (message: Message): boolean => message.payload.length === 0;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const jsonBytes = (value: Members): Uint8Array => encoder.encode(JSON.stringify(value));

export function messageOf<N extends TopicName>(kind: N, parts: TopicParts<N>, seq: number, payload: Members): Message {
  return { kind, topic: topicOf(kind, parts), seq, payload: jsonBytes(payload) };
}

export const removalOf = (kind: TopicName, topic: string, seq: number): Message => ({
  kind,
  topic,
  seq,
  payload: new Uint8Array(0),
});

/** A row of the outbox: one line of header, then the payload as it will be sent (and sent again on replay). */
export function encodeMessage(message: Message): Uint8Array {
  return Buffer.concat([encoder.encode(`${message.kind} ${message.seq} ${message.topic}\n`), message.payload]);
}

export function decodeMessage(row: Uint8Array): Message {
  const end = row.indexOf(0x0a);
  const [kind = "", seq = "", topic = ""] = decoder.decode(row.subarray(0, Math.max(end, 0))).split(" ");
  if (end < 0 || !isTopicName(kind)) throw new BugError("bridge.bug", { what: `outbox row of kind '${kind}'` });
  return { kind, topic, seq: Number(seq), payload: row.subarray(end + 1) };
}

const isTopicName = (text: string): text is TopicName => Object.hasOwn(TOPICS, text);

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The members of a payload of our own making. */
export function parsePayload(payload: Uint8Array): JsonObject {
  const parsed: unknown = JSON.parse(decoder.decode(payload));
  if (!isObject(parsed)) throw new BugError("bridge.bug", { what: "a payload that is no JSON object" });
  return parsed;
}

/**
 * What MQTT 5 carries beside the payload. Derived from the payload, never stored: MQTT 3.1.1 has none of it, so nothing
 * may be here only. Events are CloudEvents in binary mode (CloudEvents 1.0, MQTT binding §3.1).
 */
export function propertiesOf(message: Message): MessageProperties {
  const row: { readonly contentType: string; readonly expirySeconds?: number } = TOPICS[message.kind];
  const common = {
    contentType: row.contentType,
    ...(row.expirySeconds === undefined ? {} : { expirySeconds: row.expirySeconds }),
  };
  if (isRemoval(message)) return { ...common, user: {} };
  if (message.kind === "event") return { ...common, user: cloudEvent(message.topic, parsePayload(message.payload)) };
  if (message.kind === "nodeData") {
    const { "sidgate-mqtt:meta": meta } = parsePayload(message.payload);
    return { ...common, user: isObject(meta) ? texts(meta, ["seq", "epoch", "observed"]) : {} };
  }
  return { ...common, user: {} };
}

function cloudEvent(topic: string, event: JsonObject): Record<string, string> {
  const { node, campaign, type } = event;
  const subject = node ?? campaign;
  return {
    specversion: "1.0",
    type: `sidgate.${String(type)}`,
    source: topic.slice(0, topic.lastIndexOf("/")),
    ...(subject === undefined ? {} : { subject: String(subject) }),
    ...texts(event, ["id", "time", "seq", "epoch", "observed"]),
  };
}

const texts = (from: JsonObject, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, String(from[name])]));
