/** Instance paths for people and for JSON (RFC 7951 §6.11): /sidgate-building:room/period[start='06:00']/set-point. */
import { formatId, formatResource, parseId, parseSteps } from "./codec/instance-id.ts";
import { planOf } from "./codec/plan.ts";
import type { Schema, SchemaNode } from "./schema.ts";
import type { InstanceId, LeafValue } from "./tree.ts";

export const formatInstanceId = (id: InstanceId, schema: Schema): string => formatId(id, planOf(schema));

/** RFC 8040 §3.5.3: the data resource identifier of an instance. */
export const formatResourceId = (id: InstanceId, schema: Schema): string => formatResource(id, planOf(schema));

/** Throws UsageError `yang.path` with the character at which the text goes wrong. */
export const parsePath = (text: string, schema: Schema): InstanceId => parseId(text, planOf(schema));

/** Some instances of a node: as an instance path in which any list may stand without its keys, for all of its entries. */
export interface NodePath {
  readonly node: SchemaNode;
  /** Of each list from the outermost to the node. */
  readonly keys: ReadonlyArray<readonly LeafValue[] | undefined>;
}

/** Throws UsageError `yang.path`. */
export function parseNodePath(text: string, schema: Schema): NodePath {
  const { node, keys } = parseSteps(text, planOf(schema), false);
  return { node: node.schema, keys };
}
