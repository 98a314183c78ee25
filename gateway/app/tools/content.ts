/**
 * What a message or a file of data says, apart from the form it has: a tree, instances or identifiers. In JSON a tree is
 * that of RFC 7951; instances are [{path: value}, ...] with null for "deleted or absent", identifiers are [path, ...].
 */
import type { CborForm } from "../../admin/cli/index.ts";
import { BugError, isCoded, UsageError } from "../../base/index.ts";
import { type CborItem, type CborPolicy, CborReader, CORECONF, readItem } from "../../wire/cbor/index.ts";
import {
  decodeIdentifiers,
  decodeInstances,
  decodeTree,
  encodeIdentifiers,
  encodeInstances,
  encodeTree,
  formatInstanceId,
  fromJson,
  type Instance,
  type InstanceId,
  type Json,
  type JsonObject,
  parsePath,
  type Schema,
  type SchemaNode,
  type Tree,
  toJson,
  type Value,
  valueFromJson,
  valueToJson,
} from "../../yang/index.ts";

/** Under an rpc or action stands what it is given, or what it gives back. */
type Side = "input" | "output";

export type Content =
  | { readonly kind: "tree"; readonly tree: Tree }
  | { readonly kind: "instances"; readonly instances: readonly Instance[]; readonly side: Side }
  | { readonly kind: "identifiers"; readonly ids: readonly InstanceId[] };

/** Throws WireError `cbor.*` and DataError. */
export function readContent(bytes: Uint8Array, form: CborForm, schema: Schema): Content {
  switch (form) {
    case "identifiers":
      return { kind: "identifiers", ids: decodeIdentifiers(bytes, schema) };
    case "instances":
      return readInstances((side) => decodeInstances(bytes, schema, side));
    default:
      return { kind: "tree", tree: decodeTree(bytes, schema, form) };
  }
}

/** Anything well-formed: what is wrong with it is told when it is read. */
const LENIENT: CborPolicy = { ...CORECONF, tags: undefined };

/**
 * What bytes most likely are: a sequence has several items, or what cannot stand in a tree. Throws UsageError `cli.usage`
 * for no bytes at all, which would be an empty sequence, but hardly ever are meant.
 */
export function guessForm(bytes: Uint8Array, name: string, schema: Schema): CborForm {
  if (bytes.length === 0) throw new UsageError("cli.usage", { what: `there is nothing in ${name}` });
  const reader = new CborReader(bytes, LENIENT);
  try {
    const first = readItem(reader);
    if (first.kind !== "map") return "identifiers";
    return reader.done && first.entries.every(([key]) => isMember(key, schema)) ? "any" : "instances";
  } catch (error) {
    if (isCoded(error)) return "any";
    throw error;
  }
}

/** The key of data in a tree; operations and notifications stand in sequences only. */
function isMember(key: CborItem, schema: Schema): boolean {
  if (key.kind === "array") return false;
  const kind = key.kind === "integer" ? schema.bySid(Number(key.value))?.kind : undefined;
  return kind !== "rpc" && kind !== "action" && kind !== "notification";
}

/** Nothing in an instance says whether an rpc is asked or answered. */
function readInstances(read: (side: Side) => readonly Instance[]): Content {
  try {
    return { kind: "instances", instances: read("input"), side: "input" };
  } catch (asked) {
    try {
      return { kind: "instances", instances: read("output"), side: "output" };
    } catch {
      throw asked;
    }
  }
}

/** Throws UsageError `cli.usage` when the content has no such form, DataError when a node has no SID. */
export function writeContent(content: Content, form: CborForm, schema: Schema): Uint8Array {
  if (form === "identifiers" && content.kind === "identifiers") return encodeIdentifiers(content.ids, schema);
  if (form === "instances" && content.kind === "instances") return encodeInstances(content.instances, schema);
  if (form === "instances" && content.kind === "tree") return encodeInstances(instancesOf(content.tree), schema);
  if (form !== "identifiers" && form !== "instances" && content.kind === "tree") {
    return encodeTree(content.tree, schema, form);
  }
  const what = content.kind === "tree" ? "a tree" : `a sequence of ${content.kind}`;
  throw new UsageError("cli.usage", { what: `${what} has no form '${form}'` });
}

/** Each top-level node by itself. */
const instancesOf = (tree: Tree): readonly Instance[] =>
  [...tree].map(([sid, value]) => ({ id: { sid, keys: [] }, value }));

/** The form of its kind that is keyed by SIDs. */
export const usualForm = ({ kind }: Content): CborForm => (kind === "tree" ? "sid" : kind);

/** An array of paths is identifiers, one of objects is instances, an object is a tree. Throws DataError, UsageError. */
export function contentFromJson(json: Json, wanted: CborForm | undefined, schema: Schema): Content {
  if (Array.isArray(json)) {
    const items: readonly Json[] = json;
    if (wanted === "identifiers" || (wanted !== "instances" && items.every((item) => typeof item === "string"))) {
      return { kind: "identifiers", ids: items.map((item) => parsePath(pathIn(item), schema)) };
    }
    return readInstances((side) => items.flatMap((item) => instancesFromJson(item, side, schema)));
  }
  if (wanted === "instances" && Object.keys(json ?? {}).some((name) => name.startsWith("/"))) {
    return readInstances((side) => instancesFromJson(json, side, schema));
  }
  return { kind: "tree", tree: fromJson(json, schema) };
}

function pathIn(json: Json): string {
  if (typeof json === "string") return json;
  throw new UsageError("cli.usage", { what: "identifiers in JSON are an array of paths, each a string" });
}

function instancesFromJson(json: Json, side: Side, schema: Schema): readonly Instance[] {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new UsageError("cli.usage", { what: "instances in JSON are an array of objects {path: value}" });
  }
  return Object.entries(json as JsonObject).map(([path, value]) => {
    const id = parsePath(path, schema);
    return { id, value: value === null ? undefined : valueAt(value, valueNode(id, side, schema), schema) };
  });
}

function valueAt(json: Json, node: SchemaNode, schema: Schema): Value {
  const isSide = node.kind === "input" || node.kind === "output";
  return isSide ? treeInside(json, node, schema) : valueFromJson(json, node.sid, schema);
}

/**
 * What is inside of a node, with the member around it or without: {"module:input": {...}} as RFC 8040 §3.6 has it, or
 * {...}. Throws DataError.
 */
export function treeInside(json: Json, node: SchemaNode, schema: Schema): Tree {
  const own = nodeName(node);
  const names = [own, ...(node.parent === undefined ? [] : [nodeName(node.parent)])];
  const members = typeof json === "object" && json !== null ? Object.keys(json) : [];
  const isWrapped = members.length === 1 && names.includes(members[0]!);
  return fromJson(isWrapped ? json : { [own]: json }, schema, node);
}

const nodeName = ({ module, name }: SchemaNode): string => `${module}:${name}`;

/** What the value is the value of: for an rpc or action one of its two sides. */
function valueNode({ sid }: InstanceId, side: Side, schema: Schema): SchemaNode {
  const node = schema.bySid(sid);
  if (node === undefined) throw new BugError("yang.bug", { what: `an identifier of SID ${sid}, which no node has` });
  if (node.kind !== "rpc" && node.kind !== "action") return node;
  return node.children.find(({ kind }) => kind === side) ?? node;
}

/** The reverse of `contentFromJson`. */
export function contentToJson(content: Content, schema: Schema): Json {
  switch (content.kind) {
    case "tree":
      return toJson(content.tree, schema);
    case "identifiers":
      return content.ids.map((id) => formatInstanceId(id, schema));
    case "instances":
      return content.instances.map(({ id, value }) => ({
        [formatInstanceId(id, schema)]:
          value === undefined ? null : valueToJson(value, valueNode(id, content.side, schema).sid, schema),
      }));
  }
}
