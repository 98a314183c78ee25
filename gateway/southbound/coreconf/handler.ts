/** CORECONF on the request port: which resource, which method, who may (draft-ietf-core-comi-21 §3). */
import { type Clock, isCoded, type Peer, UsageError } from "../../base/index.ts";
import type { CheckInLane, Request, RequestPort, Response } from "../../coap/index.ts";
import { type Guard, UNGUARDED } from "../../service/access/index.ts";
import { expireOverdue } from "../../service/mailbox/index.ts";
import { houseNode, type NodeRecord } from "../../service/registry/index.ts";
import type { TimeQuality } from "../../service/timekeeping/index.ts";
import type { Recorder } from "../../store/index.ts";
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import type { Link } from "../../wire/link/index.ts";
import type { Schema } from "../../yang/index.ts";
import { type Asker, isEndpointQuery, whoAsks } from "./asker.ts";
import { answerDatastore } from "./datastore/methods.ts";
import { expectAccepted, pathOf, wrongMethod } from "./datastore/refusals.ts";
import { discover } from "./discovery.ts";
import { errorResponse } from "./error-body.ts";
import { type Guards, guarded } from "./guarded.ts";
import { withHint } from "./hint.ts";
import { withLibrary } from "./library/library-root.ts";
import { type NodeCalls, nodeRoot, noteDelivered, ownRoot } from "./node-root.ts";
import { asCheckIn } from "./operations/check-in-spelling.ts";
import type { PendingServices } from "./pending.ts";
import type { DatastoreRoot } from "./root.ts";
import { takeNotifications } from "./streams/own-notifications.ts";
import { readStream } from "./streams/read.ts";
import type { EventStreams, Stream } from "./streams/streams.ts";

export interface CoreconfOptions extends PendingServices {
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Whether that clock is right; without it, it is. */
  readonly quality?: TimeQuality;
  readonly streams: EventStreams;
  readonly gatewayRoot: DatastoreRoot;
  /** What managers may do; without it, everything. */
  readonly access?: Guards;
  /** For check-ins that the lane did not know by their first bytes. */
  readonly checkIn?: CheckInLane;
  /** Of nodes that serve their datastore themselves. */
  readonly calls?: NodeCalls;
  /** What `/.well-known/core` says of other faces. */
  readonly links?: readonly Link[];
}

type Manager = Extract<Asker, { readonly role: "manager" }>;

type Resource =
  | { readonly kind: "discovery" }
  | { readonly kind: "datastore"; readonly root: DatastoreRoot; readonly actor: string }
  | { readonly kind: "stream"; readonly stream: Stream; readonly guard: Guard }
  /** Where a node says what has happened. */
  | { readonly kind: "own stream"; readonly node: NodeRecord };

/** Answers everything that no lane took. Errors become the error body of §6; only our own faults get through. */
export function coreconfHandler(options: CoreconfOptions): RequestPort {
  return (peer, request) => {
    const failed = (error: unknown): Response => {
      const response = errorResponse(error, schemaOf(peer, request, options));
      if (response === undefined) throw error;
      return response;
    };
    try {
      const response = answer(peer, request, options);
      return response instanceof Promise ? response.catch(failed) : response;
    } catch (error) {
      return failed(error);
    }
  };
}

/** By whose numbers an error names the guilty node: those of the datastore that was asked. */
function schemaOf(peer: Peer, request: Request, options: CoreconfOptions): Schema {
  try {
    const resource = route(request, whoAsks(peer, request, options.registry), options);
    if (resource.kind === "datastore") return resource.root.schema;
    if (resource.kind === "stream") return resource.stream.schema;
    if (resource.kind === "own stream") return options.registry.schemaOf(resource.node);
  } catch (error) {
    if (!isCoded(error)) throw error; // it was not asked for anything that there is
  }
  return options.registry.schema;
}

/** What is only read is answered within the event that brought the request. */
type Answer = Response | Promise<Response>;

const whenThere = (answer: Answer, then: (response: Response) => Response): Answer =>
  answer instanceof Promise ? answer.then(then) : then(answer);

function answer(peer: Peer, request: Request, options: CoreconfOptions): Answer {
  const asker = whoAsks(peer, request, options.registry);
  const answered =
    asker.role === "node" ? answerNode(peer, request, asker, options) : answerAsker(request, asker, options);
  if (request.accept === undefined) return answered;
  return whenThere(answered, (response) => {
    if (response.code.startsWith("2.")) expectAccepted(request, response.contentFormat);
    return response;
  });
}

/** By them a node without the check-in fetches what waits for it: what went out before has not reached it then. */
const READS: ReadonlySet<string> = new Set(["GET", "FETCH"]);

async function answerNode(
  peer: Peer,
  request: Request,
  asker: Extract<Asker, { readonly role: "node" }>,
  options: CoreconfOptions,
): Promise<Response> {
  const { node } = asker;
  const checkIn = options.checkIn && asCheckIn(request, options.registry.schemaOf(node));
  const checkedIn = checkIn && (await options.checkIn?.answer(peer, checkIn));
  if (checkedIn !== undefined) return checkedIn;
  options.registry.seenAt(node.id, peer.path);
  options.registry.heard(peer, options.clock.now());
  const now = options.quality?.doubtfulSince ?? options.clock.now();
  if (READS.has(request.method)) expireOverdue(node.id, options, now, { applied: undefined });
  const response = await answerAsker(request, asker, options);
  if (response.code === "2.05") {
    expectAccepted(request, response.contentFormat); // or else nothing is delivered
    noteDelivered(node.id, options);
  }
  return withHint(response, node.id, options);
}

function answerAsker(request: Request, asker: Asker, options: CoreconfOptions): Answer {
  const resource = route(request, asker, options);
  if (resource.kind === "datastore") {
    const { root, actor } = resource;
    return answerDatastore({ request, root, actor, tagged: asker.role === "manager" });
  }
  // RFC 7252 §5.4.1: both are critical, so what is not kept must not be passed over.
  if (request.ifMatch.length > 0 || request.ifNoneMatch) {
    throw new UsageError("resource.precondition", { path: pathOf(request) });
  }
  switch (resource.kind) {
    case "stream":
      return readStream(request, resource.stream, resource.guard);
    case "own stream": {
      const { id } = resource.node;
      const schema = options.registry.schemaOf(resource.node);
      return takeNotifications(request, { id, schema }, options.recorder);
    }
    case "discovery":
      return discovery(request, asker, options);
  }
}

function route(request: Request, asker: Asker, options: CoreconfOptions): Resource {
  const [first, second, third, ...rest] = request.path;
  if (first === ".well-known" && second === "core" && third === undefined) return { kind: "discovery" };
  if (first === "c" && second === undefined && asker.role !== "anybody") return ownDatastore(asker, options);
  if (asker.role === "node" && first === "s" && second === undefined) return { kind: "own stream", node: asker.node };
  if (asker.role === "manager") {
    if (first === "s" && second === undefined) return watched(options.streams.ofSite(), asker, options);
    if (first === "n" && second !== undefined && third === "s" && rest.length === 0) {
      return watched(options.streams.ofNode(second), asker, options);
    }
    if (first === "n" && second !== undefined && third === "c" && rest.length === 0) {
      const { id } = options.registry.get(second);
      return managed(nodeRoot(id, options), asker, options);
    }
  }
  throw new UsageError("resource.unknown", { path: pathOf(request) });
}

function ownDatastore(asker: Exclude<Asker, { readonly role: "anybody" }>, options: CoreconfOptions): Resource {
  if (asker.role === "manager") return managed(options.gatewayRoot, asker, options);
  const { id } = asker.node;
  return { kind: "datastore", root: ownRoot(id, options), actor: `node:${id}` };
}

function managed(root: DatastoreRoot, { name, user }: Manager, options: CoreconfOptions): Resource {
  const whole = withLibrary(root);
  return { kind: "datastore", root: guarded(whole, guardOf(user, options)), actor: `manager:${name}` };
}

const watched = (stream: Stream, { user }: Manager, options: CoreconfOptions): Resource => ({
  kind: "stream",
  stream,
  guard: guardOf(user, options),
});

const guardOf = (user: string | undefined, { access }: CoreconfOptions): Guard => access?.guardOf(user) ?? UNGUARDED;

function discovery(request: Request, asker: Asker, options: CoreconfOptions): Response {
  if (request.method !== "GET") throw wrongMethod(request);
  const filter = request.query.filter((item) => !isEndpointQuery(item));
  const payload = discover(asker, idsFor(asker, options), options.links ?? [], filter);
  return { code: "2.05", contentFormat: CONTENT_FORMAT.linkFormat, payload };
}

/** Which nodes there are is data of the gateway, and told to whom may read it. */
function idsFor(asker: Asker, options: CoreconfOptions): Iterable<string> {
  const { registry } = options;
  if (asker.role !== "manager") return [];
  const id = houseNode(registry.schema, "/sidgate-gateway:gateway/node/id");
  return guardOf(asker.user, options).mayRead({ sid: id.sid, keys: [] }, registry.schema) ? registry.ids() : [];
}
