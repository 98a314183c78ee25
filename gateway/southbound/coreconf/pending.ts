/**
 * What waits for a node, as data of its own datastore (container `pending` of sidgate-node): so that a node without the
 * check-in gets its edits and its firmware offer by FETCH, and says by iPATCH what it has applied.
 */
import { EMPTY, fromHex, type NodeId } from "../../base/index.ts";
import type { Images } from "../../service/images/index.ts";
import { type Mailbox, nextDelivery } from "../../service/mailbox/index.ts";
import { houseNode, type Registry } from "../../service/registry/index.ts";
import type { EnvelopeSource } from "../../service/trust/index.ts";
import { isTree, type Schema, type Sid, type Tree, type Value } from "../../yang/index.ts";
import { type OfferServices, offeredNow } from "./offered.ts";

export interface PendingServices extends OfferServices {
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly images: Images;
  /** The SUIT envelopes that go with images; without it offers name none. */
  readonly envelopes?: EnvelopeSource;
  /** Path of an image or an envelope on this gateway. */
  readonly imageUri: (id: string) => string;
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
  const { registry, images, envelopes, imageUri } = services;
  const wanted = offeredNow(node, tree, services);
  if (wanted === undefined) return [];
  const image = images.get(wanted);
  if (!images.isAvailable(image)) return [];
  const { schema } = registry;
  const offer = new Map<Sid, Value>([
    [sidOf(schema, "/offer/digest"), fromHex(image.digest) ?? EMPTY],
    [sidOf(schema, "/offer/size"), image.size],
    [sidOf(schema, "/offer/uri"), imageUri(image.id)],
  ]);
  const suit = envelopes?.offerFor(node, tree, image.digest);
  if (suit !== undefined) offer.set(sidOf(schema, "/offer/envelope"), imageUri(suit.id));
  return [[sidOf(schema, "/offer"), offer]];
}
