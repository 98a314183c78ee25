/** One instance as JSON with all that stands around it: how a notification in data is told (RFC 7950 §7.16.2, RFC 7951). */
import type { JsonObject } from "./api.ts";
import { toJson, valueToJson } from "./json.ts";
import type { Schema, SchemaNode } from "./schema.ts";
import { EMPTY_TREE, type Instance, type LeafValue, type MutableTree, type Tree } from "./tree.ts";

/** `{"m:outer": {"list": [{"key": …, "notification": {…}}]}}`; empty for what the schema does not know. */
export const instanceToJson = (instance: Instance, schema: Schema): JsonObject =>
  toJson(instanceTree(instance, schema), schema);

/** The instance and what stands around it as a datastore tree; empty for what the schema does not know. */
export function instanceTree({ id, value = EMPTY_TREE }: Instance, schema: Schema): Tree {
  const node = schema.bySid(id.sid);
  if (node === undefined) return EMPTY_TREE;
  const isEntry = node.kind === "list" && value instanceof Map;
  let tree: Tree = new Map([[node.sid, isEntry ? [value] : value]]);
  let left = isEntry ? id.keys.slice(0, id.keys.length - (node.keys?.length ?? 0)) : id.keys;
  for (let at = node.parent; at !== undefined; at = at.parent) {
    const own = at.kind === "list" ? (at.keys?.length ?? 0) : 0;
    const keys = left.slice(left.length - own);
    left = left.slice(0, left.length - own);
    tree = new Map([[at.sid, at.kind === "list" ? [entryWith(at, keys, tree)] : tree]]);
  }
  return tree;
}

/** RFC 8072 §2.5: as the value of an edit an instance stands inside its name, a list entry also inside its list. */
export function targetToJson({ id, value }: Instance, schema: Schema): JsonObject {
  const node = schema.bySid(id.sid);
  if (node === undefined || value === undefined) return {};
  const json = valueToJson(value, id.sid, schema);
  return { [`${node.module}:${node.name}`]: node.kind === "list" && value instanceof Map ? [json] : json };
}

function entryWith(list: SchemaNode, keys: readonly LeafValue[], rest: Tree): Tree {
  const entry: MutableTree = new Map();
  for (const [index, name] of (list.keys ?? []).entries()) {
    const key = list.children.find((child) => child.name === name);
    const value = keys[index];
    if (key !== undefined && value !== undefined) entry.set(key.sid, value);
  }
  for (const [sid, value] of rest) entry.set(sid, value);
  return entry;
}
