/**
 * Four bytes for a configuration: equal for equal ones. A root whose tree is large has marks of its own for its parts, so
 * that reading one leaf of it does not take all the others.
 */
import { hash } from "node:crypto";
import { configurationOf, encodeTree, type Schema, type Sid, type Tree } from "../../../yang/index.ts";
import type { DatastoreRoot } from "../root.ts";

export const MARK_BYTES = 4;

const digest = (bytes: Uint8Array): Buffer => hash("sha256", bytes, "buffer").subarray(0, MARK_BYTES);

/** A memo: trees are not changed once they are shared. */
const MARKS = new WeakMap<Tree, { readonly schema: Schema; readonly mark: Uint8Array }>();

/** Of the configuration in a datastore, or in `top`, a container of it that has these contents. */
export function markOf(contents: Tree, schema: Schema, top?: Sid): Uint8Array {
  const known = MARKS.get(contents);
  if (known?.schema === schema) return known.mark;
  const tree = top === undefined ? contents : new Map([[top, contents]]);
  const mark = digest(encodeTree(configurationOf(tree, schema), schema, "any"));
  MARKS.set(contents, { schema, mark });
  return mark;
}

/** Of all that the root's user sees of its configuration. */
export function configurationMark(root: DatastoreRoot): Uint8Array {
  const { marks, schema } = root;
  if (marks === undefined) return markOf(root.tree(), schema);
  return digest(Buffer.concat([...marks.values()].map((mark) => mark())));
}
