/** The resource directory on the request port (RFC 9176): `/rd`, `/rd/{id}`, `/rd-lookup/…`, `/.well-known/rd`. */
import { type Clock, type Peer, UsageError, WireError } from "../../base/index.ts";
import type { Method, Request, Response } from "../../coap/index.ts";
import {
  type Asking,
  type Directory,
  type LookupKind,
  type Registrant,
  type Registrar,
  readLinks,
  readParameters,
} from "../../service/directory/index.ts";
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import type { Link } from "../../wire/link/index.ts";
import { errorResponse } from "./error-response.ts";
import { Lookups } from "./lookups.ts";
import { type FetchLinks, SimpleRegistrations } from "./simple.ts";
import { placeOf } from "./source.ts";

/** §4.3: what `/.well-known/core` says of the directory. */
export const DIRECTORY_LINKS: readonly Link[] = [
  {
    target: "/rd",
    attributes: [
      ["rt", "core.rd"],
      ["ct", "40"],
    ],
  },
  {
    target: "/rd-lookup/res",
    attributes: [
      ["rt", "core.rd-lookup-res"],
      ["ct", "40"],
      ["obs", true],
    ],
  },
  {
    target: "/rd-lookup/ep",
    attributes: [
      ["rt", "core.rd-lookup-ep"],
      ["ct", "40"],
      ["obs", true],
    ],
  },
];

export interface DirectoryOptions {
  readonly directory: Directory;
  readonly registrar: Registrar;
  readonly clock: Clock;
  /** Asks a node for its links; without it there is no simple registration. */
  readonly fetchLinks?: FetchLinks;
}

type Route =
  | { readonly kind: "registration" }
  | { readonly kind: "resource"; readonly id: string }
  | { readonly kind: "simple"; readonly simple: SimpleRegistrations }
  | { readonly kind: "lookup"; readonly of: LookupKind };

type Parts = DirectoryOptions & { readonly simple: SimpleRegistrations | undefined; readonly lookups: Lookups };

const LOOKUPS: Readonly<Record<string, LookupKind>> = { res: "resources", ep: "endpoints" };

/** Answers what is the directory's; undefined = it is not. */
export function directoryHandler(
  options: DirectoryOptions,
): (peer: Peer, request: Request) => Promise<Response> | undefined {
  const { directory, clock, fetchLinks } = options;
  const simple = fetchLinks && new SimpleRegistrations({ ...options, fetchLinks });
  const parts = { ...options, simple, lookups: new Lookups(directory, clock) };
  return (peer, request) => {
    const route = routeOf(request.path, parts);
    return route && answer(peer, request, route, parts);
  };
}

function routeOf([first, second, ...rest]: readonly string[], { simple }: Parts): Route | undefined {
  if (rest.length > 0) return undefined;
  if (first === "rd") return second === undefined ? { kind: "registration" } : { kind: "resource", id: second };
  if (first === ".well-known" && second === "rd" && simple) return { kind: "simple", simple };
  const of = first === "rd-lookup" && second !== undefined && Object.hasOwn(LOOKUPS, second) && LOOKUPS[second];
  return of ? { kind: "lookup", of } : undefined;
}

async function answer(peer: Peer, request: Request, route: Route, parts: Parts): Promise<Response> {
  try {
    // RFC 7252 §5.4.1: both are critical, so what is not kept must not be passed over.
    if (request.ifMatch.length > 0 || request.ifNoneMatch) {
      throw new UsageError("resource.precondition", { path: request.path.join("/") });
    }
    return await answerRoute(peer, request, route, parts);
  } catch (error) {
    const response = errorResponse(error);
    if (response === undefined) throw error;
    return response;
  }
}

async function answerRoute(peer: Peer, request: Request, route: Route, parts: Parts): Promise<Response> {
  switch (route.kind) {
    case "registration":
      return register(peer, request, parts);
    case "resource":
      return request.method === "DELETE" ? remove(peer, route.id, parts) : update(peer, request, route.id, parts);
    case "simple":
      return registerSimply(peer, request, route.simple);
    case "lookup":
      only("GET", request);
      return parts.lookups.answer(peer, request, route.of);
  }
}

/** §5. */
async function register(peer: Peer, request: Request, parts: DirectoryOptions): Promise<Response> {
  only("POST", request);
  // A payload that says nothing of itself is taken for the one format there is.
  const { contentFormat = CONTENT_FORMAT.linkFormat } = request;
  if (contentFormat !== CONTENT_FORMAT.linkFormat) {
    throw new UsageError("resource.content-format", { format: contentFormat, method: "POST", path: "rd" });
  }
  const parameters = readParameters(request.query);
  const id = await parts.registrar.register(parameters, readLinks(request.payload), askingOf(peer));
  return { code: "2.01", locationPath: ["rd", id] };
}

/** §5.3.1. */
async function update(peer: Peer, request: Request, id: string, parts: DirectoryOptions): Promise<Response> {
  only("POST", request);
  noPayload(request);
  await parts.registrar.update(id, readParameters(request.query), askingOf(peer));
  return { code: "2.04" };
}

/** §5.3.2. */
async function remove(peer: Peer, id: string, parts: DirectoryOptions): Promise<Response> {
  await parts.registrar.remove(id, askingOf(peer).registrant);
  return { code: "2.02" };
}

/** §5.1. */
async function registerSimply(peer: Peer, request: Request, simple: SimpleRegistrations): Promise<Response> {
  only("POST", request);
  noPayload(request);
  const parameters = readParameters(request.query);
  if (parameters.base !== undefined) {
    throw new WireError("directory.parameter", { name: "base", what: "simple registration does not take it" });
  }
  await simple.register(peer, parameters, askingOf(peer));
  return { code: "2.04" };
}

function askingOf(peer: Peer): Asking {
  const { source, host } = placeOf(peer);
  return { registrant: registrantOf(peer, host), source };
}

/** A security context says who it is; without one there is but the address. */
function registrantOf({ nodeId, identity }: Peer, host: string): Registrant {
  if (identity === undefined) return { kind: "host", host };
  const { name } = identity;
  return nodeId === undefined ? { kind: "manager", name } : { kind: "node", node: nodeId, endpoint: name };
}

function only(method: Method, request: Request): void {
  if (request.method === method) return;
  throw new UsageError("resource.method", { method: request.method, path: request.path.join("/") });
}

function noPayload({ payload }: Request): void {
  if (payload.length === 0) return;
  throw new WireError("directory.parameter", { name: "payload", what: "there must be none here" });
}
