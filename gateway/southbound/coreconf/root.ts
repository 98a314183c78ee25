/** A datastore root as a face sees it: a tree to read, edits to take. `/c` of a node, `/n/{node}/c`, the gateway's `/c`. */
import { UsageError } from "../../base/index.ts";
import type { Guard } from "../../service/access/index.ts";
import { gatewaySids } from "../../service/registry/index.ts";
import {
  formatInstanceId,
  type Instance,
  type InstanceId,
  type Schema,
  type SchemaNode,
  type Sid,
  type Tree,
} from "../../yang/index.ts";
import type { Operation } from "./operations/operation.ts";

/** Whose data it is. One schema has that of both. */
export type RootKind = "gateway" | "node";

export interface DatastoreRoot {
  readonly kind: RootKind;
  readonly schema: Schema;
  tree(): Tree;
  /** As much of it as these identifiers can mean: they find there what they find in the whole. Absent where that is small. */
  part?(ids: readonly InstanceId[]): Tree;
  /** Of top-level nodes with configuration: bytes that stand for it (see `configurationMark`). Absent where the tree is small. */
  readonly marks?: ReadonlyMap<Sid, () => Uint8Array>;
  /** Applies all instances or none; resolves when that is durable. Throws WireError `yang.*`, UsageError `root.foreign`
   * or `gateway.fixed`. */
  edit(instances: readonly Instance[], actor: string): Promise<void>;
  /** Of the user whose root it is; absent when that one may do everything (see `guarded`). */
  readonly guard?: Guard;
  /** PUT, POST and DELETE of the whole configuration are possible. */
  readonly replaceable: boolean;
  /** The rpcs and actions that can be called here. */
  readonly operations: readonly Operation[];
  /** Those that somebody else does: what a node that serves its datastore does when it is called. */
  readonly elsewhere?: ((operation: SchemaNode) => Operation["run"] | undefined) | undefined;
}

export { gatewaySids };

export const partOf = (root: DatastoreRoot, ids: readonly InstanceId[]): Tree => root.part?.(ids) ?? root.tree();

/** What is read without the defaults of data that does not belong to this kind of root; `tree` is what is there. */
export function withoutForeign(read: Tree, tree: Tree, { kind, schema }: DatastoreRoot): Tree {
  const isHere = (top: Sid): boolean => tree.has(top) || belongs(top, kind, schema);
  return [...read.keys()].every(isHere) ? read : new Map([...read].filter(([top]) => isHere(top)));
}

/** The same for one instance. */
export function isHere({ sid }: InstanceId, tree: Tree, { kind, schema }: DatastoreRoot): boolean {
  const node = schema.bySid(sid);
  if (node === undefined) return false;
  const top = topOf(node).sid;
  return tree.has(top) || belongs(top, kind, schema);
}

const belongs = (top: Sid, kind: RootKind, schema: Schema): boolean =>
  gatewaySids(schema).has(top) === (kind === "gateway");

/** Throws UsageError `root.foreign` for data nodes that do not belong to this kind of root. */
export function checkPlace(kind: RootKind, instances: readonly Instance[], schema: Schema): void {
  for (const { id } of instances) {
    const node = schema.bySid(id.sid);
    // An unknown SID is the codec's to refuse.
    if (node === undefined || belongs(topOf(node).sid, kind, schema)) continue;
    throw new UsageError("root.foreign", { path: formatInstanceId(id, schema), kind });
  }
}

/** The same for a node's report, by its top-level data nodes. `foreign`: from `gatewaySids`. */
export function checkReport(data: Tree, foreign: ReadonlySet<Sid>, schema: Schema): void {
  for (const sid of data.keys()) {
    if (!foreign.has(sid)) continue;
    throw new UsageError("root.foreign", { path: formatInstanceId({ sid, keys: [] }, schema), kind: "node" });
  }
}

function topOf(node: SchemaNode): SchemaNode {
  let top = node;
  while (top.parent !== undefined) top = top.parent;
  return top;
}
