/** The datastore of a node, or the gateway's own, as somebody who gives commands has it: paths and JSON (RFC 7951). */
import { isNodeId, type NodeId, UsageError } from "../../base/index.ts";
import { type Access, groupsOf } from "../../service/access/index.ts";
import {
  type DatastoreRoot,
  guarded,
  isHere,
  MOST,
  type NodeCalls,
  nodeRoot,
  partOf,
  type ReadyCall,
  readableTree,
  readableValue,
  readyCall,
  withoutForeign,
} from "../../southbound/coreconf/index.ts";
import {
  EMPTY_TREE,
  editsFromJson,
  fromJson,
  type Instance,
  type InstanceId,
  type Json,
  type JsonObject,
  parsePath,
  READ_ALL,
  readTree,
  type Schema,
  select,
  type Tree,
  toJson,
  valueFromJson,
  valueToJson,
} from "../../yang/index.ts";

export interface RootServices extends Omit<Parameters<typeof nodeRoot>[1], "calls"> {
  readonly access: Access;
  readonly gatewayRoot: DatastoreRoot;
  readonly calls?: NodeCalls;
}

const FACE = "mqtt:";

/** RFC 8341: a client whose name the rules know has their rights; for who comes by the control socket there are none. */
function userOf(actor: string, { access }: Pick<RootServices, "access">): string | undefined {
  const name = actor.startsWith(FACE) ? actor.slice(FACE.length) : undefined;
  return name !== undefined && groupsOf(name, access.config).length > 0 ? name : undefined;
}

/** Without a node, the gateway's own. Throws UsageError `node.unknown`. */
export function rootFor(node: string | undefined, actor: string, services: RootServices): DatastoreRoot {
  const root = node === undefined ? services.gatewayRoot : nodeRoot(idOf(node, services), services);
  return guarded(root, services.access.guardOf(userOf(actor, services)));
}

const idOf = (reference: string, { registry }: RootServices): NodeId =>
  isNodeId(reference) ? registry.get(reference).id : registry.named(reference).id;

/** Throws UsageError `yang.path`, `resource.not-data`, `resource.too-many`. */
export function idsIn(paths: readonly string[], schema: Schema): readonly InstanceId[] {
  return paths.map((path) => {
    const id = parsePath(path, schema);
    const kind = schema.bySid(id.sid)?.kind;
    if (kind !== "rpc" && kind !== "action" && kind !== "notification") return id;
    throw new UsageError("resource.not-data", { path, kind });
  });
}

/** All that may be seen. */
export function wholeOf(root: DatastoreRoot): JsonObject {
  const whole = root.tree();
  return toJson(readableTree(withoutForeign(readTree(whole, root.schema, READ_ALL), whole, root), root), root.schema);
}

/** Null for what is not there, or may not be seen. */
export function valuesOf(paths: readonly string[], root: DatastoreRoot): ReadonlyArray<{ path: string; value: Json }> {
  const { schema } = root;
  const ids = idsIn(paths, schema);
  const tree = partOf(root, ids);
  return ids.map((id, index) => {
    const read = () => (isHere(id, tree, root) ? select(tree, id, schema, READ_ALL) : undefined);
    const value = readableValue(id, root, read);
    return { path: paths[index] ?? "", value: value === undefined ? null : valueToJson(value, id.sid, schema) };
  });
}

/**
 * The edits that a command means. `path`: that instance becomes `value`, or goes with null; without it `value` is merged from the
 * top. Throws what is wrong with them, before anybody is asked.
 */
export function editsIn(path: string | undefined, value: Json, root: DatastoreRoot): readonly Instance[] {
  const { schema } = root;
  const edits = path === undefined ? editsFromJson(value, schema, root.tree()) : [editAt(path, value, schema)];
  if (edits.length > MOST.edits) throw new UsageError("command.argument", { op: "ipatch", what: TOO_MANY });
  return edits;
}

const TOO_MANY = `value: it has more than ${MOST.edits} edits`;

function editAt(path: string, value: Json, schema: Schema): Instance {
  const id = parsePath(path, schema);
  return { id, value: value === null ? undefined : valueFromJson(value, id.sid, schema) };
}

/** Throws AccessDenied, and what an edit of theirs would do wrong, without a word of what its user may not see. */
export function checkEdit(edits: readonly Instance[], root: DatastoreRoot, tree: Tree): void {
  const { guard, schema } = root;
  try {
    guard?.checkEdit(tree, edits, schema);
  } catch (error) {
    throw guard?.conceal(error, schema) ?? error;
  }
}

/** `name`: the path of an rpc, or of an action in its data; a leading "/" may be left out. */
export function callIn(name: string, input: Json | undefined, root: DatastoreRoot): ReadyCall {
  const { schema } = root;
  const id = parsePath(name.startsWith("/") ? name : `/${name}`, schema);
  return readyCall({ id, value: inputOf(id, input, schema) }, root, partOf(root, [id]));
}

/** RFC 7951 has `{"module:input": {…}}`; the contents alone will do too. */
function inputOf({ sid }: InstanceId, json: Json | undefined, schema: Schema): Tree {
  const node = schema.bySid(sid);
  const input = node?.children.find(({ kind }) => kind === "input");
  if (node === undefined || input === undefined || json === undefined || json === null) return EMPTY_TREE;
  const member = `${node.module}:input`;
  const isWrapped = typeof json === "object" && !Array.isArray(json) && Object.hasOwn(json, member);
  return fromJson(isWrapped ? json : { [member]: json }, schema, input);
}

/** The contents of its output; empty where there is none. */
export function outputOf({ id }: ReadyCall, output: Tree | undefined, schema: Schema): Json {
  const node = schema.bySid(id.sid);
  const contents = node?.children.find(({ kind }) => kind === "output");
  if (node === undefined || contents === undefined || output === undefined) return {};
  return toJson(output, schema, contents)[`${node.module}:output`] ?? {};
}
