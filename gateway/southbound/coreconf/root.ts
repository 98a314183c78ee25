/** A datastore root as a face sees it: a tree to read, edits to take. `/c` of a node, `/n/{node}/c`, the gateway's `/c`. */
import type { Instance, Schema, Tree } from "../../yang/index.ts";

export interface DatastoreRoot {
  readonly schema: Schema;
  tree(): Tree;
  /** Applies all instances or none; resolves when that is durable. Throws WireError `yang.*`, UsageError `gateway.fixed`. */
  edit(instances: readonly Instance[], actor: string): Promise<void>;
}
