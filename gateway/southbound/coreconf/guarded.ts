/**
 * Datastores as one user has them (RFC 8341 §3.2): the one place where access rules meet CORECONF. Reads leave out, edits
 * and calls are refused with 4.01, and what any answer is made of (bodies, ETags, errors) knows the visible part alone.
 */
import type { Access, Guard } from "../../service/access/index.ts";
import {
  EMPTY_TREE,
  type InstanceId,
  isTree,
  type LeafValue,
  type SchemaNode,
  type Sid,
  type Tree,
  type Value,
} from "../../yang/index.ts";
import { markOf } from "./datastore/marks.ts";
import { type DatastoreRoot, partOf } from "./root.ts";

/** What the faces ask of the access service. */
export type Guards = Pick<Access, "guardOf">;

/** The root as `guard` lets its user have it. */
export function guarded(root: DatastoreRoot, guard: Guard): DatastoreRoot {
  if (guard.all) return root;
  const { schema, part, marks } = root;
  return {
    kind: root.kind,
    schema,
    guard,
    replaceable: root.replaceable,
    operations: root.operations,
    elsewhere: root.elsewhere,
    tree: () => guard.readable(root.tree(), schema),
    ...(part && { part: (ids) => guard.readable(part(ids), schema) }),
    ...(marks && { marks: visibleMarks(root, marks, guard) }),
    edit: async (instances, actor) => {
      try {
        const ids = instances.map(({ id }) => id);
        guard.checkEdit(partOf(root, ids), instances, schema);
        await root.edit(instances, actor);
      } catch (error) {
        throw guard.conceal(error, schema);
      }
    },
  };
}

type Marks = NonNullable<DatastoreRoot["marks"]>;

/** A mark of what is seen in part is made of that part: else it would tell of changes in the rest. */
function visibleMarks(root: DatastoreRoot, marks: Marks, guard: Guard): Marks {
  const { schema } = root;
  const visible = new Map<Sid, () => Uint8Array>();
  for (const [sid, mark] of marks) {
    const seen = guard.sees(sid, schema);
    if (seen === "all") visible.set(sid, mark);
    if (seen === "some") {
      visible.set(sid, () => {
        const contents = guard.readable(root.tree(), schema).get(sid);
        return markOf(isTree(contents) ? contents : EMPTY_TREE, schema, sid);
      });
    }
  }
  return visible;
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
