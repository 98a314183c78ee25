/** The module sets as rows: what is in each, how far it has SIDs, and how it stands with its files. */
import type { ModelSetRow, ModuleRow } from "../../admin/api/index.ts";
import { isLocal, perSchema, type Schema, type SchemaNode } from "../../yang/index.ts";
import type { ModelSet, ModelSets } from "./model-sets.ts";

export interface NodeCounts {
  readonly size: number;
  countBySet(): ReadonlyMap<string, number>;
}

/** The default set first, then the named ones, then those that nodes work with and that are not there. */
export function modelRows(models: Pick<ModelSets, "list">, nodes: NodeCounts): readonly ModelSetRow[] {
  const counts = new Map(nodes.countBySet());
  const named = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const rows = models.list().map((model) => {
    const count = model.set === undefined ? nodes.size - named : (counts.get(model.set) ?? 0);
    if (model.set !== undefined) counts.delete(model.set);
    return rowOf(model, count);
  });
  const missing = [...counts].map(
    ([set, count]): ModelSetRow => ({ set, state: "missing", nodes: count, modules: [] }),
  );
  return [...rows, ...missing];
}

const rowOf = ({ set, schema, loadedAt, fault }: ModelSet, nodes: number): ModelSetRow => ({
  set: set ?? null,
  state: fault === undefined ? "ok" : schema === undefined ? "refused" : "former",
  ...(fault === undefined ? {} : { error: fault }),
  ...(loadedAt === undefined ? {} : { loadedAt }),
  nodes,
  modules: schema === undefined ? [] : modulesOf(schema).rows,
});

/** Looked through once for each schema: nothing in it changes. */
const modulesOf = perSchema((schema: Schema): { readonly rows: readonly ModuleRow[] } => {
  const counts = new Map<string, { items: number; withSid: number }>();
  const count = (module: string, sid: number): void => {
    const sums = counts.get(module) ?? { items: 0, withSid: 0 };
    sums.items += 1;
    if (!isLocal(sid)) sums.withSid += 1;
    counts.set(module, sums);
  };
  const walk = (nodes: readonly SchemaNode[]): void => {
    for (const node of nodes) {
      count(node.module, node.sid);
      walk(node.children);
    }
  };
  walk(schema.roots);
  for (const { name, sid } of schema.identities.values()) count(name.slice(0, name.indexOf(":")), sid);
  const rows = schema.modules
    .filter(({ name, importOnly }) => !importOnly || counts.has(name)) // one of identities alone counts too
    .map(({ name, revision }) => ({ name, revision, ...(counts.get(name) ?? { items: 0, withSid: 0 }) }));
  return { rows };
});
