/**
 * docs/mqtt.md, "Topics" — the topic tree as one table. docs/mqtt.md is compared with this table by a test.
 */
import { UsageError } from "../../../gateway/base/index.ts";

/**
 * `latest` topics are retained and hold the last value; `journal` topics are a stream that nothing is left out of; what is
 * of class `none` is told to who listens now.
 */
export type MessageClass = "journal" | "latest" | "none";

interface TopicRow {
  readonly pattern: string;
  readonly class: MessageClass;
  readonly contentType:
    | "application/json"
    | "application/yang-data+json"
    | "application/yang-data+cbor; id=sid"
    | "application/octet-stream";
  /** 1 where nothing else is said. */
  readonly qos?: 0;
  /** MQTT 5 message expiry; a consumer on 3.1.1 looks at `time` in the payload. */
  readonly expirySeconds?: number;
}

export const TOPICS = {
  status: { pattern: "sidgate/1/{site}/g/{process}/status", class: "latest", contentType: "application/json" },
  siteBirth: { pattern: "sidgate/1/{site}/birth", class: "latest", contentType: "application/json" },
  health: { pattern: "sidgate/1/{site}/health", class: "latest", contentType: "application/json", expirySeconds: 180 },
  event: { pattern: "sidgate/1/{site}/event", class: "journal", contentType: "application/json" },
  nodeBirth: { pattern: "sidgate/1/{site}/n/{node}/birth", class: "latest", contentType: "application/json" },
  nodeState: { pattern: "sidgate/1/{site}/n/{node}/state", class: "latest", contentType: "application/json" },
  nodeOta: { pattern: "sidgate/1/{site}/n/{node}/ota", class: "latest", contentType: "application/json" },
  nodeData: {
    pattern: "sidgate/1/{site}/n/{node}/data/{module}",
    class: "latest",
    contentType: "application/yang-data+json",
  },
  nodePush: { pattern: "sidgate/1/{site}/n/{node}/push", class: "journal", contentType: "application/yang-data+json" },
  campaign: { pattern: "sidgate/1/{site}/c/{campaign}", class: "latest", contentType: "application/json" },
  reply: { pattern: "sidgate/1/{site}/rsp/{client}", class: "journal", contentType: "application/json" },
  log: { pattern: "sidgate/1/{site}/log", class: "none", contentType: "application/json", qos: 0 },
  raw: {
    pattern: "sidgate/1/{site}/raw/{node}",
    class: "none",
    contentType: "application/yang-data+cbor; id=sid",
  },
  aliasState: { pattern: "{alias}/state", class: "latest", contentType: "application/json" },
  aliasData: { pattern: "{alias}/data/{module}", class: "latest", contentType: "application/yang-data+json" },
  homeAssistant: {
    pattern: "{prefix}/device/sidgate_{site}_{node}/config",
    class: "latest",
    contentType: "application/json",
  },
  homeAssistantSite: {
    pattern: "{prefix}/device/sidgate_{site}/config",
    class: "latest",
    contentType: "application/json",
  },
  sparkplug: {
    pattern: "spBv1.0/{group}/{verb}/{site}",
    class: "none",
    contentType: "application/octet-stream",
    qos: 0,
  },
  sparkplugDeath: {
    pattern: "spBv1.0/{group}/NDEATH/{site}",
    class: "none",
    contentType: "application/octet-stream",
  },
  sparkplugDevice: {
    pattern: "spBv1.0/{group}/{verb}/{site}/{node}",
    class: "none",
    contentType: "application/octet-stream",
    qos: 0,
  },
} as const satisfies Record<string, TopicRow>;

export type TopicName = keyof typeof TOPICS;

/**
 * Where commands come in. Under `by/{client}` a broker's access list can say who is who (`pattern write sidgate/1/+/by/%u/#`);
 * elsewhere the name of the client is what it says itself.
 */
export const COMMAND_TOPICS = {
  siteCommand: "sidgate/1/{site}/cmd/{op}",
  nodeCommand: "sidgate/1/{site}/n/{node}/cmd/{op}",
  siteCommandBy: "sidgate/1/{site}/by/{client}/cmd/{op}",
  nodeCommandBy: "sidgate/1/{site}/by/{client}/n/{node}/cmd/{op}",
} as const;

type Parts<P extends string> = P extends `${string}{${infer N}}${infer Rest}` ? N | Parts<Rest> : never;
export type TopicParts<N extends TopicName> = Readonly<Record<Parts<(typeof TOPICS)[N]["pattern"]>, string>>;

/** No wildcard, level separator, `$` or NUL gets in (MQTT 5.0 §4.7); a YANG module is named by an identifier (RFC 7950 §6.2) instead. */
const ID = /^[a-z0-9-]{3,64}$/;
const MODULE = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;
/** Several levels, as Home Assistant may be told to look below. */
const PREFIX = /^(?=.{1,64}$)[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/;
/** Sparkplug 3.0.0 §4.1.2: all but `+`, `/` and `#`; we take what no broker and no shell stumbles over. */
const GROUP = /^[A-Za-z0-9_.:-]{1,64}$/;
/** Several levels with text of somebody's, in which what means something to MQTT was written otherwise (views/alias-template.ts). */
const ALIAS = /^[^/+#$\p{C}]+(\/[^/+#$\p{C}]+)*$/u;
const VERB = /^[ND](BIRTH|DEATH|DATA|CMD)$/;
export const MAX_TOPIC = 256;

/** What may stand for a placeholder; where nothing is said, an id. */
const PARTS: Readonly<Record<string, RegExp>> = {
  module: MODULE,
  prefix: PREFIX,
  group: GROUP,
  verb: VERB,
  alias: ALIAS,
};

export const isTopicPart = (part: string, value: string): boolean => (PARTS[part] ?? ID).test(value);

/** Throws UsageError mqtt.topic when `value` must not stand in a topic. */
export function checkTopicPart(part: string, value: string): string {
  if (!isTopicPart(part, value)) throw new UsageError("mqtt.topic", { part, value });
  return value;
}

/** Each pattern apart: text and names of placeholders by turns. */
const PIECES: Readonly<Record<TopicName, readonly string[]>> = piecesOf(TOPICS);

function piecesOf<N extends string>(rows: Readonly<Record<N, TopicRow>>): Readonly<Record<N, readonly string[]>> {
  const pieces: Partial<Record<N, readonly string[]>> = {};
  for (const name in rows) pieces[name] = rows[name].pattern.split(/\{(\w+)\}/);
  return pieces as Record<N, readonly string[]>;
}

/** The topic of a row with its placeholders filled in; nothing that could be a wildcard or a level ever gets in. */
export function topicOf<N extends TopicName>(name: N, parts: TopicParts<N>): string {
  const values: Readonly<Record<string, string>> = parts;
  let topic = "";
  for (const [index, piece] of PIECES[name].entries()) {
    topic += index % 2 === 0 ? piece : checkTopicPart(piece, values[piece] ?? "");
  }
  if (topic.length > MAX_TOPIC) throw new UsageError("mqtt.topic", { part: "whole", value: topic });
  return topic;
}
