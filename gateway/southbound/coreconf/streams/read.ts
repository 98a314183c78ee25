/** Reading a stream (draft-ietf-core-comi-21 §3.4): GET for all of it, FETCH for the notifications named, both with Observe. */
import { concatBytes } from "../../../base/index.ts";
import type { Request, Response } from "../../../coap/index.ts";
import type { Guard } from "../../../service/access/index.ts";
import { CONTENT_FORMAT } from "../../../wire/coap/index.ts";
import { equalLeaves, type InstanceId, type Sid } from "../../../yang/index.ts";
import { identifiersIn } from "../datastore/methods.ts";
import { noQuery } from "../datastore/read-query.ts";
import { wrongMethod } from "../datastore/refusals.ts";
import type { Stream, StreamItem } from "./streams.ts";

/** Newest first (§3.4); nothing to tell is a sequence of nothing, zero bytes. */
export function readStream(request: Request, { schema, newestFirst, topic }: Stream, guard: Guard): Response {
  if (request.method !== "GET" && request.method !== "FETCH") throw wrongMethod(request);
  noQuery(request);
  const wanted = request.method === "FETCH" ? bySid(identifiersIn(request, schema)) : undefined;
  const seen = newestFirst.filter(
    ({ id }) => isWanted(id, wanted) && (guard.all || guard.mayHear(id.sid, schema, id.keys)),
  );
  return {
    code: "2.05",
    contentFormat: CONTENT_FORMAT.yangInstances,
    payload: concatBytes(seen.map(({ bytes }) => bytes)),
    observable: topic,
    version: versionOf(seen),
  };
}

/** Items only ever come in front, so the newest one tells a view from those before it. */
const versionOf = ([newest]: readonly StreamItem[]): number => newest?.seq ?? 0;

type Wanted = ReadonlyMap<Sid, readonly InstanceId[]>;

function bySid(ids: readonly InstanceId[]): Wanted {
  const wanted = new Map<Sid, InstanceId[]>();
  for (const id of ids) {
    const alike = wanted.get(id.sid);
    if (alike === undefined) wanted.set(id.sid, [id]);
    else alike.push(id);
  }
  return wanted;
}

/** §3.4.1: `SID` for all notifications of a kind, `[SID, keys]` for those of one list entry. */
const isWanted = (id: InstanceId, wanted: Wanted | undefined): boolean =>
  wanted === undefined ||
  wanted.get(id.sid)?.some(({ keys }) => keys.length === 0 || equalLeaves(keys, id.keys)) === true;
