/**
 * Versions of a datastore: RFC 7252 §5.10.6 (ETag) and §5.10.8 (If-Match, If-None-Match), which FETCH and iPATCH know too
 * (RFC 8132 §2, §3).
 *
 * An ETag of ours has 8 bytes: 4 tell the configuration of the whole datastore, 4 the representation that was asked for. A
 * cache compares all of them. A condition compares the first four, so that whoever has read any part of a datastore can
 * edit it "if nobody else has", and no node that reports a temperature stands in the way (as RFC 8040 §3.5.2 has it).
 */
import { hash } from "node:crypto";
import { UsageError } from "../../../base/index.ts";
import type { Request } from "../../../coap/index.ts";
import { configurationOf, encodeTree, type Schema, type Tree } from "../../../yang/index.ts";

const HALF = 4;
const digest = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer").subarray(0, HALF);

/** A memo: trees are not changed once they are shared. */
const MARKS = new WeakMap<Tree, { readonly schema: Schema; readonly mark: Uint8Array }>();

function configurationMark(tree: Tree, schema: Schema): Uint8Array {
  const known = MARKS.get(tree);
  if (known?.schema === schema) return known.mark;
  const mark = digest(encodeTree(configurationOf(tree, schema), schema, "any"));
  MARKS.set(tree, { schema, mark });
  return mark;
}

/** Of what a GET or FETCH says of this tree. */
export const etagOf = (payload: Uint8Array, tree: Tree, schema: Schema): Uint8Array =>
  Uint8Array.from([...configurationMark(tree, schema), ...digest(payload)]);

/** A datastore is there as a resource from when its node joined; what can be created in it is its configuration. */
export const isConfigured = (tree: Tree, schema: Schema): boolean => configurationOf(tree, schema).size > 0;

/** Throws UsageError `resource.condition-failed`. To be asked in the same turn in which the edit is made. */
export function checkConditions(request: Request, tree: Tree, schema: Schema): void {
  const { ifMatch, ifNoneMatch, path } = request;
  if (ifMatch.length === 0 && !ifNoneMatch) return;
  const isThere = isConfigured(tree, schema);
  // §5.10.8.1: an empty value asks for the existence alone; one of several is enough.
  const matches = (etag: Uint8Array): boolean =>
    etag.length === 0
      ? isThere
      : etag.length === 2 * HALF && Buffer.compare(etag.subarray(0, HALF), configurationMark(tree, schema)) === 0;
  const met = (ifMatch.length === 0 || ifMatch.some(matches)) && !(ifNoneMatch && isThere);
  if (!met) throw new UsageError("resource.condition-failed", { path: path.join("/") });
}
