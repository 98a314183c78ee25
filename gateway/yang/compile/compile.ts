/**
 * RFC 7950 — statements → compiled schema, in passes that each take the former's result: link modules, expand groupings,
 * augment, deviate, lay out the schema nodes, lead the leafrefs home. SIDs are bound afterwards (../sid).
 */

import type { Statement } from "../parse/statement.ts";
import type { ModuleInfo } from "../schema.ts";
import { collectLocalDefinitions } from "./definitions.ts";
import { openExpressions } from "./expressions.ts";
import { ALL_FEATURES, type FeatureChoice, type Features, openFeatures } from "./features.ts";
import { refuse } from "./finding.ts";
import { collectIdentities } from "./identities.ts";
import { IMAGE_VERSION, type SchemaImage } from "./image.ts";
import { type FindSource, linkModules, type Module } from "./module-set.ts";
import { numberNodes } from "./number-nodes.ts";
import { definitionsIn, topScope } from "./scope.ts";
import { applyAugments } from "./tree/augment.ts";
import { applyDeviations, type Deviations } from "./tree/deviate.ts";
import { expandChildren, openWorkshop, startExpansion, type Workshop } from "./tree/expand.ts";
import { type Expanded, withoutAbsent } from "./tree/expanded.ts";
import { expandUnused } from "./tree/groupings.ts";
import { layOut } from "./tree/lay-out.ts";
import { augmentsStructure, expandStructures } from "./tree/structures.ts";
import { isBuiltIn } from "./types/built-ins.ts";
import { openPatterns } from "./types/patterns.ts";
import { openTypes } from "./types/resolve-type.ts";

export interface Sources {
  /** Modules whose data nodes, operations and notifications are in the schema; of each module one revision. */
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
  /**
   * What the sources define and this set lacks, because a feature is off or a deviation takes it away: paths of nodes,
   * choices and cases in both forms, and identities as `module:name`. A .sid file may number them.
   */
  readonly absent: ReadonlySet<string>;
  /** The modules and the tree from which the image was made, for prints. */
  readonly modules: readonly Module[];
  readonly roots: readonly Expanded[];
  readonly structures: readonly Expanded[];
  readonly rows: ReadonlyMap<Expanded, number>;
}

/** Throws UsageError `yang.compile` at the first finding. */
export function compile(sources: Sources): Compilation {
  try {
    return compileSources(sources);
  } catch (error) {
    const [first] = sources.implemented;
    // The limits hold each kind of nesting; only all of them together can use up the stack.
    if (error instanceof RangeError && first) refuse(first, "definitions are nested too deeply in each other");
    throw error;
  }
}

function compileSources(sources: Sources): Compilation {
  const linked = linkModules(sources.implemented, sources.find);
  const wanted = new Set(sources.implemented);
  const implemented = linked.filter((module) => module.units[0] && wanted.has(module.units[0].root));
  checkRevisions(implemented);
  const definitions = collectLocalDefinitions(linked, isBuiltIn);
  const features = openFeatures(sources.features ?? ALL_FEATURES);
  checkFeatures(linked, features);

  // An older revision that is only imported must not hide the identities of the implemented one: that comes last.
  const identities = collectIdentities(
    [...linked.filter((module) => !implemented.includes(module)), ...implemented],
    features,
  );
  const workshop = openWorkshop(features, definitions);
  const structures = expandStructures(implemented, workshop);
  const data = implemented.flatMap((module) => expandModule(module, workshop));
  applyAugments(implemented, () => isAugment, data, workshop);
  applyAugments(implemented, augmentsStructure, structures, workshop);
  const deviations = applyDeviations(implemented, data, workshop);
  const unused = expandUnused(implemented, workshop);

  const expressions = openExpressions();
  const patterns = openPatterns();
  const types = openTypes({ features, definitions, expressions, patterns });
  const layout = layOut({ data, structures, unused }, types, expressions);
  const numbered = numberNodes(layout, { identities, patterns });
  for (const { statement, scope } of implemented.flatMap(({ units }) => units).flatMap(typedefsIn)) {
    numbered.defaults.check(types.resolveTypedef({ statement, scope }, statement));
  }
  return {
    image: {
      version: IMAGE_VERSION,
      modules: linked.map((module) => infoOf(module, !implemented.includes(module), features, deviations)),
      identities: [...identities.present].map(([name, bases]) => ({ name, sid: undefined, bases })),
      types: numbered.types,
      nodes: numbered.nodes,
    },
    paths: numbered.paths,
    longPaths: numbered.longPaths,
    choicePaths: layout.choicePaths,
    features: new Set(linked.flatMap((module) => featuresOf(module).map((name) => `${module.name}:${name}`))),
    absent: new Set([...numbered.absent, ...layout.absentChoicePaths, ...identities.absent]),
    modules: linked,
    roots: withoutAbsent(data),
    structures: withoutAbsent(structures),
    rows: numbered.rows,
  };
}

const isAugment = ({ keyword }: Statement): boolean => keyword === "augment";
const typedefsIn = (unit: Module["units"][number]) => definitionsIn(unit, "typedef");

/** RFC 7950 §5.6.5: of one module one revision is implemented. */
function checkRevisions(implemented: readonly Module[]): void {
  const revisions = new Map<string, string>();
  for (const { name, revision, units } of implemented) {
    const other = revisions.get(name);
    const at = units[0]?.root;
    if (at && other !== undefined) {
      refuse(at, `revisions ${other} and ${revision} cannot both be implemented in one set; choose one`);
    }
    revisions.set(name, revision);
  }
}

/** Also of features that no node asks for. */
function checkFeatures(modules: readonly Module[], features: Features): void {
  for (const module of modules) for (const name of featuresOf(module)) features.isOn(module, name);
}

const expandModule = (module: Module, workshop: Workshop): Expanded[] =>
  module.units.flatMap((unit) => expandChildren(unit.root, topScope(unit), startExpansion(module, workshop)));

const featuresOf = (module: Module): string[] =>
  [...module.definitions.values()].flatMap(({ statement }) =>
    statement.keyword === "feature" && statement.argument !== undefined ? [statement.argument] : [],
  );

function infoOf(module: Module, importOnly: boolean, features: Features, deviations: Deviations): ModuleInfo {
  const { name, revision, namespace } = module;
  const on = featuresOf(module).filter((feature) => features.isOn(module, feature));
  return {
    name,
    revision,
    namespace,
    sid: undefined,
    importOnly,
    features: on.length > 0 ? on : undefined,
    deviations: importOnly ? undefined : deviations.get(name),
  };
}
