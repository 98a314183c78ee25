/**
 * From the journal to MQTT: one fact and the rows it needs → the rows after it and the messages that tell it. Pure:
 * the same fact rendered again after a crash gives the same bytes.
 */
import type { Fact } from "../../../gateway/store/facts.ts";
import type { Payload } from "../contract/payloads.ts";
import { type Members, type Message, messageOf, removalOf } from "../outbox/message.ts";
import { topicOf } from "../outbox/topics.ts";
import { campaignSummary } from "./campaign.ts";
import type { RenderContext } from "./context.ts";
import { dataMessage, renderMove, renderReading, renderReplacement, renderReport } from "./data.ts";
import { eventMembers, renderEvent } from "./event.ts";
import { fold } from "./fold.ts";
import { nodeBirth, nodeOta, nodeState } from "./node.ts";
import { renderPush } from "./push.ts";
import { renderReply } from "./reply.ts";
import type { CampaignView, NodeView, Slice } from "./view.ts";

export interface Rendered {
  readonly slice: Slice;
  /** The event first: a removal must not overtake the event that explains it. */
  readonly messages: readonly Message[];
  /** Codes of report parts that the schema of today cannot read. */
  readonly skipped: readonly string[];
}

export function render(before: Slice, fact: Fact, context: RenderContext): Rendered {
  const data = renderData(before.node, fact, context);
  const after = fold({ ...before, node: data.node }, fact, context.trees);
  const members = eventMembers(fact, context.trees(before.node?.set));
  const event = members === undefined ? undefined : renderEvent(before.site.lastEvent, fact, members, context);
  const reply = renderReply(fact);
  return {
    slice: event === undefined ? after : { ...after, site: { ...after.site, lastEvent: event.lastEvent } },
    messages: [
      ...(event === undefined ? [] : [event.message]),
      ...(reply === undefined ? [] : [reply]),
      ...data.messages,
      ...nodeMessages(before.node, after.node, fact.seq, context),
      ...campaignMessages(before.campaign, after.campaign, fact.seq, context),
    ],
    skipped: data.skipped,
  };
}

function renderData(node: NodeView | undefined, fact: Fact, context: RenderContext) {
  if (node !== undefined && fact.type === "node.reported") return renderReport(node, fact, context);
  if (node !== undefined && fact.type === "node.read") return renderReading(node, fact, context);
  if (node !== undefined && fact.type === "node.models") return renderMove(node, fact, context);
  if (node !== undefined && fact.type === "node.replaced") return renderReplacement(node, fact, context);
  if (node !== undefined && fact.type === "push.updated") return { ...renderPush(node, fact, context), skipped: [] };
  return { node, messages: [], skipped: [] };
}

/** Every retained topic that a row stands for: what a new epoch publishes afresh. */
export function renderRow(
  row: Pick<Slice, "node" | "campaign">,
  seq: number,
  context: RenderContext,
): readonly Message[] {
  const { node } = row;
  return [
    ...nodeMessages(undefined, node, seq, context),
    ...(node === undefined ? [] : Object.keys(node.modules).map((module) => dataMessage(node, module, context))),
    ...campaignMessages(undefined, row.campaign, seq, context),
  ];
}

type NodeTopic = {
  [K in "nodeBirth" | "nodeState" | "nodeOta"]: readonly [
    kind: K,
    says: (node: NodeView, context: RenderContext) => Payload<K> | undefined,
  ];
}["nodeBirth" | "nodeState" | "nodeOta"];
const NODE_TOPICS: readonly NodeTopic[] = [
  ["nodeBirth", (node, { trees }) => nodeBirth(node, trees)],
  ["nodeState", (node, { trees }) => nodeState(node, trees)],
  ["nodeOta", (node, { trees }) => node.ota && nodeOta(node, node.ota, trees)],
];

function nodeMessages(
  before: NodeView | undefined,
  after: NodeView | undefined,
  seq: number,
  context: RenderContext,
): readonly Message[] {
  if (after === undefined) return before === undefined ? [] : removals(before, seq, context);
  if (after === before) return [];
  return NODE_TOPICS.flatMap(([kind, says]) => {
    const members = says(after, context);
    const unchanged = members === undefined || (before && sameMembers(says(before, context), members));
    return unchanged ? [] : [messageOf(kind, { site: context.site, node: after.id }, seq, members)];
  });
}

/** docs/mqtt.md, "Topics": an empty retained message clears each topic of a removed node (MQTT 5.0 §3.3.1.3). */
function removals(node: NodeView, seq: number, context: RenderContext): readonly Message[] {
  const parts = { site: context.site, node: node.id };
  return [
    removalOf("nodeBirth", topicOf("nodeBirth", parts), seq),
    removalOf("nodeState", topicOf("nodeState", parts), seq),
    ...(node.ota === undefined ? [] : [removalOf("nodeOta", topicOf("nodeOta", parts), seq)]),
    ...Object.keys(node.modules).map((module) => removalOf("nodeData", topicOf("nodeData", { ...parts, module }), seq)),
  ];
}

function campaignMessages(
  before: CampaignView | undefined,
  after: CampaignView | undefined,
  seq: number,
  context: RenderContext,
): readonly Message[] {
  if (after === undefined || after === before) return [];
  const members = campaignSummary(after);
  if (before !== undefined && sameMembers(campaignSummary(before), members)) return [];
  return [messageOf("campaign", { site: context.site, campaign: after.id }, seq, members)];
}

/** Would both be the same JSON? They come from one renderer, which writes its members in one order. */
function sameMembers(a: Members[string], b: Members[string]): boolean {
  if (a === b) return true;
  if (!isStructured(a) || !isStructured(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  for (const name in a) if (!sameMembers(a[name], b[name])) return false;
  for (const name in b) if (b[name] !== undefined && a[name] === undefined) return false;
  return true;
}

/** Elements of a list are members here, too. */
const isStructured = (value: unknown): value is Members => typeof value === "object" && value !== null;
