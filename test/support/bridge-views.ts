/** Nodes of the bridge's projection as they stand after a story, and what the views said on the way. */
import type { Message } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { ViewStore } from "../../cloud-bridge/mqtt/outbox/view-store.ts";
import { render } from "../../cloud-bridge/mqtt/render/render.ts";
import { keysOf, type NodeView } from "../../cloud-bridge/mqtt/render/view.ts";
import type { RenderedView } from "../../cloud-bridge/mqtt/views/view.ts";
import type { NodeId } from "../../gateway/base/index.ts";
import { type Fact, memoryState, type NewFact } from "../../gateway/store/index.ts";
import { encodeTree, fromJson, type JsonObject } from "../../gateway/yang/index.ts";
import { atSecond, nodeId, SITE } from "./bridge-site.ts";
import { bridgeSchema, bridgeTrees } from "./bridge-trees.ts";

export interface Watched {
  /** What the views made of the fact. */
  take(fact: NewFact): readonly Message[];
  node(id: NodeId): NodeView | undefined;
  nodes(): readonly NodeView[];
  /** What every retained topic of the contract says now. */
  readonly told: Readonly<Record<string, string>>;
}

export async function watched(...views: readonly RenderedView[]): Promise<Watched> {
  const trees = await bridgeTrees();
  const store = await ViewStore.load(memoryState(), trees);
  const told: Record<string, string> = {};
  let seq = 0;
  return {
    told,
    node: (id) => store.slice({ node: id }).node,
    nodes: () => [...store.nodes],
    take: (newFact) => {
      seq += 1;
      const fact: Fact = { ...newFact, seq };
      const before = store.slice(keysOf(fact));
      const { slice, messages } = render(before, fact, { site: SITE.site, epoch: SITE.epoch, trees });
      store.put(keysOf(fact), slice);
      for (const { topic, payload } of messages) told[topic] = Buffer.from(payload).toString();
      return views.flatMap((view) => view.fact(fact, before.node, slice.node, messages));
    },
  };
}

/** A report of node `n` with this data. */
export async function reported(n: number, second: number, data: JsonObject): Promise<NewFact> {
  const schema = await bridgeSchema();
  return {
    type: "node.reported",
    at: atSecond(second),
    node: nodeId(n),
    report: second,
    request: 1,
    reply: new Uint8Array(0),
    state: "asleep",
    nextWake: atSecond(second + 900),
    data: new Uint8Array(encodeTree(fromJson(data, schema), schema)),
  };
}
