/**
 * Four bytes for a configuration: equal for equal ones. A root whose tree is large has marks of its own for its parts, so
 * that reading one leaf of it does not take all the others.
 */
import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import { configurationOf, encodeTree, type Schema, type Sid, type Tree } from "../../../yang/index.ts";
import type { DatastoreRoot } from "../root.ts";

export const MARK_BYTES = 4;

/** As wide as a mark: any change of up to 32 bits in a row shows in it, which as many bytes of a digest do not promise. */
export function checkSum(bytes: Uint8Array): Uint8Array {
  const sum = crc32(bytes);
  return Uint8Array.of(sum >>> 24, sum >>> 16, sum >>> 8, sum);
}

/** A memo: trees are not changed once they are shared. */
const MARKS = new WeakMap<Tree, { readonly schema: Schema; readonly mark: Uint8Array }>();

/** Of the configuration in a datastore, or in `top`, a container of it that has these contents. */
export function markOf(contents: Tree, schema: Schema, top?: Sid): Uint8Array {
  const known = MARKS.get(contents);
  if (known?.schema === schema) return known.mark;
  const tree = top === undefined ? contents : new Map([[top, contents]]);
  const bytes = encodeTree(configurationOf(tree, schema), schema, "any");
  const mark = hash("sha256", bytes, "buffer").subarray(0, MARK_BYTES);
  MARKS.set(contents, { schema, mark });
  return mark;
}

/** Of all that the root's user sees of its configuration. */
export function configurationMark(root: DatastoreRoot): Uint8Array {
  const { marks, schema } = root;
  if (marks === undefined) return markOf(root.tree(), schema);
  return checkSum(Buffer.concat([...marks.values()].map((mark) => mark())));
}
