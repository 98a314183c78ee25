/** A datastore root with the YANG library in it, as managers see it: nodes know what they are made of, and pay for every byte. */
import { EMPTY_TREE, edit, type Instance, type Schema, type Tree } from "../../../yang/index.ts";
import type { DatastoreRoot } from "../root.ts";
import { checksumOf, libraryOf } from "./library.ts";
import { LIBRARY, withLibraryModule } from "./module.ts";

export function withLibrary(root: DatastoreRoot): DatastoreRoot {
  const schema = withLibraryModule(root.schema);
  const { part, marks } = root;
  return {
    kind: root.kind,
    schema,
    replaceable: root.replaceable,
    operations: root.operations,
    elsewhere: root.elsewhere,
    tree: () => treeWithLibrary(root.tree(), schema),
    // Made for one request, so nothing of it is kept. The library is state, and stands in no mark.
    ...(part && { part: (ids) => new Map([...part(ids), ...libraryOf(schema)]) }),
    ...(marks && { marks }),
    edit: (instances, actor) => {
      refuseLibrary(instances, schema);
      return root.edit(instances, actor);
    },
  };
}

/** Of the library that a root with this schema has. */
export const libraryChecksum = (schema: Schema): Uint8Array => checksumOf(withLibraryModule(schema));

/** A memo: trees are not changed once they are shared, and versions are told by the tree. */
const TREES = new WeakMap<Tree, { readonly schema: Schema; readonly tree: Tree }>();

function treeWithLibrary(tree: Tree, schema: Schema): Tree {
  const known = TREES.get(tree);
  if (known?.schema === schema) return known.tree;
  const whole = new Map([...tree, ...libraryOf(schema)]);
  TREES.set(tree, { schema, tree: whole });
  return whole;
}

/** The root behind does not know the nodes. Throws DataError `yang.read-only`. */
function refuseLibrary(instances: readonly Instance[], schema: Schema): void {
  const [first] = instances.filter(({ id }) => schema.bySid(id.sid)?.module === LIBRARY);
  if (first !== undefined) edit(EMPTY_TREE, [first], schema);
}
