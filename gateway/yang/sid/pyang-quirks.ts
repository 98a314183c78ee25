/**
 * The items that pyang 2.7.1 finds in a module, faults included: for those who must have its file byte for byte, and to
 * name its broken paths. The cause of most faults is one: what a module adds to others by `augment` is collected from
 * the statements as they are written, not from the expanded tree.
 */
import { resolveName, type Unit } from "../compile/module-set.ts";
import { inside, lookUp, type Scope, topScope } from "../compile/scope.ts";
import { pathStep } from "../compile/tree/draft.ts";
import { expandChildren, startExpansion, type Workshop } from "../compile/tree/expand.ts";
import { type Expanded, nodeKeyword } from "../compile/tree/expanded.ts";
import { augmentsStructure, isYangData } from "../compile/tree/structures.ts";
import type { Statement } from "../parse/statement.ts";
import { inOrder, itemsOf, type Wanted } from "./items.ts";
import type { Dialect, ModuleTree } from "./module-tree.ts";

/** In the order in which numbers are given. */
export function pyangItems(tree: ModuleTree, dialect: Dialect): readonly Wanted[] {
  const submodules = tree.modules.flatMap(({ units }) => units.slice(1).map(({ root }) => root.argument ?? ""));
  return inOrder([
    ...itemsOf(tree, dialect).filter(({ namespace }) => namespace !== "data"),
    ...submodules.map((identifier): Wanted => ({ namespace: "module", identifier })),
    ...[...ownPaths(tree, dialect), ...addedPaths(tree, dialect)].map(
      (identifier): Wanted => ({ namespace: "data", identifier }),
    ),
  ]);
}

const isChoice = (keyword: string): boolean => keyword === "choice" || keyword === "case";

/** Where a statement stands: the path above it, and the name that the step above would have been qualified by. */
interface Place {
  readonly path: string;
  readonly module: string | undefined;
}

const TOP: Place = { path: "", module: undefined };

/** One step down; the older dialect passes over choices and cases. */
function step({ path, module }: Place, keyword: string, name: string, unit: string, dialect: Dialect): Place {
  if (dialect === "rfc9595" && isChoice(keyword)) return { path, module };
  return { path: pathStep(path, module, unit, name), module: unit };
}

/** The module's own tree. What a submodule wrote is qualified by the submodule's name, against RFC 9595 §4. */
function* ownPaths({ module, roots, structures, unitOf }: ModuleTree, dialect: Dialect): Iterable<string> {
  const walk = function* (nodes: readonly Expanded[], place: Place, unit: string): Iterable<string> {
    for (const node of nodes) {
      const below = step(place, node.keyword, node.name, unit, dialect);
      if (below.path !== place.path) yield below.path;
      yield* walk(node.children, below, unit);
    }
  };
  const structural = structures.filter(({ statement }) => nodeKeyword(statement.keyword) === undefined);
  for (const root of [...roots, ...structural]) {
    if (root.module === module) yield* walk([root], TOP, unitOf.get(root)?.root.argument ?? module.name);
  }
}

/** What the main file (not its submodules) adds by augment, augment-structure and yang-data. */
function* addedPaths(tree: ModuleTree, dialect: Dialect): Iterable<string> {
  const unit = tree.module.units[0];
  if (unit === undefined) return;
  const structural = augmentsStructure(unit);
  for (const statement of unit.root.children) {
    const scope = inside(topScope(unit), statement);
    if (isYangData(statement, unit)) {
      yield* written(
        statement,
        scope,
        { place: TOP, parent: "yang-data", prefix: "", workshop: tree.workshop },
        dialect,
      );
    } else if (statement.keyword === "augment" || structural(statement)) {
      const target = placeOf(statement, unit, [...tree.roots, ...tree.structures], dialect);
      const prefix = `/${tree.module.name}:${statement.argument}`;
      yield* written(statement, scope, { ...target, prefix, workshop: tree.workshop }, dialect);
    }
  }
}

/** The place of an augment's target, and its keyword. */
function placeOf(augment: Statement, unit: Unit, roots: readonly Expanded[], dialect: Dialect) {
  let place = TOP;
  let parent = "";
  let level = roots;
  for (const part of (augment.argument ?? "").trim().split("/").slice(1)) {
    const { module, name } = resolveName(unit, part.trim(), augment);
    const node = level.find((each) => each.name === name && each.module.name === module.name);
    if (node === undefined) break; // the compiler has refused such an augment
    place = step(place, node.keyword, node.name, node.module.name, dialect);
    parent = node.keyword;
    level = node.children;
  }
  return { place, parent };
}

interface Surroundings {
  readonly place: Place;
  /** Keyword of the statement above. */
  readonly parent: string;
  /** What the paths of the nodes of a `uses` begin with: below an augment its argument as it was written. */
  readonly prefix: string;
  readonly workshop: Workshop;
}

const COLLECTED: ReadonlySet<string> = new Set([
  "leaf",
  "leaf-list",
  "anyxml",
  "anydata",
  "container",
  "list",
  "choice",
  "case",
]);

/** Substatements as they are written: actions and notifications are missed. */
function* written(
  statement: Statement,
  scope: Scope,
  { place, parent, prefix, workshop }: Surroundings,
  dialect: Dialect,
): Iterable<string> {
  const unit = scope.unit.root.argument ?? "";
  for (const each of statement.children) {
    const name = each.argument ?? "";
    if (each.keyword === "uses") {
      yield* used(each, scope, { prefix, workshop }, dialect);
    } else if (COLLECTED.has(each.keyword)) {
      // The case that stands around a shorthand is in the path, but gets no number itself.
      const shorthand = parent === "choice" && each.keyword !== "case";
      const above = shorthand ? step(place, "case", name, unit, dialect) : place;
      const here = step(above, each.keyword, name, unit, dialect);
      if (here.path !== above.path) yield here.path;
      yield* written(
        each,
        inside(scope, each),
        { place: here, parent: each.keyword, prefix: here.path, workshop },
        dialect,
      );
    }
  }
}

/**
 * The nodes of a grouping, without those that the `uses` adds: bare names behind the prefix, whatever their module; below
 * a yang-data, which has no path, the names are those of the grouping's module.
 */
function* used(
  uses: Statement,
  scope: Scope,
  { prefix, workshop }: Pick<Surroundings, "prefix" | "workshop">,
  dialect: Dialect,
): Iterable<string> {
  const grouping = lookUp("grouping", uses, scope, workshop.definitions);
  const unit = grouping.scope.unit;
  const children = expandChildren(grouping.statement, inside(grouping.scope, grouping.statement), {
    ...startExpansion(unit.module, workshop),
    within: [grouping.statement],
  });
  const around = namesAround(grouping.scope.around);
  const name = unit.root.argument ?? "";
  const own: Place = { path: around, module: around === "" ? undefined : name };
  yield* grouped(children, own, prefix === "" ? own : { path: prefix + around, module: name }, name, dialect);
}

/** A grouping inside other nodes brings their names along, bare, and those of the augment's target before them. */
function namesAround(around: readonly Statement[]): string {
  const nodes = around.filter(({ keyword }) => nodeKeyword(keyword) !== undefined);
  const outermost = around.at(-1);
  const added = outermost !== undefined && /(^|:)augment(-structure)?$/.test(outermost.keyword);
  const target = added ? (outermost.argument ?? "").replace(/[\w.-]+:/g, "") : "";
  return [target, ...nodes.map(({ argument }) => `/${argument}`).reverse()].join("");
}

/** `own` is the place as it would be without prefix: input and output of an action stand there. */
function* grouped(
  nodes: readonly Expanded[],
  own: Place,
  place: Place,
  unit: string,
  dialect: Dialect,
): Iterable<string> {
  for (const { keyword, name, children } of nodes) {
    const alone = step(own, keyword, name, unit, dialect);
    const here = step(place, keyword, name, unit, dialect);
    if (keyword === "input" || keyword === "output") yield alone.path;
    else if (here.path !== place.path) yield here.path;
    yield* grouped(children, alone, here, unit, dialect);
  }
}
