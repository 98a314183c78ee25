/**
 * Datastores as one user has them (RFC 8341 §3.2): the one place where access rules meet CORECONF. Reads leave out, edits
 * and calls are refused with 4.01, and what any answer is made of (bodies, ETags, errors) knows the visible part alone.
 */
import type { Access, Guard } from "../../service/access/index.ts";
import type { InstanceId, LeafValue, SchemaNode, Tree, Value } from "../../yang/index.ts";
import type { DatastoreRoot } from "./root.ts";

/** What the faces ask of the access service. */
export type Guards = Pick<Access, "guardOf">;

/** The root as `guard` lets its user have it. */
export function guarded(root: DatastoreRoot, guard: Guard): DatastoreRoot {
  if (guard.all) return root;
  const { schema } = root;
  return {
    schema,
    guard,
    replaceable: root.replaceable,
    operations: root.operations,
    elsewhere: root.elsewhere,
    tree: () => guard.readable(root.tree(), schema),
    edit: async (instances, actor) => {
      try {
        guard.checkEdit(root.tree(), instances, schema);
        await root.edit(instances, actor);
      } catch (error) {
        throw guard.conceal(error, schema);
      }
    },
  };
}

/** What was read, without defaults of what may not be read. */
export const readableTree = (tree: Tree, { guard, schema }: DatastoreRoot): Tree =>
  guard === undefined ? tree : guard.readable(tree, schema);

/** The same of one instance: undefined, which is answered with null, for what may not be read. */
export function readableValue(
  id: InstanceId,
  { guard, schema }: DatastoreRoot,
  read: () => Value | undefined,
): Value | undefined {
  if (guard === undefined) return read();
  return guard.mayRead(id, schema) ? guard.reveal(id, read(), schema) : undefined;
}

/** Throws TrustError `access.denied`. */
export function checkCall(node: SchemaNode, keys: readonly LeafValue[], { guard, schema }: DatastoreRoot): void {
  guard?.checkCall(node, keys, schema);
}
