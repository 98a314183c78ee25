/**
 * Versions of a datastore: RFC 7252 §5.10.6 (ETag) and §5.10.8 (If-Match, If-None-Match), which FETCH and iPATCH know too
 * (RFC 8132 §2, §3).
 *
 * An ETag of ours has 8 bytes: 4 tell the configuration of the whole datastore, 4 the representation that was asked for. A
 * cache compares all of them. A condition compares the first four, so that whoever has read any part of a datastore can
 * edit it "if nobody else has", and no node that reports a temperature stands in the way (as RFC 8040 §3.5.2 has it).
 */
import { UsageError } from "../../../base/index.ts";
import type { Request } from "../../../coap/index.ts";
import { configurationOf } from "../../../yang/index.ts";
import type { DatastoreRoot } from "../root.ts";
import { checkSum, configurationMark, MARK_BYTES } from "./marks.ts";

const ETAG_BYTES = 2 * MARK_BYTES;

/** Of what a GET or FETCH says of this datastore. */
export function etagOf(payload: Uint8Array, root: DatastoreRoot): Uint8Array {
  const etag = new Uint8Array(ETAG_BYTES);
  etag.set(configurationMark(root));
  etag.set(checkSum(payload), MARK_BYTES);
  return etag;
}

/** A datastore is there as a resource from when its node joined; what can be created in it is its configuration. */
export const isConfigured = (root: DatastoreRoot): boolean => configurationOf(root.tree(), root.schema).size > 0;

/** Throws UsageError `resource.condition-failed`. To be asked in the same turn in which the edit is made. */
export function checkConditions(request: Request, root: DatastoreRoot): void {
  const { ifMatch, ifNoneMatch, path } = request;
  if (ifMatch.length === 0 && !ifNoneMatch) return;
  // §5.10.8.1: an empty value asks for the existence alone; one of several is enough.
  const matches = (etag: Uint8Array): boolean =>
    etag.length === 0
      ? isConfigured(root)
      : etag.length === ETAG_BYTES && Buffer.compare(etag.subarray(0, MARK_BYTES), configurationMark(root)) === 0;
  const met = (ifMatch.length === 0 || ifMatch.some(matches)) && !(ifNoneMatch && isConfigured(root));
  if (!met) throw new UsageError("resource.condition-failed", { path: path.join("/") });
}
