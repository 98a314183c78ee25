/** RFC 9595 §3 — what of a module gets a SID: the module, its identities, its features and every node that it makes. */
import type { Definition } from "../compile/module-set.ts";
import { type Dialect, type ModuleTree, pathsOf } from "./module-tree.ts";
import { itemKey, type SidItem } from "./sid-file.ts";

/** An item that has no number yet. */
export type Wanted = Pick<SidItem, "namespace" | "identifier">;

/** In the order in which numbers are given. */
export function itemsOf({ module, roots, structures }: ModuleTree, dialect: Dialect): readonly Wanted[] {
  const definitions = [...module.definitions.values()];
  const data = [...pathsOf([...roots, ...structures], dialect)]
    // By name: a module may be linked in two revisions, and only one of them is being numbered.
    .filter(([, node]) => node.module.name === module.name)
    .map(([identifier]): Wanted => ({ namespace: "data", identifier }));
  return inOrder([
    { namespace: "module", identifier: module.name },
    ...named(definitions, "identity"),
    ...named(definitions, "feature"),
    ...data,
  ]);
}

const named = (definitions: readonly Definition[], keyword: "identity" | "feature"): Wanted[] =>
  definitions
    .filter(({ statement }) => statement.keyword === keyword)
    .map(({ statement }) => ({ namespace: keyword, identifier: statement.argument ?? "" }));

/** By namespace backwards (module, identity, feature, data), then by identifier; each once. */
export function inOrder(items: readonly Wanted[]): readonly Wanted[] {
  const once = [...new Map(items.map((item) => [itemKey(item), item])).values()];
  return once.sort((a, b) =>
    a.namespace === b.namespace ? compare(a.identifier, b.identifier) : compare(b.namespace, a.namespace),
  );
}

/** By code point: identifiers are ASCII (RFC 7950 §6.2). */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
