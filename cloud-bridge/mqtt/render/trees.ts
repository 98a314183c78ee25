/** What rendering asks of the yang stratum, bound to one schema: that of the module set which a node works with. */

import { isCoded } from "../../../gateway/base/index.ts";
import type { Json, JsonObject } from "../../../gateway/yang/api.ts";
import {
  type Change,
  configurationOf,
  decodeChanges,
  encodeKept,
  formatResourceId,
  goneIn,
  instanceToJson,
  type KeptTree,
  merge,
  parseNodePath,
  perSchema,
  readKept,
  type StoredChange,
  salvageInstances,
  salvageTree,
  targetToJson,
  toJson,
  valueToJson,
  withoutInstances,
} from "../../../gateway/yang/index.ts";
import { isLocal, type Schema, type SchemaNode, type Sid } from "../../../gateway/yang/schema.ts";
import type { SchemaSource, SetName } from "../../../gateway/yang/schema-source.ts";
import { type InstanceId, isTree, type LeafValue, type Tree, type Value } from "../../../gateway/yang/tree.ts";

import { type LeafAt, leavesOf } from "./leaves.ts";

/** Today's trees of a module set: other ones after its schema was exchanged. */
export type TreesOf = (set: SetName) => Trees;

export interface Trees {
  /** What today's schema takes of a fact's data. */
  decode(bytes: Uint8Array): Tree;
  /** A node's tree as a row holds it. */
  read(row: Uint8Array): KeptTree;
  write(kept: KeptTree): Uint8Array;
  merge(tree: Tree, fragment: Tree): Tree;
  /** Of what went, as a fact has them. */
  identifiers(bytes: Uint8Array): readonly InstanceId[];
  without(tree: Tree, ids: readonly InstanceId[]): Tree;
  /** Modules of the top-level data around these instances. */
  modulesAt(ids: readonly InstanceId[]): readonly string[];
  /** Without what a node measured. */
  configuration(tree: Tree): Tree;
  /** Top-level data of one module, RFC 7951. */
  moduleJson(tree: Tree, module: string): JsonObject;
  /** Modules that have top-level data in `tree`, in the order of the tree. */
  modulesOf(tree: Tree): readonly string[];
  /** What today's schema takes of a sequence of notifications, as RFC 7951 has them, in the same order. */
  notifications(bytes: Uint8Array): readonly JsonObject[];
  /** What today's schema takes of a root map; `incomplete` = not all. */
  told(bytes: Uint8Array): { readonly json: JsonObject; readonly incomplete: boolean };
  /** The same of changes, as the edits of a YANG patch (RFC 8072 §2). */
  patch(stored: readonly StoredChange[]): { readonly edits: readonly PatchEdit[]; readonly incomplete: boolean };
  /** SID of what an instance path leads to; undefined when it has none, or the schema lacks it. */
  sidAt(path: string): Sid | undefined;
  /** A leaf by its RFC 9595 path; undefined when the schema or the tree lacks it. */
  leaf(tree: Tree, path: string): LeafValue | undefined;
  /** All of them, or those in the top-level data of some modules, one by one. */
  leaves(tree: Tree, wants?: (module: string) => boolean): readonly LeafAt[];
  /** The value of one of them, RFC 7951. */
  leafJson(leaf: LeafAt): Json;
}

/** `target` is a data resource identifier (RFC 8040 §3.5.3), `value` the instance inside its name. */
export interface PatchEdit {
  readonly op: StoredChange["op"];
  readonly target: string;
  readonly value: JsonObject | undefined;
}

export function treesOf(schema: Schema): Trees {
  const moduleOf = (sid: Sid): string | undefined => schema.bySid(sid)?.module;
  const ways = new Map<string, readonly Sid[]>();
  return {
    decode: (bytes) => salvageTree(bytes, schema).tree,
    read: (row) => {
      const { tree, left } = readKept(row, schema);
      return { tree, left };
    },
    write: (kept) => encodeKept(kept, schema),
    merge: (tree, fragment) => merge(tree, fragment, schema),
    identifiers: (bytes) => goneIn(bytes, schema),
    without: (tree, ids) => withoutInstances(tree, ids, schema),
    modulesAt: (ids) => [...new Set(ids.flatMap(({ sid }) => moduleAround(sid, schema) ?? []))],
    configuration: (tree) => configurationOf(tree, schema),
    moduleJson: (tree, module) => toJson(new Map([...tree].filter(([sid]) => moduleOf(sid) === module)), schema),
    modulesOf: (tree) => [...new Set([...tree.keys()].flatMap((sid) => moduleOf(sid) ?? []))],
    notifications: (bytes) => salvageInstances(bytes, schema).map((instance) => instanceToJson(instance, schema)),
    told: (bytes) => {
      const { tree, dropped } = salvageTree(bytes, schema);
      return { json: toJson(tree, schema), incomplete: dropped.length > 0 };
    },
    patch: (stored) => {
      const { changes, incomplete } = decodeChanges(stored, schema);
      return { edits: changes.map((change) => patchEdit(change, schema)), incomplete };
    },
    sidAt: (path) => {
      const { sid } = nodeAt(path, schema) ?? {};
      return sid === undefined || isLocal(sid) ? undefined : sid;
    },
    leaf: (tree, path) => {
      const way = ways.get(path) ?? wayTo(path, schema);
      ways.set(path, way);
      let value: Value | undefined = way.length === 0 ? undefined : tree;
      for (const sid of way) value = isTree(value) ? value.get(sid) : undefined;
      return isLeaf(value) ? value : undefined;
    },
    leaves: (tree, wants) => leavesOf(tree, schema, wants),
    leafJson: ({ node, values }) =>
      valueToJson(node.kind === "leaf-list" ? values : (values[0] ?? null), node.sid, schema),
  };
}

export function treesFrom(schemas: SchemaSource): TreesOf {
  const trees = perSchema(treesOf);
  return (set) => trees(schemas.of(set));
}

const patchEdit = (change: Change, schema: Schema): PatchEdit => ({
  op: change.op,
  target: formatResourceId(change.id, schema),
  value: change.op === "delete" ? undefined : targetToJson(change, schema),
});

function nodeAt(path: string, schema: Schema): SchemaNode | undefined {
  try {
    return parseNodePath(path, schema).node;
  } catch (error) {
    if (isCoded(error)) return undefined;
    throw error;
  }
}

function moduleAround(sid: Sid, schema: Schema): string | undefined {
  let node = schema.bySid(sid);
  while (node?.parent !== undefined) node = node.parent;
  return node?.module;
}

/** SIDs from the root to the node; empty when the schema has no such node. */
function wayTo(path: string, schema: Schema): readonly Sid[] {
  const way: Sid[] = [];
  for (let node = schema.byPath(path); node !== undefined; node = node.parent) {
    way.unshift(node.sid);
  }
  return way;
}

const isLeaf = (value: Value | undefined): value is LeafValue =>
  value !== undefined && !isTree(value) && !Array.isArray(value);
