/** A rendered MQTT message, its form in the outbox, and the MQTT 5 properties that follow from it (MQTT 5.0 §3.3.2.3). */
import { BugError, type Millis, millis } from "../../../gateway/base/index.ts";
import type { JsonObject } from "../../../gateway/yang/api.ts";
import type { Payload } from "../contract/payloads.ts";
import type { Members } from "../contract/shape.ts";
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
  /** When the fact of a journal message was written; rows of the first outboxes have it in their payload only. */
  readonly at?: Millis;
}

/** How many journal messages one fact may have. */
const PARTS = 1000;

/** Where a journal message stands among all of them, as one number: by fact, then by part. */
export type Place = number & { readonly __unit: "place" };
export const placeOf = ({ seq, part = 0 }: Pick<Message, "seq" | "part">): Place => (seq * PARTS + part) as Place;
export const seqOf = (place: Place): number => Math.floor(place / PARTS);
export const partOf = (place: Place): number => place % PARTS;

export interface MessageProperties {
  readonly contentType: string;
  readonly expirySeconds?: number;
  /** Always UTF-8 text, so brokers and tools may show it. */
  readonly user: Readonly<Record<string, string>>;
}

export type { Members };

export const classOf = (message: Message): MessageClass => TOPICS[message.kind].class;
export const isRemoval = (message: Message): boolean => message.payload.length === 0;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const utf8 = (text: string): Uint8Array => encoder.encode(text);
export const jsonBytes = (value: Members): Uint8Array => utf8(JSON.stringify(value));

/** The compiler holds what is said to the contract's table; nothing is checked when it runs. */
export function messageOf<N extends TopicName>(
  kind: N,
  parts: TopicParts<N>,
  seq: number,
  payload: Payload<N>,
): Message {
  return { kind, topic: topicOf(kind, parts), seq, payload: jsonBytes(payload) };
}

export const removalOf = (kind: TopicName, topic: string, seq: number): Message => ({
  kind,
  topic,
  seq,
  payload: new Uint8Array(0),
});

/**
 * A row of the outbox: one line of header, then the payload as it will be sent (and sent again on replay). The header is
 * `kind seq topic [at part [correlation]]`; a reply's topic is its asker's choice, so what would end a word is escaped.
 */
export function encodeMessage(message: Message): Uint8Array {
  const { kind, seq, topic, at, part, correlation, payload } = message;
  let header = `${kind} ${seq} ${PLAIN.test(topic) ? topic : escaped(topic)}`;
  if (at !== undefined || part !== undefined || correlation !== undefined) header += ` ${at ?? ""} ${part ?? ""}`;
  if (correlation !== undefined) header += ` ${asBuffer(correlation).toString("base64url")}`;
  const row = Buffer.allocUnsafe(header.length + 1 + payload.length);
  row.write(header, 0, "latin1");
  row[header.length] = NEWLINE;
  row.set(payload, header.length + 1);
  return row;
}

/** The payload is a view of the row. */
export function decodeMessage(row: Uint8Array): Message {
  const end = row.indexOf(NEWLINE);
  const header = asBuffer(row).toString("latin1", 0, Math.max(end, 0));
  const [kind = "", seq = "", topic = "", at = "", part = "", correlation] = header.split(" ");
  if (end < 0 || !isTopicName(kind)) throw new BugError("bridge.bug", { what: `outbox row of kind '${kind}'` });
  return {
    kind,
    topic: PLAIN.test(topic) ? topic : decodeURIComponent(topic),
    seq: Number(seq),
    payload: row.subarray(end + 1),
    ...(part === "" ? {} : { part: Number(part) }),
    ...(at === "" ? {} : { at: millis(Number(at)) }),
    ...(correlation === undefined ? {} : { correlation: Buffer.from(correlation, "base64url") }),
  };
}

/** Half of a surrogate pair, which UTF-8 cannot say, becomes U+FFFD, as it will on the wire. */
const escaped = (topic: string): string => encodeURIComponent(Buffer.from(topic).toString());
const NEWLINE = 0x0a;
/** Topics of our own making, and most others. */
const PLAIN = /^[\w/.+:@=~-]+$/;
/** The same bytes. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

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
  const { contentType, expirySeconds }: { readonly contentType: string; readonly expirySeconds?: number } =
    TOPICS[message.kind];
  const user = isRemoval(message) ? NO_USER_PROPERTIES : userProperties(message);
  return expirySeconds === undefined ? { contentType, user } : { contentType, expirySeconds, user };
}

const NO_USER_PROPERTIES: MessageProperties["user"] = {};

function userProperties(message: Message): MessageProperties["user"] {
  switch (message.kind) {
    case "event":
      return quickCloudEvent(message) ?? cloudEvent(message.topic, parsePayload(message.payload));
    case "nodeData":
    case "aliasData":
    case "nodePush":
      return quickMeta(message.payload) ?? metaOf(parsePayload(message.payload));
    default:
      return NO_USER_PROPERTIES;
  }
}

/**
 * Each message is sent once at least, and to parse its JSON for a few members would cost more than all else that is done for
 * it. So these two read what the renderer wrote where it wrote it: at the beginning of an event, at the end of data. No
 * text within the JSON can look the same, since its quotation marks are escaped. Anything else is parsed.
 */
const EVENT_HEAD =
  /^\{"seq":"(\d+)","prev-seq":"\d+","epoch":(\d+),"id":"(\w+)","time":"([^"]+)","observed":"([^"]+)","type":"([^"]+)","node":"([^"]+)"/;
const EVENT_HEAD_BYTES = 320;
const META_TAIL =
  /"sidgate-mqtt:meta":\{"seq":"(\d+)",(?:"prev-seq":"\d+",)?"epoch":(\d+),"observed":"([^"\\]+)"(?:,"sid-path":(\d+))?\}\}$/;
const META_TAIL_BYTES = 160;

function quickCloudEvent({ topic, payload }: Message): Record<string, string> | undefined {
  const head = asBuffer(payload).toString("latin1", 0, Math.min(payload.length, EVENT_HEAD_BYTES));
  const [, seq, epoch, id, time, observed, type, subject] = EVENT_HEAD.exec(head) ?? [];
  if (!seq || !epoch || !id || !time || !observed || !type || !subject) return undefined;
  const source = topic.slice(0, topic.lastIndexOf("/"));
  return { specversion: "1.0", type: `sidgate.${type}`, source, subject, id, time, seq, epoch, observed };
}

function quickMeta(payload: Uint8Array): Record<string, string> | undefined {
  const tail = asBuffer(payload).toString("latin1", Math.max(0, payload.length - META_TAIL_BYTES), payload.length);
  const [, seq, epoch, observed, sidPath] = META_TAIL.exec(tail) ?? [];
  if (!seq || !epoch || !observed) return undefined;
  return sidPath === undefined ? { seq, epoch, observed } : { seq, epoch, observed, "sid-path": sidPath };
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

function metaOf({ "sidgate-mqtt:meta": meta }: JsonObject): Record<string, string> {
  return isObject(meta) ? texts(meta, ["seq", "epoch", "observed", "sid-path"]) : {};
}

const texts = (from: JsonObject, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, String(from[name])]));
