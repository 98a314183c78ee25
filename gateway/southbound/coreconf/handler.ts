/** CORECONF on the request port: which resource, which method, who may (draft-ietf-core-comi-21 §3). */
import { type Clock, isCoded, type Peer, UsageError } from "../../base/index.ts";
import type { Method, Request, RequestPort, Response } from "../../coap/index.ts";
import type { Recorder } from "../../store/index.ts";
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import type { Link } from "../../wire/link/index.ts";
import {
  decodeIdentifiers,
  decodeInstances,
  encodeInstances,
  type ReadQuery,
  readTree,
  type Schema,
  select,
} from "../../yang/index.ts";
import { type Asker, isEndpointQuery, whoAsks } from "./asker.ts";
import { dataResponse, formOf } from "./body-form.ts";
import { discover } from "./discovery.ts";
import { errorResponse } from "./error-body.ts";
import { withHint } from "./hint.ts";
import { nodeRoot, ownRoot } from "./node-root.ts";
import type { PendingServices } from "./pending.ts";
import type { DatastoreRoot } from "./root.ts";
import { type EventStream, STREAM_TOPIC } from "./stream.ts";

export interface CoreconfOptions extends PendingServices {
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly stream: EventStream;
  readonly gatewayRoot: DatastoreRoot;
  /** What `/.well-known/core` says of other faces. */
  readonly links?: readonly Link[];
}

/** In one FETCH: each may stand for a whole datastore. */
const MOST_IDENTIFIERS = 256;

type Resource =
  | { readonly kind: "discovery" }
  | { readonly kind: "datastore"; readonly root: DatastoreRoot; readonly actor: string }
  | { readonly kind: "stream" };

/** Answers everything that no lane took. Errors become the error body of §6; only our own faults get through. */
export function coreconfHandler(options: CoreconfOptions): RequestPort {
  return async (peer, request) => {
    try {
      return await answer(peer, request, options);
    } catch (error) {
      const response = errorResponse(error, schemaOf(peer, request, options));
      if (response === undefined) throw error;
      return response;
    }
  };
}

/** By whose numbers an error names the guilty node: those of the datastore that was asked. */
function schemaOf(peer: Peer, request: Request, options: CoreconfOptions): Schema {
  try {
    const resource = route(request, whoAsks(peer, request, options.registry), options);
    if (resource.kind === "datastore") return resource.root.schema;
  } catch (error) {
    if (!isCoded(error)) throw error; // it was not asked for anything that there is
  }
  return options.registry.schema;
}

async function answer(peer: Peer, request: Request, options: CoreconfOptions): Promise<Response> {
  // RFC 7252 §5.4.1: both are critical, so what is not kept must not be passed over.
  if (request.ifMatch.length > 0 || request.ifNoneMatch) {
    throw new UsageError("resource.precondition", { path: request.path.join("/") });
  }
  const response = await answerResource(peer, request, options);
  const { contentFormat: format } = response;
  // RFC 7252 §5.10.4: what cannot be sent in the accepted format is 4.06.
  if (request.accept !== undefined && format !== undefined && format !== request.accept) {
    throw new UsageError("resource.not-acceptable", { format: request.accept, path: request.path.join("/") });
  }
  return response;
}

async function answerResource(peer: Peer, request: Request, options: CoreconfOptions): Promise<Response> {
  const asker = whoAsks(peer, request, options.registry);
  if (asker.role !== "node") return answerAsker(request, asker, options);
  const { node } = asker;
  options.registry.seenAt(node.id, peer.path);
  options.registry.heard(peer, options.clock.now());
  return withHint(await answerAsker(request, asker, options), node.id, options);
}

async function answerAsker(request: Request, asker: Asker, options: CoreconfOptions): Promise<Response> {
  const resource = route(request, asker, options);
  switch (resource.kind) {
    case "discovery":
      return discovery(request, asker, options);
    case "stream":
      return readStream(request, options);
    case "datastore":
      return datastore(request, resource.root, resource.actor);
  }
}

function route(request: Request, asker: Asker, options: CoreconfOptions): Resource {
  const [first, second, third, ...rest] = request.path;
  if (first === ".well-known" && second === "core" && third === undefined) return { kind: "discovery" };
  if (first === "c" && second === undefined && asker.role !== "anybody") return ownDatastore(asker, options);
  if (asker.role === "manager") {
    if (first === "s" && second === undefined) return { kind: "stream" };
    if (first === "n" && second !== undefined && third === "c" && rest.length === 0) {
      const { id } = options.registry.get(second);
      return { kind: "datastore", root: nodeRoot(id, options), actor: `manager:${asker.name}` };
    }
  }
  throw new UsageError("resource.unknown", { path: request.path.join("/") });
}

function ownDatastore(asker: Exclude<Asker, { readonly role: "anybody" }>, options: CoreconfOptions): Resource {
  if (asker.role === "manager") return { kind: "datastore", root: options.gatewayRoot, actor: `manager:${asker.name}` };
  const { id } = asker.node;
  return { kind: "datastore", root: ownRoot(id, options), actor: `node:${id}` };
}

function discovery(request: Request, asker: Asker, options: CoreconfOptions): Response {
  if (request.method !== "GET") throw wrongMethod(request);
  const filter = request.query.filter((item) => !isEndpointQuery(item));
  const payload = discover(asker, options.registry.ids(), options.links ?? [], filter);
  return { code: "2.05", contentFormat: CONTENT_FORMAT.linkFormat, payload };
}

/** §3.4: GET for everything, FETCH with the SIDs of the notifications wanted. */
function readStream(request: Request, { stream, registry }: CoreconfOptions): Response {
  if (request.method !== "GET" && request.method !== "FETCH") throw wrongMethod(request);
  const ids = request.method === "FETCH" ? identifiers(request, registry.schema) : undefined;
  const payload = stream.encode(ids && new Set(ids.map(({ sid }) => sid)));
  return { code: "2.05", contentFormat: CONTENT_FORMAT.yangInstances, payload, observable: STREAM_TOPIC };
}

async function datastore(request: Request, root: DatastoreRoot, actor: string): Promise<Response> {
  const { schema } = root;
  switch (request.method) {
    case "GET": {
      return dataResponse(readTree(root.tree(), schema, readQuery(request)), schema, request.accept);
    }
    case "FETCH": {
      const query = readQuery(request);
      const tree = root.tree();
      const instances = identifiers(request, schema).map((id) => ({
        id: { sid: id.sid, keys: [] }, // §3.1.3: keys are left out, the asker knows them
        value: select(tree, id, schema, query),
      }));
      const payload = encodeInstances(instances, schema, formOf(schema));
      return { code: "2.05", contentFormat: CONTENT_FORMAT.yangInstances, payload };
    }
    case "iPATCH":
      noQuery(request);
      expectFormat(request, CONTENT_FORMAT.yangInstances);
      await root.edit(decodeInstances(request.payload, schema, "input", formOf(schema)), actor);
      return { code: "2.04" };
    case "POST":
      // The one rpc so far is answered by the check-in lane; what comes here is another, or not in its form.
      expectFormat(request, CONTENT_FORMAT.yangInstances);
      throw new UsageError("resource.rpc", { path: request.path.join("/") });
    default:
      throw wrongMethod(request);
  }
}

function identifiers(request: Request, schema: Schema): ReturnType<typeof decodeIdentifiers> {
  expectFormat(request, CONTENT_FORMAT.yangIdentifiers);
  const ids = decodeIdentifiers(request.payload, schema, formOf(schema));
  if (ids.length > MOST_IDENTIFIERS) {
    throw new UsageError("resource.too-many", { count: ids.length, limit: MOST_IDENTIFIERS });
  }
  return ids;
}

function expectFormat(request: Request, format: number): void {
  if (request.contentFormat === format) return;
  throw new UsageError("resource.content-format", {
    format: request.contentFormat ?? "(none)",
    method: request.method,
    path: request.path.join("/"),
  });
}

const CONTENTS = { "c=a": "a", "c=c": "c", "c=n": "n" } as const;
const DEFAULTS = { "d=a": "a", "d=t": "t" } as const;
const has = <T extends object>(table: T, key: string): key is Extract<keyof T, string> => Object.hasOwn(table, key);

/** §3.1.1, §3.1.2. Throws UsageError `resource.query`. */
function readQuery(request: Request): ReadQuery {
  let content: ReadQuery["content"] = "a";
  let defaults: ReadQuery["defaults"] = "t";
  for (const item of request.query) {
    if (has(CONTENTS, item)) content = CONTENTS[item];
    else if (has(DEFAULTS, item)) defaults = DEFAULTS[item];
    else if (!isEndpointQuery(item)) throw new UsageError("resource.query", { query: item });
  }
  return { content, defaults };
}

/** §3.2.3: an edit takes no query parameters; naming the endpoint is lab mode's and goes before. */
function noQuery(request: Request): void {
  const item = request.query.find((query) => !isEndpointQuery(query));
  if (item !== undefined) throw new UsageError("resource.query", { query: item });
}

const wrongMethod = (request: { readonly method: Method; readonly path: readonly string[] }): UsageError =>
  new UsageError("resource.method", { method: request.method, path: request.path.join("/") });
