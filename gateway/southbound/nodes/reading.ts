/**
 * The datastore of a node is read (draft-ietf-core-comi-21 §3.3): as a whole, in blocks, with an ETag where it has one. What
 * differs from the tree that is kept becomes one fact; what waits for the node lies over it, as managers see it.
 */
import { isCoded, WireError } from "../../base/index.ts";
import type { Answer, Question } from "../../coap/index.ts";
import { aboutImage } from "../../service/campaign/index.ts";
import { waiting } from "../../service/mailbox/index.ts";
import { gatewaySids, houseModels, houseNode, type NodeRecord } from "../../service/registry/index.ts";
import type { FactBodies } from "../../store/index.ts";
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import {
  decodeInstances,
  decodeKnown,
  EMPTY_TREE,
  edit,
  encodeIdentifiers,
  encodeTree,
  type Form,
  perSchema,
  type Reading,
  readingBetween,
  type Schema,
  type Sid,
  type Tree,
} from "../../yang/index.ts";
import { ask, type NodeServer, type NodeServices, tellOnce } from "./server.ts";
import type { Work } from "./session.ts";

/** RFC 9254 §10; what says nothing of itself is read as either. */
const FORMS: ReadonlyMap<number, Form> = new Map([
  [CONTENT_FORMAT.yangDataSid, "sid"],
  [CONTENT_FORMAT.yangDataName, "name"],
]);

export const datastoreQuestion = ({ served: { path, query } }: NodeServer): Question => ({
  method: "GET",
  path,
  query,
  accept: CONTENT_FORMAT.yangDataSid,
});

/** Throws `request.*`, WireError `node.answer`, `cbor.*` and `yang.*`. */
export async function readDatastore(
  server: NodeServer,
  visit: boolean,
  services: NodeServices,
): Promise<Partial<Work>> {
  const { registry } = services;
  const before = registry.find(server.id);
  const question = datastoreQuestion(server);
  const etags = server.etag === undefined ? [] : [server.etag];
  const answer = await ask(server, { ...question, etags }, services);
  if (answer.code === "2.03") {
    await record(server, {}, visit, services);
    return {};
  }
  // The node reported meanwhile: what was read may be older than that.
  if (registry.find(server.id)?.slot !== before?.slot) return { read: visit ? "visit" : "look" };
  await takeDatastore(server, answer, visit, services);
  return {};
}

/** Resolves when it is durable. */
export async function takeDatastore(
  server: NodeServer,
  { code, payload, contentFormat, etag }: Answer,
  visit: boolean,
  services: NodeServices,
): Promise<void> {
  const { id } = server;
  if (code !== "2.05") throw new WireError("node.answer", { node: id, code, what: "its datastore" });
  const { registry } = services;
  const node = registry.find(id);
  if (node === undefined) return;
  const schema = registry.schemaOf(node);
  const said = decodeKnown(payload, schema, FORMS.get(contentFormat ?? -1) ?? "any");
  for (const { path, reason } of said.passedOver) {
    tellOnce(server, path, () => services.log.warn("node.data-passed-over", { node: id, path, reason }));
  }
  const seen = withWaiting(said.tree, node, schema, services);
  const reading = readingBetween(ownData(node.tree, schema), ownData(seen, schema), schema, { trimmed: true });
  await record(server, reading, visit, services);
  server.etag = etag;
}

/** Nothing is recorded when nothing changed, unless somebody counts the wakes of the node or waits for its word. */
async function record(
  { id }: NodeServer,
  { data = EMPTY_TREE, gone = [] }: Partial<Reading>,
  visit: boolean,
  { registry, mailbox, campaigns, intake, recorder, isAwaited }: NodeServices,
): Promise<void> {
  const node = registry.find(id);
  if (node === undefined) return;
  const schema = registry.schemaOf(node);
  const models = data.size === 0 ? undefined : houseModels(schema);
  const firmware = models === undefined ? {} : aboutImage(models.firmware(data), () => models.firmware(node.tree));
  const reported = intake?.take(id, models?.suit(data)?.report, recorder);
  const progress =
    Object.keys(firmware).length === 0
      ? undefined
      : campaigns.advance(id, { type: "reported", report: firmware }, recorder);
  const isWake = visit && mailbox.onTrial.has(id);
  const fact: FactBodies["node.read"] = {
    node: id,
    ...(data.size === 0 ? {} : { data: encodeTree(data, schema, "any") }),
    ...(gone.length === 0 ? {} : { gone: encodeIdentifiers(gone, schema, "any") }),
    ...(isWake ? { visit: true } : {}),
  };
  const isNews = fact.data !== undefined || fact.gone !== undefined || isWake || isAwaited?.(id) === true;
  await Promise.all([progress, reported, isNews ? recorder.record("node.read", fact) : undefined]);
}

/** What managers want and the node may not have yet stays in sight, as with a report. */
function withWaiting(tree: Tree, { id }: NodeRecord, schema: Schema, { mailbox }: NodeServices): Tree {
  let seen = tree;
  for (const { patch } of waiting(mailbox.box(id))) {
    try {
      seen = edit(seen, decodeInstances(patch, schema, "input", "any"), schema);
    } catch (error) {
      if (!isCoded(error)) throw error; // it does not fit what the node has now: the node will say so
    }
  }
  return seen;
}

/** Without what is the gateway's own, and what a node says here of its edits. */
function ownData(tree: Tree, schema: Schema): Tree {
  const foreign = foreignSids(schema);
  return new Map([...tree].filter(([sid]) => !foreign.has(sid)));
}

const foreignSids = perSchema(
  (schema: Schema): ReadonlySet<Sid> =>
    new Set([...gatewaySids(schema), houseNode(schema, "/sidgate-node:pending").sid]),
);
