/**
 * RFC 7950 — statements → compiled schema, in passes that each take the former's result: link modules, expand groupings,
 * augment, deviate, lay out the schema nodes, lead the leafrefs home. SIDs are bound afterwards (../sid).
 */
import type { Statement } from "../parse/statement.ts";
import { ALL_FEATURES, type FeatureChoice, type Features, openFeatures } from "./features.ts";
import { collectIdentities } from "./identities.ts";
import { IMAGE_VERSION, type NodeImage, type SchemaImage } from "./image.ts";
import { type FindSource, linkModules, type Module } from "./module-set.ts";
import { topScope } from "./scope.ts";
import { applyAugments, applyDeviations } from "./tree/augment.ts";
import { type Draft, pathStep } from "./tree/draft.ts";
import { expandChildren } from "./tree/expand.ts";
import type { Expanded } from "./tree/expanded.ts";
import { layOut } from "./tree/lay-out.ts";
import { augmentsStructure, expandStructures } from "./tree/structures.ts";
import { openTypes, type TypeResolver } from "./types/resolve-type.ts";
import { openTypeTable } from "./types/type-table.ts";

export interface Sources {
  /** Modules whose data nodes, operations and notifications are in the schema. */
  readonly implemented: readonly Statement[];
  /** For imports and includes. */
  readonly find: FindSource;
  readonly features?: FeatureChoice;
}

export interface Compilation {
  /** Without SIDs. */
  readonly image: SchemaImage;
  /** Index in image.nodes by path, and by the path with choice and case names in it. */
  readonly paths: ReadonlyMap<string, number>;
  readonly longPaths: ReadonlyMap<string, number>;
  readonly choicePaths: ReadonlySet<string>;
  /** `module:feature`, whether on or off. */
  readonly features: ReadonlySet<string>;
  /** The modules and the tree from which the image was made, for prints. */
  readonly modules: readonly Module[];
  readonly roots: readonly Expanded[];
  readonly structures: readonly Expanded[];
  readonly rows: ReadonlyMap<Expanded, number>;
}

/** Throws UsageError `yang.compile` at the first finding. */
export function compile(sources: Sources): Compilation {
  const linked = linkModules(sources.implemented, sources.find);
  const wanted = new Set(sources.implemented);
  const implemented = linked.filter((module) => module.units[0] && wanted.has(module.units[0].root));
  const features = openFeatures(sources.features ?? ALL_FEATURES);

  // An older revision that is only imported must not hide the identities of the implemented one: that comes last.
  const identities = collectIdentities(
    [...linked.filter((module) => !implemented.includes(module)), ...implemented],
    features,
  );
  const structures = expandStructures(implemented, features);
  const dataRoots = implemented.flatMap((module) => expandModule(module, features));
  applyAugments(implemented, () => (statement) => statement.keyword === "augment", dataRoots, features);
  applyAugments(implemented, augmentsStructure, structures, features);
  applyDeviations(implemented, dataRoots, features);
  const types = openTypes(features);
  for (const module of implemented) checkTypedefs(module, types);
  const layout = layOut(dataRoots, structures, types);

  const { nodes, rows, paths } = number(layout.drafts, layout.roots);
  return {
    image: {
      version: IMAGE_VERSION,
      modules: linked.map((module) => ({
        name: module.name,
        revision: module.revision,
        namespace: module.namespace,
        sid: undefined,
        importOnly: !implemented.includes(module),
      })),
      identities: [...identities].map(([name, bases]) => ({ name, sid: undefined, bases })),
      types: rows,
      nodes,
    },
    paths,
    longPaths: new Map(layout.drafts.map((draft, index) => [draft.longPath, index])),
    choicePaths: layout.choicePaths,
    features: new Set(linked.flatMap(featuresOf)),
    modules: linked,
    roots: dataRoots,
    structures,
    rows: new Map(layout.drafts.map(({ source }, index) => [source, index])),
  };
}

const expandModule = (module: Module, features: Features): Expanded[] =>
  module.units.flatMap((unit) => expandChildren(unit.root, topScope(unit), { module, features, within: [] }));

/** Also those that no leaf uses: a fault in them would strike the module that imports them. */
function checkTypedefs(module: Module, types: TypeResolver): void {
  for (const { statement, unit } of module.definitions.values()) {
    if (statement.keyword === "typedef") types.resolveTypedef({ statement, scope: topScope(unit) }, statement);
  }
}

const featuresOf = (module: Module): string[] =>
  [...module.definitions.values()]
    .filter(({ statement }) => statement.keyword === "feature")
    .map(({ statement }) => `${module.name}:${statement.argument}`);

/** Drafts → rows that name their parent and type by number. */
function number(drafts: readonly Draft[], roots: readonly Draft[]) {
  const table = openTypeTable(roots);
  const indexes = new Map(drafts.map((draft, index) => [draft, index]));
  const paths = new Map<string, number>();
  const pathOf: string[] = [];
  const nodes = drafts.map((draft, index): NodeImage => {
    const parent = draft.parent && indexes.get(draft.parent);
    const above = parent === undefined ? "" : (pathOf[parent] ?? "");
    const path = pathStep(above, draft.parent?.facts.module, draft.facts.module, draft.facts.name);
    pathOf.push(path);
    if (!paths.has(path)) paths.set(path, index);
    return { ...draft.facts, sid: undefined, parent, type: table.rowOf(draft) };
  });
  return { nodes, rows: table.rows, paths };
}
