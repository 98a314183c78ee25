/** What a node says has happened, checked before it is believed: notifications of its own modules, whole and in their place. */
import { UsageError } from "../../base/index.ts";
import {
  decodeInstances,
  EMPTY_TREE,
  encodeInstances,
  formatInstanceId,
  type Instance,
  isTree,
  perSchema,
  type Schema,
  type SchemaNode,
  type Sid,
  validate,
} from "../../yang/index.ts";
import { NODE_BYTES } from "./node-ring.ts";

/** What the gateway alone tells, in streams of its own making. */
const MODULES_OF_THE_GATEWAY: readonly string[] = ["sidgate-gateway", "ietf-constrained-yang-library"];
const TOLD_BY_THE_GATEWAY: readonly string[] = ["/sidgate-firmware:progress", "/sidgate-suit:manifest-processed"];

/**
 * A sequence of notifications (content format 142) in the form that facts have. Throws WireError `cbor.*`, `yang.*` and
 * UsageError `notification.*`.
 */
export function acceptNotifications(bytes: Uint8Array, schema: Schema): Uint8Array {
  const limit = NODE_BYTES;
  if (bytes.length > limit) throw new UsageError("notification.too-large", { length: bytes.length, limit });
  const instances = decodeInstances(bytes, schema, "input", "any");
  return encodeInstances(
    instances.map((instance) => checked(instance, schema)),
    schema,
    "any",
  );
}

function checked({ id, value = EMPTY_TREE }: Instance, schema: Schema): Instance {
  const node = schema.bySid(id.sid);
  if (node?.kind !== "notification" || !isTree(value) || foreign(schema).has(id.sid)) {
    throw new UsageError("notification.unknown", { path: formatInstanceId(id, schema) });
  }
  // RFC 9254 §6.13.1: what stands in a list is named with the keys of all lists around it.
  if (id.keys.length !== keysAround(node)) {
    throw new UsageError("notification.keys", { path: formatInstanceId(id, schema) });
  }
  validate(value, schema, node, { keys: id.keys });
  return { id, value };
}

const foreign = perSchema(
  (schema: Schema): ReadonlySet<Sid> =>
    new Set(TOLD_BY_THE_GATEWAY.flatMap((path) => schema.byPath(path)?.sid ?? []).concat(ofModules(schema.roots))),
);

/** Notifications of the gateway's modules, at the top and in data. */
const ofModules = (nodes: readonly SchemaNode[]): readonly Sid[] =>
  nodes.flatMap((node) => [
    ...(node.kind === "notification" && MODULES_OF_THE_GATEWAY.includes(node.module) ? [node.sid] : []),
    ...ofModules(node.children),
  ]);

function keysAround(node: SchemaNode): number {
  let count = 0;
  for (let at = node.parent; at !== undefined; at = at.parent) count += at.kind === "list" ? (at.keys?.length ?? 0) : 0;
  return count;
}
