/** A large edit as smaller ones, each of which an answer can carry: a whole configuration fits into no reply. */
import { encodeInstances, type Instance, isTree, type Schema, type Tree } from "../../yang/index.ts";

/** Bytes of one edit that the largest answer of a check-in (1024) can carry beside the rest. */
export const LARGEST_EDIT = 960;

export const fits = (instance: Instance, schema: Schema): boolean =>
  encodeInstances([instance], schema, "any").length <= LARGEST_EDIT;

/** To be applied to data that is not there yet: the parts of a replacement leave alone what they do not name. */
export const inSlices = (instances: readonly Instance[], schema: Schema): readonly Instance[] =>
  instances.flatMap((instance) => {
    if (fits(instance, schema)) return [instance];
    const parts = partsOf(instance, schema);
    return parts.length === 0 ? [instance] : inSlices(parts, schema);
  });

/** Its children, or its entries; none of what cannot be cut. */
function partsOf({ id, value }: Instance, schema: Schema): readonly Instance[] {
  const node = schema.bySid(id.sid);
  if (node?.kind === "list" && Array.isArray(value)) {
    return (value as readonly Tree[]).map((entry) => {
      const keys = (node.keys ?? []).map((name) =>
        entry.get(node.children.find((child) => child.name === name)?.sid ?? 0),
      );
      return { id: { sid: id.sid, keys: [...id.keys, ...keys] } as Instance["id"], value: entry };
    });
  }
  if (!isTree(value)) return [];
  const keys = new Set(node?.kind === "list" ? node.keys : []);
  const isKey = (sid: number): boolean => keys.has(schema.bySid(sid)?.name ?? "");
  return [...value].flatMap(([sid, child]) => (isKey(sid) ? [] : [{ id: { sid, keys: id.keys }, value: child }]));
}
