/** docs/mqtt.md, "Views" — what the projector and the views know of each other. A view is derived, never the core. */
import type { NodeId } from "../../../gateway/base/index.ts";
import type { Fact } from "../../../gateway/store/facts.ts";
import type { Message } from "../outbox/message.ts";
import type { TopicName } from "../outbox/topics.ts";
import type { NodeView } from "../render/view.ts";
import type { Ground } from "../sweep/ground.ts";

/** A view that is rendered with the contract's own messages and committed with them. */
export interface RenderedView {
  /** What its retained topics look like, kept beside them: under another form all of them are rendered anew. */
  readonly form: string;
  /** Where they lie. */
  readonly grounds: readonly Ground[];
  /** All of its retained topics. */
  whole(nodes: Iterable<NodeView>, seq: number): readonly Message[];
  /** What one fact adds to them, with its node as it was and as it is, and what the contract tells of it. */
  fact(
    fact: Fact,
    before: NodeView | undefined,
    after: NodeView | undefined,
    told: readonly Message[],
  ): readonly Message[];
}

/** Retained topics that only views have: what none of them renders any more is taken from the broker. */
export const VIEW_KINDS: ReadonlySet<TopicName> = new Set([
  "homeAssistant",
  "homeAssistantSite",
  "aliasState",
  "aliasData",
]);

/** A view with a connection of its own, for who listens now. */
export interface LiveView {
  /** What facts made of these nodes is in the store. */
  committed(nodes: ReadonlySet<NodeId>): void;
}
