/** RFC 7950 §7.17, RFC 8791 §2.2 — augments of one module's tree by another. */
import type { Statement } from "../../parse/statement.ts";
import { argument, refuse } from "../finding.ts";
import { type Module, resolveName, type Unit } from "../module-set.ts";
import { topScope } from "../scope.ts";
import { addAugment, startExpansion, type Workshop } from "./expand.ts";
import { type Expanded, property, type Step } from "./expanded.ts";

/** Steps of an absolute schema node identifier; a step without a prefix is in the module of the unit. */
export function absoluteSteps(statement: Statement, unit: Unit): readonly Step[] {
  const path = argument(statement).trim();
  if (!/^(?:\/(?:[\w.-]+:)?[\w.-]+)+$/.test(path))
    refuse(statement, "a path such as /prefix:name/prefix:name must stand here");
  return path
    .slice(1)
    .split("/")
    .map((part) => {
      const { module, name } = resolveName(unit, part, statement);
      return { module: module.name, name };
    });
}

/** Applies the augments of all modules; one may lead into what another adds, in any order. */
export function applyAugments(
  modules: readonly Module[],
  isAugment: (unit: Unit) => (statement: Statement) => boolean,
  roots: readonly Expanded[],
  workshop: Workshop,
): void {
  const augments = modules.flatMap((module) =>
    module.units.flatMap((unit) =>
      unit.root.children
        .filter(isAugment(unit))
        .map((statement) => ({ statement, unit, steps: absoluteSteps(statement, unit) })),
    ),
  );
  // A path into what another augment adds is longer than the path of that augment.
  augments.sort((a, b) => a.steps.length - b.steps.length);
  for (const { statement, unit, steps } of augments) {
    const target = workshop.finder.descend(roots, steps) ?? refuseTarget(statement, steps, modules);
    // By name: another revision of the same module is no other module.
    const foreign = target.module.name !== unit.module.name && isConfiguration(roots, steps, workshop);
    addAugment(target, { statement, scope: topScope(unit) }, startExpansion(unit.module, workshop), foreign);
  }
}

/** The finding for a path that leads to nothing. */
export function refuseTarget(statement: Statement, steps: readonly Step[], modules: readonly Module[]): never {
  const missing = steps.find(({ module }) => !modules.some(({ name }) => name === module))?.module;
  const why = missing === undefined ? "" : `; module '${missing}' is only imported and gives no nodes to this set`;
  return refuse(statement, `there is no such node${why}`);
}

/** Operations and notifications hold none, and nothing below `config false` is any. */
function isConfiguration(roots: readonly Expanded[], steps: readonly Step[], { finder }: Workshop): boolean {
  let level = roots;
  for (const step of steps) {
    const node = finder.child(level, step);
    if (!node || property(node, "config")?.statement.argument === "false") return false;
    if (node.keyword === "rpc" || node.keyword === "action" || node.keyword === "notification") return false;
    level = node.children;
  }
  return true;
}
