/**
 * POST of calls (draft-ietf-core-comi-21 §3.5): a sequence of {SID: input} or {[SID, keys…]: input}, answered by as many
 * outputs. The draft says nothing of several calls in one request. Here all of them are checked before the first runs; then
 * they run one after the other, and the first that fails ends it: what ran before it has been done, and the error says so.
 */
import { isCoded, UsageError } from "../../../base/index.ts";
import type { Request, Response } from "../../../coap/index.ts";
import { type CborItem, CborReader, CORECONF, readItem } from "../../../wire/cbor/index.ts";
import { CONTENT_FORMAT } from "../../../wire/coap/index.ts";
import {
  decodeInstances,
  EMPTY_TREE,
  encodeInstances,
  formatInstanceId,
  type Instance,
  type InstanceId,
  isTree,
  type LeafValue,
  type Schema,
  type SchemaNode,
  select,
  type Tree,
  validate,
} from "../../../yang/index.ts";
import { formOf } from "../body-form.ts";
import { expectAccepted, expectAtMost, pathOf } from "../datastore/refusals.ts";
import { checkCall } from "../guarded.ts";
import { MOST } from "../limits.ts";
import { type DatastoreRoot, partOf } from "../root.ts";
import type { Operation } from "./operation.ts";

export interface CallRequest {
  readonly request: Request;
  readonly root: DatastoreRoot;
  readonly actor: string;
}

export interface ReadyCall {
  readonly id: InstanceId;
  readonly run: Operation["run"];
  readonly input: Tree;
}

export async function runOperations({ request, root, actor }: CallRequest): Promise<Response> {
  // A version of the data says nothing of a call; and once it has run it is too late to refuse its answer.
  if (request.ifNoneMatch || request.ifMatch.length > 0) {
    throw new UsageError("resource.precondition", { path: pathOf(request) });
  }
  expectAccepted(request, CONTENT_FORMAT.yangInstances);
  const { schema } = root;
  const calls = callsIn(request, root);
  const outputs: Instance[] = [];
  for (const { id, run, input } of calls) {
    try {
      outputs.push({ id, value: await run({ input, keys: id.keys, actor }) });
    } catch (error) {
      throw outputs.length === 0 ? error : stopped(error, outputs.length, calls.length);
    }
  }
  const payload = encodeInstances(outputs, schema, formOf(schema));
  return { code: "2.04", contentFormat: CONTENT_FORMAT.yangInstances, payload };
}

/** What a machine is told is the kind of the failure itself; a person also hears what has been done. */
function stopped(error: unknown, done: number, count: number): unknown {
  if (!isCoded(error)) return error;
  return new UsageError("operation.stopped", { done, count, what: error.message }, { cause: error });
}

/** Throws what is wrong with any of them. */
function callsIn(request: Request, root: DatastoreRoot): readonly ReadyCall[] {
  const { schema } = root;
  refuseUnknown(request.payload, schema);
  const instances = decodeInstances(request.payload, schema, "input", formOf(schema), MOST.calls);
  expectAtMost(MOST.calls, instances, request);
  const tree = partOf(
    root,
    instances.map(({ id }) => id),
  );
  return instances.map((instance) => readyCall(instance, root, tree));
}

/** One call, checked; `tree`: of the root, at least what is around the operation. Throws what is wrong with it. */
export function readyCall({ id, value }: Instance, root: DatastoreRoot, tree: Tree): ReadyCall {
  const { schema } = root;
  const node = operationAt(id, schema);
  checkCall(node, id.keys, root);
  const path = formatInstanceId(id, schema);
  const here = root.operations.find((known) => schema.byPath(known.path) === node);
  const run = here?.run ?? root.elsewhere?.(node);
  if (run === undefined) throw new UsageError("operation.unsupported", { path });
  if (id.keys.length !== keysOf(node)) throw new UsageError("operation.keys", { path });
  if (!isInstantiated(node, id.keys, tree, schema)) throw new UsageError("operation.no-instance", { path });
  return { id, run, input: inputOf(node, value, { datastore: tree, keys: id.keys }, schema) };
}

/** A number that nobody knows is no operation here (4.04), rather than a mistake in its input. */
function refuseUnknown(payload: Uint8Array, schema: Schema): void {
  const reader = new CborReader(payload, CORECONF);
  for (let left = MOST.calls; left > 0 && !reader.done; left--) {
    const item = readItem(reader);
    if (item.kind !== "map") continue; // the codec's to refuse
    for (const [key] of item.entries) {
      const sid = sidIn(key);
      if (sid !== undefined && schema.bySid(sid) === undefined) throw new UsageError("operation.unknown", { sid });
    }
  }
}

function sidIn(key: CborItem): number | undefined {
  const first = key.kind === "array" ? key.items[0] : key;
  return first?.kind === "integer" ? Number(first.value) : undefined;
}

function operationAt(id: InstanceId, schema: Schema): SchemaNode {
  const node = schema.bySid(id.sid);
  if (node?.kind === "rpc" || node?.kind === "action") return node;
  throw new UsageError("operation.data", { path: formatInstanceId(id, schema) });
}

/** The keys of all lists around it. */
function keysOf(node: SchemaNode): number {
  let count = 0;
  for (let place = node.parent; place !== undefined; place = place.parent) count += place.keys?.length ?? 0;
  return count;
}

/** RFC 7950 §7.15: an action belongs to a data node, which must be there. */
function isInstantiated(node: SchemaNode, keys: readonly LeafValue[], tree: Tree, schema: Schema): boolean {
  let place = node.parent;
  // Containers without presence are there with what is around them.
  while (place !== undefined && place.kind === "container" && place.presence !== true) place = place.parent;
  return place === undefined || select(tree, { sid: place.sid, keys }, schema) !== undefined;
}

/** Checked with its surroundings: its expressions may look at the datastore (RFC 7950 §6.4.1). */
function inputOf(
  node: SchemaNode,
  value: Instance["value"],
  around: { readonly datastore: Tree; readonly keys: readonly LeafValue[] },
  schema: Schema,
): Tree {
  const input = isTree(value) ? value : EMPTY_TREE;
  const contents = node.children.find(({ kind }) => kind === "input");
  if (contents !== undefined) validate(input, schema, contents, around);
  return input;
}
