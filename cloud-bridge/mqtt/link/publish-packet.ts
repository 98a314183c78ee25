/**
 * PUBLISH as bytes (MQTT 5.0 §3.3, MQTT 3.1.1 §3.3). All but the payload is composed as one text with a character per byte:
 * to write a dozen short strings one by one would cost more than all else of a message.
 */
import { BugError } from "../../../gateway/base/index.ts";
import { type Message, propertiesOf } from "../outbox/message.ts";
import { type MessageClass, TOPICS } from "../outbox/topics.ts";
import type { Protocol } from "./link-machine.ts";

/** A character per byte. */
export type Latin1 = string;

/** The topic's number on this connection (MQTT 5.0 §3.3.2.3.4). */
export interface Alias {
  readonly number: number;
  /** The broker knows it already, so that the topic need not be told. */
  readonly known: boolean;
}

export interface Sending {
  readonly protocol: Protocol;
  /** Packet identifier; not told with QoS 0. */
  readonly id: number;
  readonly alias?: Alias | undefined;
  /** Told as a user property (MQTT 5). */
  readonly replay?: boolean;
}

const PUBLISH = 0x30;
const QOS_1 = 0x02;
const RETAIN = 0x01;
const MAX_TEXT = 0xffff;

/** MQTT 5.0 §2.2.2.2. */
const PAYLOAD_FORMAT = 0x01;
const EXPIRY = 0x02;
const CONTENT_TYPE = 0x03;
const CORRELATION = 0x09;
const TOPIC_ALIAS = 0x23;
const USER_PROPERTY = 0x26;

export function deliveryOf({ kind }: Message): { readonly qos: 0 | 1; readonly retain: boolean } {
  const row: { readonly class: MessageClass; readonly qos?: 0 } = TOPICS[kind];
  return { qos: row.qos ?? 1, retain: row.class === "latest" };
}

/** Everything before the payload. */
export function publishHead(message: Message, sending: Sending): Latin1 {
  const { protocol, id, alias } = sending;
  const { qos, retain } = deliveryOf(message);
  const topic = text(alias?.known === true ? "" : message.topic);
  const packetId = qos === 0 ? "" : uint16(id);
  const properties = protocol === 5 ? withLength(propertyBytes(message, sending)) : "";
  const variable = topic + packetId + properties;
  const first = PUBLISH | (qos === 0 ? 0 : QOS_1) | (retain ? RETAIN : 0);
  return byte(first) + varint(variable.length + message.payload.length) + variable;
}

function propertyBytes(message: Message, { alias, replay }: Sending): Latin1 {
  const { contentType, expirySeconds, user } = propertiesOf(message);
  // MQTT 5.0 §3.3.2.3.2: UTF-8 text.
  let bytes = byte(PAYLOAD_FORMAT) + byte(contentType.includes("json") ? 1 : 0);
  if (expirySeconds !== undefined) bytes += byte(EXPIRY) + uint16(expirySeconds >>> 16) + uint16(expirySeconds);
  if (alias !== undefined) bytes += byte(TOPIC_ALIAS) + uint16(alias.number);
  const { correlation } = message;
  if (correlation !== undefined) {
    bytes += byte(CORRELATION) + uint16(correlation.length) + Buffer.from(correlation).toString("latin1");
  }
  for (const name in user) bytes += byte(USER_PROPERTY) + text(name) + text(user[name] ?? "");
  if (replay === true) bytes += byte(USER_PROPERTY) + text("replay") + text("1");
  return bytes + byte(CONTENT_TYPE) + text(contentType);
}

const byte = (value: number): Latin1 => String.fromCharCode(value);
const uint16 = (value: number): Latin1 => String.fromCharCode((value >>> 8) & 0xff, value & 0xff);

/** MQTT 5.0 §1.5.5. */
function varint(value: number): Latin1 {
  let bytes = "";
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return bytes + byte(left);
    bytes += byte((left & 0x7f) | 0x80);
  }
}

const withLength = (bytes: Latin1): Latin1 => varint(bytes.length) + bytes;

const BEYOND_ASCII = /[^\0-\x7f]/;

/** MQTT 5.0 §1.5.4: UTF-8 behind its length. */
function text(value: string): Latin1 {
  const bytes = BEYOND_ASCII.test(value) ? Buffer.from(value).toString("latin1") : value;
  if (bytes.length > MAX_TEXT) throw new BugError("bridge.bug", { what: `a text of ${bytes.length} bytes for MQTT` });
  return uint16(bytes.length) + bytes;
}
