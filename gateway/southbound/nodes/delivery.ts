/**
 * What waits for a node goes out as one iPATCH (draft-ietf-core-comi-21 §3.2.3). That it goes out is written down first: an
 * edit that may be in force does not expire, and whatever is lost is sent again, which iPATCH allows (RFC 8132 §3).
 */
import type { Millis } from "../../base/index.ts";
import { seconds, WireError } from "../../base/index.ts";
import type { Answer } from "../../coap/index.ts";
import {
  type Box,
  covers,
  type Edit,
  expireOverdue,
  isOpen,
  LARGEST_EDIT,
  nextDelivery,
  recordOutcome,
  rejection,
  waiting,
} from "../../service/mailbox/index.ts";
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import { formatInstanceId } from "../../yang/index.ts";
import { reasonOf, refusalIn } from "./refusal.ts";
import { ask, type NodeServer, type NodeServices } from "./server.ts";
import type { Work } from "./session.ts";

/** The node may be asked again after so long (RFC 7252 §5.10.5, RFC 8516 §3). */
export class NotNow extends WireError<"node.answer"> {
  readonly after: Millis | undefined;

  constructor(node: string, { code, maxAge }: Answer) {
    super("node.answer", { node, code, what: "taking edits" });
    this.after = maxAge === undefined ? undefined : seconds(maxAge);
  }
}

/**
 * Codes that say nothing of the edits: the same may be right later. 4.01 is about who asks, e.g. a security context that the
 * node does not know at the moment; 4.04 comes of a path that is not there any more.
 */
const LATER: ReadonlySet<string> = new Set(["4.01", "4.04", "4.08", "4.12", "4.29"]);

/** Throws `request.*` and `node.answer`: then what went out waits on. */
export async function deliverEdits(
  server: NodeServer,
  singly: boolean,
  services: NodeServices,
): Promise<Partial<Work>> {
  const { id, served } = server;
  const { mailbox, recorder, clock, quality, log } = services;
  // Sent before and unanswered, it may be in force; what the node is read for afterwards tells.
  const isOver = expireOverdue(id, services, quality?.doubtfulSince ?? clock.now(), { applied: undefined });
  const box = mailbox.box(id);
  if (isOver && waiting(box).length === 0) return { read: "look" };
  const budget = singly ? (waiting(box)[0]?.patch.length ?? 0) : LARGEST_EDIT;
  const { delivery } = nextDelivery(box, budget);
  if (delivery === undefined) {
    const count = waiting(box).length;
    if (count > 0) log.warn("node.edit-too-large", { node: id, waiting: count, limit: LARGEST_EDIT });
    return {};
  }
  const sent = waiting(box).filter(({ revision }) => revision <= delivery.revision);
  await recordOutcome(id, "delivered", delivery.fresh, recorder);
  const { path, query } = served;
  const contentFormat = CONTENT_FORMAT.yangInstances;
  const question = { method: "iPATCH", path, query, contentFormat, payload: delivery.edits } as const;
  server.etag = undefined;
  const answer = await ask(server, question, services);
  if (answer.code.startsWith("2.")) return applied(server, sent, singly, services);
  return refused(server, sent, answer, services);
}

async function applied(
  { id }: NodeServer,
  sent: readonly Edit[],
  singly: boolean,
  { mailbox, recorder }: NodeServices,
): Promise<Partial<Work>> {
  const box = mailbox.box(id);
  // What was superseded while the answer was on its way is no edit any more.
  const now = sent.filter(({ revision }) => openIn(box, revision));
  const pending = waiting(box).length - now.length;
  if (now.length > 0) {
    const edits = now.map(({ revision, path }) => ({ revision, path }));
    await recorder.record("edit.state", { node: id, to: "applied", edits, pending });
  }
  return pending > 0 ? { edits: true, singly } : { read: "look" };
}

const openIn = (box: Box, revision: number): boolean =>
  box.edits.some((edit) => edit.revision === revision && isOpen(edit.status));

/** One edit is to blame, and the rest goes again; where the node does not say which, they go one by one. */
async function refused(
  server: NodeServer,
  sent: readonly Edit[],
  answer: Answer,
  services: NodeServices,
): Promise<Partial<Work>> {
  const { id } = server;
  const { registry, mailbox, recorder, clock, log } = services;
  const node = registry.find(id);
  if (node === undefined) return {};
  const schema = registry.schemaOf(node);
  const said = refusalIn(answer.payload, schema);
  const isVerdict = said.tag !== undefined || said.appTag !== undefined;
  if (!answer.code.startsWith("4.") || (LATER.has(answer.code) && !isVerdict)) throw new NotNow(id, answer);
  const guilty = guiltyOf(sent, said.at && formatInstanceId(said.at, schema));
  if (guilty === undefined) return { edits: true, singly: true };
  const reason = reasonOf(said, answer.code);
  log.info("node.edit-rejected", { node: id, path: guilty.path, code: answer.code, reason, text: said.message });
  const told = rejection(id, mailbox.box(id), { path: guilty.path, reason }, clock.now());
  if (told !== undefined) await recorder.record("edit.state", told);
  // What the datastore shows in its place is what the node has, as far as that is known.
  return waiting(mailbox.box(id)).length > 0 ? { edits: true, singly: false } : { read: "look" };
}

/** The edit of the data that the node names, of data around it, or of some inside it; the only one, whatever it says. */
function guiltyOf(sent: readonly Edit[], at: string | undefined): Edit | undefined {
  if (sent.length === 1) return sent[0];
  if (at === undefined) return undefined;
  return (
    sent.find(({ path }) => path === at) ??
    sent.findLast(({ path }) => covers(path, at)) ??
    only(sent.filter(({ path }) => covers(at, path)))
  );
}

const only = <T>(items: readonly T[]): T | undefined => (items.length === 1 ? items[0] : undefined);
