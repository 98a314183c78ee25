/**
 * RFC 9595 §3 — the one module that is to be numbered, with every node that it makes in its own tree and in the trees of
 * others. Unlike a schema it has them whatever features are on and whatever deviates: numbers are for every server.
 */
import { UsageError } from "../../base/index.ts";
import { collectLocalDefinitions } from "../compile/definitions.ts";
import type { Features } from "../compile/features.ts";
import { type FindSource, linkModules, type Module, revisionOf, type Unit } from "../compile/module-set.ts";
import { topScope } from "../compile/scope.ts";
import { applyAugments } from "../compile/tree/augment.ts";
import { pathStep } from "../compile/tree/draft.ts";
import { expandChildren, openWorkshop, startExpansion, type Workshop } from "../compile/tree/expand.ts";
import type { Expanded } from "../compile/tree/expanded.ts";
import { augmentsStructure, expandStructures } from "../compile/tree/structures.ts";
import { isBuiltIn } from "../compile/types/built-ins.ts";
import { argumentOf, childrenOf, type Statement } from "../parse/statement.ts";
import type { Dependency } from "./sid-file.ts";

/** Do paths go through choices and cases, which then have numbers of their own? */
export const DIALECTS = ["rfc9595", "pyang-head"] as const;
export type Dialect = (typeof DIALECTS)[number];

export interface ModuleTree {
  readonly module: Module;
  /** With all that it imports. */
  readonly modules: readonly Module[];
  /** The trees of all these modules, augmented by them. */
  readonly roots: readonly Expanded[];
  readonly structures: readonly Expanded[];
  /** The file in which a root was written, or used. */
  readonly unitOf: ReadonlyMap<Expanded, Unit>;
  /** With which more can be expanded. */
  readonly workshop: Workshop;
  /** In the order of the import statements, those of the module before those of its submodules. */
  readonly dependencies: readonly Dependency[];
  /** Those of the module's own file, one for each import statement. */
  readonly importsAsWritten: readonly Dependency[];
}

const EVERY_FEATURE: Features = { holds: () => true, isOn: () => true };

/** Throws UsageError `yang.compile`, `yang.sid-submodule`, `yang.sid-no-revision`. */
export function openModuleTree(root: Statement, find: FindSource): ModuleTree {
  if (root.keyword === "submodule") {
    throw new UsageError("yang.sid-submodule", { file: root.file, module: argumentOf(root, "belongs-to") ?? "" });
  }
  const modules = linkModules([root], find);
  const module = modules.find(({ units }) => units[0]?.root === root)!; // it was linked first
  const workshop = openWorkshop(EVERY_FEATURE, collectLocalDefinitions(modules, isBuiltIn));
  const structures = expandStructures(modules, workshop);
  const unitOf = new Map<Expanded, Unit>();
  for (const unit of modules.flatMap(({ units }) => units)) {
    const nodes = expandChildren(unit.root, topScope(unit), startExpansion(unit.module, workshop));
    for (const node of nodes) unitOf.set(node, unit);
  }
  const roots = [...unitOf.keys()];
  applyAugments(
    modules,
    () =>
      ({ keyword }) =>
        keyword === "augment",
    roots,
    workshop,
  );
  applyAugments(modules, augmentsStructure, structures, workshop);
  const imports = module.units.map((unit) => importsOf(unit, find));
  return {
    module,
    modules,
    roots,
    structures,
    unitOf,
    workshop,
    dependencies: unique(imports.flat()),
    importsAsWritten: imports[0] ?? [],
  };
}

/** Each import with its revision, or with the newest that is there. */
const importsOf = ({ root }: Unit, find: FindSource): readonly Dependency[] =>
  childrenOf(root, "import").map((statement) => {
    const module = statement.argument ?? "";
    const source = find(module, argumentOf(statement, "revision-date"));
    const revision = source === undefined ? "" : revisionOf(source);
    if (revision === "") throw new UsageError("yang.sid-no-revision", { file: statement.file, module });
    return { module, revision };
  });

/** `dependency-revision` is keyed by the name: of two revisions the newer one stands. */
function unique(dependencies: readonly Dependency[]): readonly Dependency[] {
  const byName = new Map<string, Dependency>();
  for (const each of dependencies) {
    const known = byName.get(each.module);
    byName.set(each.module, known !== undefined && known.revision > each.revision ? known : each);
  }
  return [...byName.values()];
}

/** Schema node paths of one dialect, parents first. RFC 9595 §4: qualified at the top and where the module changes. */
export function* pathsOf(
  roots: readonly Expanded[],
  dialect: Dialect,
): Iterable<readonly [path: string, node: Expanded]> {
  yield* walk(roots, "", undefined, dialect);
}

function* walk(
  nodes: readonly Expanded[],
  above: string,
  moduleAbove: string | undefined,
  dialect: Dialect,
): Iterable<readonly [string, Expanded]> {
  for (const node of nodes) {
    if (dialect === "rfc9595" && (node.keyword === "choice" || node.keyword === "case")) {
      yield* walk(node.children, above, moduleAbove, dialect);
    } else {
      const path = pathStep(above, moduleAbove, node.module.name, node.name);
      yield [path, node];
      yield* walk(node.children, path, node.module.name, dialect);
    }
  }
}
