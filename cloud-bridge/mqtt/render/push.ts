/**
 * docs/mqtt.md, "Push" — what a subscription has to say of a node: the notifications of RFC 8641 §5, with changes as a YANG patch
 * (RFC 8072 §2), as RFC 7951 has them.
 */
import { rfc3339 } from "../../../gateway/base/index.ts";
import type { Fact } from "../../../gateway/store/facts.ts";
import type { JsonObject } from "../../../gateway/yang/api.ts";
import { type Members, type Message, messageOf } from "../outbox/message.ts";
import type { RenderContext } from "./context.ts";
import type { PatchEdit, Trees } from "./trees.ts";
import type { NodeView } from "./view.ts";

type Updated = Extract<Fact, { type: "push.updated" }>;

export interface RenderedPush {
  readonly node: NodeView;
  readonly messages: readonly Message[];
}

/** A node that is not there any more has no topic. */
export function renderPush(node: NodeView, fact: Updated, context: RenderContext): RenderedPush {
  if (fact.untold === true) return { node, messages: [] };
  const trees = context.trees(node.set);
  const message = messageOf("nodePush", { site: context.site, node: node.id }, fact.seq, {
    ...(fact.edits === undefined ? pushUpdate(fact, trees) : pushChangeUpdate(fact, fact.edits, trees)),
    "sidgate-mqtt:meta": {
      seq: String(fact.seq),
      "prev-seq": String(node.lastPush ?? 0),
      epoch: context.epoch,
      observed: rfc3339(fact.observed),
      "sid-path": trees.sidAt(fact.path),
    },
  });
  return { node: { ...node, lastPush: fact.seq }, messages: [message] };
}

/** All that the subscription is about: it takes the place of what its reader had. */
function pushUpdate({ subscription: id, data }: Updated, trees: Trees): Members {
  const { json, incomplete } = data === undefined ? { json: {}, incomplete: false } : trees.told(data);
  return { "ietf-yang-push:push-update": { id, "datastore-contents": json, ...incompleteIf(incomplete) } };
}

function pushChangeUpdate(
  { subscription: id, seq }: Updated,
  stored: NonNullable<Updated["edits"]>,
  trees: Trees,
): Members {
  const { edits, incomplete } = trees.patch(stored);
  const patch = { "patch-id": String(seq), edit: edits.map(editOf) };
  return {
    "ietf-yang-push:push-change-update": {
      id,
      "datastore-changes": { "yang-patch": patch },
      ...incompleteIf(incomplete),
    },
  };
}

const editOf = ({ op, target, value }: PatchEdit, index: number): Members => ({
  "edit-id": String(index + 1),
  operation: op,
  target,
  value,
});

/** RFC 8641 §3.11.1: something is left out, here what the modules of today do not know. Of type `empty` (RFC 7951 §6.9). */
const incompleteIf = (incomplete: boolean): JsonObject => (incomplete ? { "incomplete-update": [null] } : {});
