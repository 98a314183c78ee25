/** Which message stands on which topic of version 1: the shapes joined with the table of topics (docs/mqtt.md, "Topics"). */
import { TOPICS, type TopicName } from "../outbox/topics.ts";
import { CAMPAIGN } from "./campaign.ts";
import { EVENT_CHAIN, EVENT_HEAD, EVENTS, type EventType } from "./events.ts";
import { NODE_BIRTH, NODE_DATA, NODE_OTA, NODE_PUSH, NODE_STATE } from "./node.ts";
import { ACCEPTED, COMPLETED, EXPIRED, FAILED } from "./reply.ts";
import { exactly, must, object, type Shape } from "./shape.ts";
import { HEALTH, LOG, SITE_BIRTH, STATUS } from "./site.ts";

export interface MessageRow {
  /** Name of its schema, and in kebab case of its TypeScript type. */
  readonly name: string;
  readonly text: string;
  readonly shape: Shape;
}

export interface TopicText {
  readonly text: string;
  /** None: what it says is another standard's. */
  readonly messages: readonly MessageRow[];
}

const one = (name: string, text: string, shape: Shape): TopicText => ({ text, messages: [{ name, text, shape }] });

const EVENT_TYPES = Object.keys(EVENTS) as EventType[];

const eventShape = (type: EventType): Shape =>
  object({
    ...EVENT_HEAD,
    type: must(exactly(type), EVENTS[type].text),
    ...EVENTS[type].members,
    ...EVENT_CHAIN,
  });

export const EVENT_MESSAGES: readonly (MessageRow & { readonly type: EventType })[] = EVENT_TYPES.map((type) => ({
  type,
  name: `event-${type.replace(".", "-")}`,
  text: EVENTS[type].text,
  shape: eventShape(type),
}));

export const REPLY_MESSAGES: readonly MessageRow[] = [
  { name: "reply-accepted", text: "The command will be carried out later; a second answer follows.", shape: ACCEPTED },
  { name: "reply-completed", text: "The command was carried out.", shape: COMPLETED },
  { name: "reply-failed", text: "The command was refused, or failed.", shape: FAILED },
  { name: "reply-expired", text: "The deadline of the command came first.", shape: EXPIRED },
];

const STATE: MessageRow = {
  name: "node-state",
  text: "How a node is: its state, last and next wake, battery.",
  shape: NODE_STATE,
};
const DATA: MessageRow = { name: "node-data", text: "Last known data of one YANG module of a node.", shape: NODE_DATA };

export const TOPIC_TEXTS: Readonly<Record<TopicName, TopicText>> = {
  status: one("status", "Presence of one process of the site, and its last will.", STATUS),
  siteBirth: one("birth", "The site: its name, software, capabilities, warnings.", SITE_BIRTH),
  health: one("health", "Figures of the whole site, every 60 s.", HEALTH),
  event: { text: "**The** ordered stream of what happens at the site.", messages: EVENT_MESSAGES },
  nodeBirth: one("node-birth", "Who a node is: names, model, software, how it sleeps.", NODE_BIRTH),
  nodeState: { text: STATE.text, messages: [STATE] },
  nodeOta: one("node-ota", "Where the update of a node stands.", NODE_OTA),
  nodeData: { text: DATA.text, messages: [DATA] },
  nodePush: one("node-push", "What configured subscriptions say of a node, in order.", NODE_PUSH),
  campaign: one("campaign", "Summary of a campaign: its state, its counts, when it will be done.", CAMPAIGN),
  reply: { text: "Answers to the commands of one client.", messages: REPLY_MESSAGES },
  log: one("log", "Lines of the log, where `mqtt.log` is on.", LOG),
  raw: {
    text: "Data of a node as it came, in YANG-CBOR with SIDs (RFC 9254), where the view `raw` is on.",
    messages: [],
  },
  aliasState: { text: "`state` of a node once more, where `mqtt.alias` says.", messages: [STATE] },
  aliasData: { text: "Its `data`, the same.", messages: [DATA] },
  homeAssistant: { text: "Discovery of Home Assistant, where that view is on.", messages: [] },
  sparkplug: { text: "The site as an edge node of Sparkplug B, where that view is on.", messages: [] },
  sparkplugDeath: { text: "That edge node is gone; also the last will of its connection.", messages: [] },
  sparkplugDevice: { text: "A node as a device of that edge node.", messages: [] },
  homeAssistantSite: { text: "The same for the gateway, over which the nodes are reached.", messages: [] },
};

/** Topics of one message alone, each message where the contract has it first. */
export const SINGLE_TOPICS: ReadonlyArray<readonly [topic: TopicName, message: MessageRow]> = (
  Object.keys(TOPICS) as TopicName[]
).flatMap((topic, at, all) => {
  const [message, ...others] = TOPIC_TEXTS[topic].messages;
  if (message === undefined || others.length > 0) return [];
  const isFirst = !all.slice(0, at).some((before) => TOPIC_TEXTS[before].messages.includes(message));
  return isFirst ? [[topic, message] as const] : [];
});
