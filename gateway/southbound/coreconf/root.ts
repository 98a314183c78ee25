/** A datastore root as a face sees it: a tree to read, edits to take. `/c` of a node, `/n/{node}/c`, the gateway's `/c`. */
import { UsageError } from "../../base/index.ts";
import { houseNode } from "../../service/registry/index.ts";
import {
  formatInstanceId,
  type Instance,
  type Schema,
  type SchemaNode,
  type Sid,
  type Tree,
} from "../../yang/index.ts";

export interface DatastoreRoot {
  readonly schema: Schema;
  tree(): Tree;
  /** Applies all instances or none; resolves when that is durable. Throws WireError `yang.*`, UsageError `root.foreign`
   * or `gateway.fixed`. */
  edit(instances: readonly Instance[], actor: string): Promise<void>;
}

/** What the gateway's own datastore has; no node's has it. */
const GATEWAY_PATHS = ["/sidgate-gateway:gateway", "/sidgate-firmware:images"] as const;

/** Throws UsageError `root.foreign` for data nodes that do not belong to this kind of root. */
export function checkPlace(kind: "gateway" | "node", instances: readonly Instance[], schema: Schema): void {
  for (const { id } of instances) {
    const node = schema.bySid(id.sid);
    if (node === undefined || isOf(kind, topOf(node).sid, schema)) continue; // an unknown SID is the codec's to refuse
    throw new UsageError("root.foreign", { path: formatInstanceId(id, schema), kind });
  }
}

/** The same for a report: its top-level data nodes. */
export function checkReport(data: Tree, schema: Schema): void {
  checkPlace(
    "node",
    [...data.keys()].map((sid) => ({ id: { sid, keys: [] }, value: undefined })),
    schema,
  );
}

const isOf = (kind: "gateway" | "node", top: Sid | undefined, schema: Schema): boolean =>
  GATEWAY_PATHS.some((path) => houseNode(schema, path).sid === top) === (kind === "gateway");

function topOf(node: SchemaNode): SchemaNode {
  let top = node;
  while (top.parent !== undefined) top = top.parent;
  return top;
}
