/** The types that the renderers are held to, by topic. They exist for the compiler only: no table is loaded for them. */
import type { TopicName } from "../outbox/topics.ts";
import type { CAMPAIGN } from "./campaign.ts";
import type { EVENT_CHAIN, EVENT_HEAD, EventBody } from "./events.ts";
import type { NODE_BIRTH, NODE_DATA, NODE_OTA, NODE_PUSH, NODE_STATE } from "./node.ts";
import type { REPLY } from "./reply.ts";
import type { Members, Said, SaidBy } from "./shape.ts";
import type { HEALTH, LOG, SITE_BIRTH, STATUS } from "./site.ts";

export type { EventBody } from "./events.ts";
export type EventHead = SaidBy<typeof EVENT_HEAD>;
export type Event = EventHead & EventBody & SaidBy<typeof EVENT_CHAIN>;

interface Payloads {
  readonly status: Said<typeof STATUS>;
  readonly siteBirth: Said<typeof SITE_BIRTH>;
  readonly health: Said<typeof HEALTH>;
  readonly log: Said<typeof LOG>;
  readonly event: Event;
  readonly nodeBirth: Said<typeof NODE_BIRTH>;
  readonly nodeState: Said<typeof NODE_STATE>;
  readonly nodeOta: Said<typeof NODE_OTA>;
  readonly nodeData: Said<typeof NODE_DATA>;
  readonly nodePush: Said<typeof NODE_PUSH>;
  readonly campaign: Said<typeof CAMPAIGN>;
  readonly reply: Said<typeof REPLY>;
}

/** What a message on this topic says; that of the views is their own affair. */
export type Payload<N extends TopicName> = N extends keyof Payloads ? Payloads[N] : Members;
