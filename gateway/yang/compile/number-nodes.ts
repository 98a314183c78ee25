/** Drafts → the rows of the image, which name their parent and type by number; the last checks need all of the tree. */
import type { Identities } from "./identities.ts";
import type { NodeImage, TypeImage } from "./image.ts";
import { type Draft, pathStep } from "./tree/draft.ts";
import type { Expanded } from "./tree/expanded.ts";
import type { Layout } from "./tree/lay-out.ts";
import { type Defaults, openDefaults } from "./types/defaults.ts";
import type { Patterns } from "./types/patterns.ts";
import { openTypeTable } from "./types/type-table.ts";

export interface NumberedNodes {
  readonly nodes: readonly NodeImage[];
  readonly types: readonly TypeImage[];
  readonly paths: ReadonlyMap<string, number>;
  readonly longPaths: ReadonlyMap<string, number>;
  readonly rows: ReadonlyMap<Expanded, number>;
  /** Paths of the nodes that are not there, in both forms. */
  readonly absent: readonly string[];
  readonly defaults: Defaults;
}

/** Throws UsageError `yang.compile` for leafrefs that lead nowhere and defaults that do not fit. */
export function numberNodes(
  layout: Layout,
  tools: { readonly identities: Identities; readonly patterns: Patterns },
): NumberedNodes {
  const table = openTypeTable(layout.roots);
  const unplaced = new Set(layout.unplaced);
  const defaults = openDefaults({
    ...tools,
    targetOf: (type, leaf) => (unplaced.has(leaf) ? undefined : table.targetOf(type, leaf)),
  });
  const present = layout.drafts.filter((draft) => !draft.absent);
  const indexes = new Map(present.map((draft, index) => [draft, index]));
  const paths = new Map<string, number>();
  const pathOf = new Map<Draft, string>();
  const absent: string[] = [];
  for (const draft of layout.drafts) {
    const above = (draft.parent && pathOf.get(draft.parent)) ?? "";
    const path = pathStep(above, draft.parent?.facts.module, draft.facts.module, draft.facts.name);
    pathOf.set(draft, path);
    const index = indexes.get(draft);
    if (index === undefined) absent.push(path, draft.longPath);
    // A structure may carry the name of a data node; the data node comes first and keeps the path.
    else if (!paths.has(path)) paths.set(path, index);
  }
  const nodes = present.map((draft): NodeImage => {
    const row = draft.facts;
    row.parent = draft.parent && indexes.get(draft.parent);
    row.type = table.rowOf(draft);
    row.defaults = defaults.of(draft);
    return row;
  });
  // What is not there is right or wrong all the same, and its types are nobody's.
  const apart = openTypeTable(layout.roots);
  for (const draft of layout.drafts) {
    if (!draft.absent) continue;
    apart.rowOf(draft);
    defaults.of(draft);
  }
  for (const draft of layout.unplaced) defaults.of(draft);
  return {
    nodes,
    types: table.rows,
    paths,
    longPaths: new Map(present.map((draft, index) => [draft.longPath, index])),
    rows: new Map(present.map(({ source }, index) => [source, index])),
    absent,
    defaults,
  };
}
