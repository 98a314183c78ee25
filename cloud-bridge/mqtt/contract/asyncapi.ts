/**
 * AsyncAPI 3.0.0 — the contract as one document, made of the table of topics and that of message shapes. The application it
 * describes is the site: it sends what consumers subscribe to, and receives commands.
 */
import type { Json, JsonObject } from "../../../gateway/yang/api.ts";
import { COMMAND_TOPICS, TOPICS, type TopicName } from "../outbox/topics.ts";
import { EVENT_CHAIN, EVENT_HEAD, EVENTS } from "./events.ts";
import { COMMAND_MESSAGES, GATEWAY_MESSAGES, schemaOf } from "./json-schema.ts";
import { EVENT_MESSAGES, type MessageRow, REPLY_MESSAGES, TOPIC_TEXTS } from "./messages.ts";
import { exactly, must, object } from "./shape.ts";
import { CONTRACT_VERSION } from "./version.ts";

/** AsyncAPI MQTT bindings 0.2.0. */
const BINDING = "0.2.0";

const PARAMETERS: Readonly<Record<string, string>> = {
  site: "Id of the site: the installation that owns one history.",
  process: "Id of a process of the site.",
  node: "Id of a node, opaque; its names are in its birth.",
  module: "Name of a YANG module.",
  campaign: "Id of a campaign.",
  client: "Id of who gives commands.",
  op: "What is to be done.",
  alias: "Where a node belongs, as `mqtt.alias` makes it: several levels.",
};

/** Views are described by the standards that they follow. */
const isOurs = (name: TopicName): boolean => TOPIC_TEXTS[name].messages.length > 0;
const placeholders = (pattern: string): readonly string[] =>
  [...pattern.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
const ref = (...path: readonly string[]): JsonObject => ({
  $ref: `#/${path.map((part) => part.replaceAll("/", "~1")).join("/")}`,
});
const plainText = (text: string): string => text.replaceAll("**", "").replaceAll("`", "'");

interface Channel {
  readonly name: string;
  readonly address: string;
  readonly text: string;
  readonly messages: readonly MessageRow[];
}

const REPLY_TEXT =
  "Answers to the commands of one client: first whether it is accepted, later how it ended. A response topic of MQTT 5 takes its place.";
const outward = (Object.keys(TOPICS) as TopicName[]).filter(isOurs);
const outChannels: readonly Channel[] = outward.map((name) => ({
  name,
  address: TOPICS[name].pattern,
  ...TOPIC_TEXTS[name],
  ...(name === "reply" ? { text: REPLY_TEXT } : {}),
}));
const COMMAND_LEVELS = {
  site: { plain: COMMAND_TOPICS.siteCommand, by: COMMAND_TOPICS.siteCommandBy, name: "site-commands-by" },
  node: { plain: COMMAND_TOPICS.nodeCommand, by: COMMAND_TOPICS.nodeCommandBy, name: "node-commands-by" },
} as const;
const commandChannels: readonly Channel[] = [
  ...COMMAND_MESSAGES.map((command) => ({
    name: command.name,
    address: COMMAND_LEVELS[command.row.level].plain.replace("{op}", command.op),
    text: command.text,
    messages: [command],
  })),
  ...GATEWAY_MESSAGES.map((command) => ({
    name: command.name,
    address: COMMAND_TOPICS.siteCommand.replace("{op}", command.op),
    text: command.text,
    messages: [command],
  })),
  ...(["site", "node"] as const).map((level) => ({
    name: COMMAND_LEVELS[level].name,
    address: COMMAND_LEVELS[level].by,
    text: `The same commands to a ${level}, where the broker's access list says who the client is.`,
    messages: [
      ...COMMAND_MESSAGES.filter(({ row }) => row.level === level),
      ...(level === "site" ? GATEWAY_MESSAGES : []),
    ],
  })),
];

/** `site`: the document of one site, whose id is filled in. */
export function asyncApi(site?: string): JsonObject {
  const channels = [...outChannels, ...commandChannels];
  const messages = [...new Map(channels.flatMap((each) => each.messages.map((row) => [row.name, row]))).values()];
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Sidgate: what a site tells and takes over MQTT",
      version: CONTRACT_VERSION,
      description:
        "Written from the tables in the code; docs/mqtt.md is the manual. Unknown members and unknown event types are to be ignored.",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
      contact: { name: "Sidgate", url: "https://sidgate.dev" },
      tags: [{ name: "mqtt" }, { name: "iot" }],
    },
    defaultContentType: "application/json",
    servers: {
      broker: {
        host: "{broker}",
        protocol: "mqtts",
        description: "The broker of the setting mqtt.url; MQTT 5 where it knows it, else MQTT 3.1.1.",
        variables: { broker: { default: "localhost:8883", description: "Host and port of the broker." } },
        bindings: {
          mqtt: { cleanSession: false, keepAlive: 30, sessionExpiryInterval: 86_400, bindingVersion: BINDING },
        },
      },
    },
    channels: Object.fromEntries(channels.map((each) => [each.name, channelOf(each, site)])),
    operations: Object.fromEntries([...outward.map(sendOperation), ...commandChannels.map(receiveOperation)]),
    components: {
      schemas: {
        [HEAD]: schemaOf(object({ ...EVENT_HEAD, ...EVENT_CHAIN })),
        ...Object.fromEntries(messages.map((row) => [row.name, payloadSchema(row)])),
      },
      messages: Object.fromEntries(messages.map((row) => [row.name, messageOf(row)])),
    },
  };
}

/** Schema of what every event has; its own members stand beside it. */
const HEAD = "event-head";

function payloadSchema({ name, shape }: MessageRow): JsonObject {
  const event = EVENT_MESSAGES.find((each) => each.name === name);
  if (event !== undefined) {
    const own = object({ type: must(exactly(event.type), event.text), ...EVENTS[event.type].members });
    return { allOf: [ref("components", "schemas", HEAD), schemaOf(own)] };
  }
  const isCommand = [...COMMAND_MESSAGES, ...GATEWAY_MESSAGES].some((command) => command.name === name);
  return schemaOf(shape, isCommand ? "closed" : "open");
}

const channelOf = ({ address: pattern, text, messages }: Channel, site: string | undefined): JsonObject => ({
  address: pattern,
  description: plainText(text),
  messages: Object.fromEntries(messages.map(({ name }) => [name, ref("components", "messages", name)])),
  parameters: Object.fromEntries(
    placeholders(pattern).map((name) => [
      name,
      {
        description: PARAMETERS[name] ?? name,
        ...(name === "site" && site !== undefined ? { enum: [site], default: site } : {}),
      },
    ]),
  ),
});

const contentTypeOf = (message: MessageRow): string => {
  const topic = outward.find((name) => TOPIC_TEXTS[name].messages.includes(message));
  return topic === undefined ? "application/json" : TOPICS[topic].contentType;
};

const TEXT_HEADER: Json = { type: "string" };
const header = (...names: readonly string[]): JsonObject => ({
  headers: {
    type: "object",
    description: "User properties of MQTT 5; MQTT 3.1.1 has none, so all that is needed is in the payload as well.",
    properties: Object.fromEntries(names.map((name) => [name, TEXT_HEADER])),
  },
});

/** `replay` is there when a message is sent again because somebody asked. */
const NUMBERS = ["seq", "epoch", "observed", "replay"];
const CLOUD_EVENT = ["specversion", "type", "source", "subject", "id", "time"];

function headersOf({ name }: MessageRow): JsonObject {
  if (name === "node-data") return header("seq", "epoch", "observed");
  if (name === "node-push") return header(...NUMBERS, "sid-path");
  return EVENT_MESSAGES.some((event) => event.name === name) ? header(...CLOUD_EVENT, ...NUMBERS) : {};
}

function messageOf(row: MessageRow): JsonObject {
  const { name, text } = row;
  const contentType = contentTypeOf(row);
  return {
    name,
    title: name,
    summary: plainText(text),
    contentType,
    payload: ref("components", "schemas", name),
    ...headersOf(row),
    bindings: { mqtt: { payloadFormatIndicator: 1, contentType, bindingVersion: BINDING } },
  };
}

function sendOperation(name: TopicName): readonly [string, JsonObject] {
  const row: { readonly class: string; readonly qos?: 0; readonly expirySeconds?: number } = TOPICS[name];
  const { text, messages } = TOPIC_TEXTS[name];
  return [
    `send-${name}`,
    {
      action: "send",
      channel: ref("channels", name),
      summary: plainText(text),
      messages: messages.map((message) => ref("channels", name, "messages", message.name)),
      bindings: {
        mqtt: {
          qos: row.qos ?? 1,
          retain: row.class === "latest",
          ...(row.expirySeconds === undefined ? {} : { messageExpiryInterval: row.expirySeconds }),
          bindingVersion: BINDING,
        },
      },
    },
  ];
}

/**
 * AsyncAPI has one reply per operation: the first answer. How the command ended is sent on the same channel, by `send-reply`. A
 * response topic of MQTT 5 takes the place of that channel.
 */
const FIRST_ANSWER = REPLY_MESSAGES.filter(({ name }) => name === "reply-accepted");

function receiveOperation({ name, text, messages }: Channel): readonly [string, JsonObject] {
  return [
    `receive-${name}`,
    {
      action: "receive",
      channel: ref("channels", name),
      summary: plainText(text),
      messages: messages.map((message) => ref("channels", name, "messages", message.name)),
      bindings: { mqtt: { qos: 1, retain: false, bindingVersion: BINDING } },
      reply: {
        channel: ref("channels", "reply"),
        messages: FIRST_ANSWER.map((message) => ref("channels", "reply", "messages", message.name)),
      },
    },
  ];
}
