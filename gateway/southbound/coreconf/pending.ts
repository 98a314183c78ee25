/**
 * What waits for a node, as data of its own datastore (container `pending` of sidgate-node): so that a node without the
 * check-in gets its edits and its firmware offer by FETCH, and says by iPATCH what it has applied.
 */
import type { NodeId } from "../../base/index.ts";
import { type Mailbox, nextDelivery } from "../../service/mailbox/index.ts";
import { houseNode, type Registry } from "../../service/registry/index.ts";
import { isTree, type Schema, type Sid, type Tree, type Value } from "../../yang/index.ts";
import { type FirmwareOfferServices, firmwareOffer, offerWriter } from "./firmware-offer.ts";

export interface PendingServices extends FirmwareOfferServices {
  readonly registry: Registry;
  readonly mailbox: Mailbox;
}

/** The node's tree with what waits for it; the tree itself while nothing does. */
export function withPending(tree: Tree, node: NodeId, services: PendingServices): Tree {
  const { schema } = services.registry;
  const waiting = [...editsFor(node, services, schema), ...offerFor(node, tree, services)];
  if (waiting.length === 0) return tree;
  const container = sidOf(schema, "");
  const own = tree.get(container);
  return new Map<Sid, Value>([...tree, [container, new Map([...(isTree(own) ? own : []), ...waiting])]]);
}

/** By the whole tree, which is never changed: who asks for the same one again gets the same one. */
const WITHOUT = new WeakMap<Tree, Tree>();

/** As a manager has it: what a node says of its edits is between it and the gateway, and no PUT or DELETE is about it. */
export function withoutPending(tree: Tree, schema: Schema): Tree {
  const container = sidOf(schema, "");
  if (!tree.has(container)) return tree;
  let rest = WITHOUT.get(tree);
  if (rest === undefined) {
    rest = new Map([...tree].filter(([sid]) => sid !== container));
    WITHOUT.set(tree, rest);
  }
  return rest;
}

const sidOf = (schema: Schema, leaf: string): Sid => houseNode(schema, `/sidgate-node:pending${leaf}`).sid;

/** All of them: whoever fetches takes the answer in blocks of its own size. */
function editsFor(node: NodeId, { mailbox }: PendingServices, schema: Schema): Array<[Sid, Value]> {
  const { delivery } = nextDelivery(mailbox.box(node), Number.POSITIVE_INFINITY);
  if (delivery === undefined) return [];
  return [
    [sidOf(schema, "/revision"), delivery.revision],
    [sidOf(schema, "/edits"), delivery.edits],
  ];
}

function offerFor(node: NodeId, tree: Tree, services: PendingServices): Array<[Sid, Value]> {
  const { schema } = services.registry;
  const wanted = firmwareOffer(node, tree, services);
  if (wanted === undefined) return [];
  return [[sidOf(schema, "/offer"), offerWriter(schema, "/sidgate-node:pending/offer")(wanted.offer)]];
}
