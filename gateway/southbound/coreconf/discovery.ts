/** `/.well-known/core` (RFC 6690; draft-ietf-core-comi-21 §5): what a manager or a node can find here. */
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import { encodeLinks, filterLinks, type Link, readPaging } from "../../wire/link/index.ts";
import type { Asker } from "./asker.ts";

/** SID of the datastore identity "unified" in ietf-coreconf: the `ds` of every datastore of ours (§5.2.1). */
const UNIFIED_DATASTORE = "1029";
/** §5.1: the library is a part of each datastore, so it has no resource of its own. */
const WITH_LIBRARY = "core.c.ds core.c.yl";
/** The draft names a stream's resource type twice and differently; both are said. */
const STREAM_TYPES = "core.c.es core.c.ev";

/** §3.4: what happened lately, to be observed. */
const stream = (target: string): Link => ({
  target,
  attributes: [
    ["rt", STREAM_TYPES],
    ["ct", String(CONTENT_FORMAT.yangInstances)],
    ["obs", true],
  ],
});

/** What everybody is told of a datastore; an answer to a whole group is to be short. */
const datastore = (target: string): Link => ({
  target,
  attributes: [
    ["rt", "core.c.ds"],
    ["ds", UNIFIED_DATASTORE],
  ],
});

/** With its library, and what a GET gives (RFC 7252 §7.2.1). */
const managedDatastore = (target: string): Link => ({
  target,
  attributes: [
    ["rt", WITH_LIBRARY],
    ["ds", UNIFIED_DATASTORE],
    ["ct", String(CONTENT_FORMAT.yangDataSid)],
  ],
});

/**
 * A node sees its own datastore, and so does anybody; a manager also sees one per node, and the streams. `others`: what other faces offer to everybody.
 * `query` filters as RFC 6690 §4.1 says, and pages as RFC 9176 §6.2 does. Throws WireError `directory.parameter`.
 */
export function discover(
  asker: Asker,
  nodes: Iterable<string>,
  others: readonly Link[],
  query: readonly string[],
): Uint8Array {
  const isManager = asker.role === "manager";
  const links: Link[] = [isManager ? managedDatastore("/c") : datastore("/c"), ...others];
  if (isManager) {
    links.push(stream("/s")); // before those of nodes: many a client takes the first one
    for (const id of nodes) links.push(managedDatastore(`/n/${id}/c`), stream(`/n/${id}/s`));
  }
  const { criteria, first, count } = readPaging(query);
  return Buffer.from(encodeLinks(filterLinks(links, criteria).slice(first, first + count)));
}
