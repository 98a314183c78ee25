/** The methods of a datastore resource (draft-ietf-core-comi-21 §3.1-§3.3, §3.5), one function each. */
import { UsageError } from "../../../base/index.ts";
import type { Method, Request, Response } from "../../../coap/index.ts";
import { CONTENT_FORMAT } from "../../../wire/coap/index.ts";
import {
  decodeIdentifiers,
  decodeInstances,
  decodeTree,
  EMPTY_TREE,
  encodeInstances,
  type Form,
  formatInstanceId,
  type InstanceId,
  readTree,
  replacement,
  type Schema,
  type Sid,
  select,
  type Tree,
  type Value,
} from "../../../yang/index.ts";
import { dataResponse, formOf } from "../body-form.ts";
import { readableTree, readableValue } from "../guarded.ts";
import { MOST } from "../limits.ts";
import { runOperations } from "../operations/run.ts";
import { type DatastoreRoot, isHere, partOf, withoutForeign } from "../root.ts";
import { checkConditions, etagOf, isConfigured } from "./conditions.ts";
import { noQuery, readQuery } from "./read-query.ts";
import { expectAnswerable, expectAtMost, expectFormat, expectShort, pathOf, wrongMethod } from "./refusals.ts";

export interface DatastoreRequest {
  readonly request: Request;
  readonly root: DatastoreRoot;
  readonly actor: string;
  /** An ETag is 9 bytes of an answer: managers get it always, nodes when they show one. */
  readonly tagged: boolean;
}

type Answer = Response | Promise<Response>;
type Read = (id: InstanceId) => Value | undefined;

const METHODS: { readonly [M in Method]?: (asked: DatastoreRequest) => Answer } = {
  GET: readAll,
  FETCH: readSome,
  iPATCH: editSome,
  PUT: replaceAll,
  POST: callOrCreate,
  DELETE: removeAll,
};

export function answerDatastore(asked: DatastoreRequest): Answer {
  const method = METHODS[asked.request.method];
  if (method === undefined) throw wrongMethod(asked.request);
  expectShort(asked.request);
  return method(asked);
}

/** §3.3. */
function readAll(asked: DatastoreRequest): Response {
  const { request, root } = asked;
  const { schema } = root;
  const query = readQuery(request);
  checkConditions(request, root);
  const whole = root.tree();
  const tree = readableTree(withoutForeign(readTree(whole, schema, query), whole, root), root);
  const response = dataResponse(tree, schema, request.accept);
  expectAnswerable(response.payload?.length ?? 0, request);
  return withEtag(response, asked);
}

/** §3.1.3: one map per identifier in the order asked, null for what is not there. */
function readSome(asked: DatastoreRequest): Response {
  const { request, root } = asked;
  const { schema } = root;
  const query = readQuery(request);
  const ids = identifiersIn(request, schema);
  for (const id of ids) refuseOperation(id, schema);
  checkConditions(request, root);
  const tree = partOf(root, ids);
  const read: Read = (id) => (isHere(id, tree, root) ? select(tree, id, schema, query) : undefined);
  const payload = mapsOf(asked, ids, (id) => readableValue(id, root, () => read(id)));
  const contentFormat = CONTENT_FORMAT.yangInstances;
  if (!isTagged(asked)) return { code: "2.05", contentFormat, payload };
  return { code: "2.05", contentFormat, payload, etag: etagOf(payload, root) };
}

/** What is asked for again is neither read nor written again: all of a request is of one state. */
function mapsOf({ request, root }: DatastoreRequest, ids: readonly InstanceId[], read: Read): Uint8Array {
  const { schema } = root;
  const map = (id: InstanceId): Uint8Array => {
    const instance = { id: { sid: id.sid, keys: [] }, value: read(id) }; // keys are left out, the asker knows them
    return encodeInstances([instance], schema, formOf(schema));
  };
  const [first] = ids;
  if (ids.length === 1 && first !== undefined) {
    const only = map(first);
    expectAnswerable(only.length, request);
    return only;
  }
  const whole = new Map<Sid, Uint8Array>();
  const maps: Uint8Array[] = [];
  let size = 0;
  for (const id of ids) {
    const made = (id.keys.length === 0 ? whole.get(id.sid) : undefined) ?? map(id);
    if (id.keys.length === 0) whole.set(id.sid, made);
    maps.push(made);
    size += made.length;
    expectAnswerable(size, request);
  }
  return Buffer.concat(maps);
}

/** CF 141. Throws UsageError `resource.content-format` and `resource.too-many`, WireError `cbor.*`, `yang.*`. */
export function identifiersIn(request: Request, schema: Schema): readonly InstanceId[] {
  expectFormat(request, CONTENT_FORMAT.yangIdentifiers);
  const ids = decodeIdentifiers(request.payload, schema, formOf(schema), MOST.identifiers);
  expectAtMost(MOST.identifiers, ids, request);
  return ids;
}

/** §6: reading an rpc, an action or a notification is no method of theirs. What nobody knows is null instead. */
function refuseOperation(id: InstanceId, schema: Schema): void {
  const kind = schema.bySid(id.sid)?.kind;
  if (kind !== "rpc" && kind !== "action" && kind !== "notification") return;
  throw new UsageError("resource.not-data", { path: formatInstanceId(id, schema), kind });
}

const isTagged = ({ request, tagged }: DatastoreRequest): boolean => tagged || request.etags.length > 0;

function withEtag(response: Response, asked: DatastoreRequest): Response {
  if (response.payload === undefined || !isTagged(asked)) return response;
  return { ...response, etag: etagOf(response.payload, asked.root) };
}

/** §3.2.3. */
async function editSome({ request, root, actor }: DatastoreRequest): Promise<Response> {
  const { schema } = root;
  noQuery(request);
  expectFormat(request, CONTENT_FORMAT.yangInstances);
  const instances = decodeInstances(request.payload, schema, "input", formOf(schema), MOST.edits);
  expectAtMost(MOST.edits, instances, request);
  checkConditions(request, root);
  if (instances.length > 0) await root.edit(instances, actor);
  return { code: "2.04" };
}

/** §3.3. */
async function replaceAll(asked: DatastoreRequest): Promise<Response> {
  await replace(asked, bodyOf(asked));
  return { code: "2.04" };
}

/** §3.3, §3.5: the content format tells a new datastore from a call. */
async function callOrCreate(asked: DatastoreRequest): Promise<Response> {
  const { request, root } = asked;
  if (request.contentFormat === CONTENT_FORMAT.yangInstances) {
    noQuery(request);
    return runOperations(asked);
  }
  const wanted = bodyOf(asked);
  if (isConfigured(root)) throw new UsageError("resource.exists", { path: pathOf(request) });
  await replace(asked, wanted);
  return { code: "2.01" };
}

async function removeAll(asked: DatastoreRequest): Promise<Response> {
  expectWhole(asked);
  await replace(asked, EMPTY_TREE);
  return { code: "2.02" };
}

/** RFC 9254 §10. */
const FORMS: ReadonlyMap<number, Form> = new Map([
  [CONTENT_FORMAT.yangDataSid, "sid"],
  [CONTENT_FORMAT.yangData, "any"],
  [CONTENT_FORMAT.yangDataName, "name"],
]);

function bodyOf(asked: DatastoreRequest): Tree {
  const { request, root } = asked;
  expectFormat(request, ...FORMS.keys(), ...(request.method === "POST" ? [CONTENT_FORMAT.yangInstances] : []));
  expectWhole(asked);
  return decodeTree(request.payload, root.schema, FORMS.get(request.contentFormat ?? -1));
}

function expectWhole({ request, root }: DatastoreRequest): void {
  noQuery(request);
  if (!root.replaceable) throw wrongMethod(request);
}

/** What the edits start from is read in the turn in which they are made, so nobody comes in between. */
async function replace({ request, root, actor }: DatastoreRequest, wanted: Tree): Promise<void> {
  checkConditions(request, root);
  const instances = replacement(root.tree(), wanted, root.schema);
  if (instances.length > 0) await root.edit(instances, actor);
}
