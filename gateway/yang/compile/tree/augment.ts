/** RFC 7950 §7.17, §7.20.3 — augments and deviations of one module's tree by another. */
import { childrenOf, type Statement } from "../../parse/statement.ts";
import type { Features } from "../features.ts";
import { argument, refuse } from "../finding.ts";
import { type Module, resolveName, type Unit } from "../module-set.ts";
import { inside, topScope } from "../scope.ts";
import { addAugment, refined } from "./expand.ts";
import { descend, type Expanded, propertiesOf, type Step } from "./expanded.ts";

/** Steps of an absolute schema node identifier; a step without a prefix is in the module of the unit. */
function absoluteSteps(statement: Statement, unit: Unit): readonly Step[] {
  const path = argument(statement).trim();
  if (!path.startsWith("/")) refuse(statement, "the path must start with '/'");
  return path
    .slice(1)
    .split("/")
    .map((part) => {
      const { module, name } = resolveName(unit, part.trim(), statement);
      return { module: module.name, name };
    });
}

/** Applies the augments of all modules; one may lead into what another adds, in any order. */
export function applyAugments(
  modules: readonly Module[],
  keyword: (unit: Unit) => (statement: Statement) => boolean,
  roots: readonly Expanded[],
  features: Features,
): void {
  let waiting = modules.flatMap((module) =>
    module.units.flatMap((unit) => {
      const wanted = keyword(unit);
      return unit.root.children
        .filter((statement) => wanted(statement) && features.holds(statement, unit))
        .map((statement) => ({ statement, unit, steps: absoluteSteps(statement, unit) }));
    }),
  );
  while (waiting.length > 0) {
    const left = waiting.filter(({ statement, unit, steps }) => {
      const target = descend(roots, steps);
      if (target) addAugment(target, statement, topScope(unit), { module: unit.module, features, within: [] });
      return target === undefined;
    });
    const [first] = left;
    if (first && left.length === waiting.length) refuse(first.statement, "there is no such node to augment");
    waiting = left;
  }
}

/** Applies the deviations of all modules. */
export function applyDeviations(modules: readonly Module[], roots: Expanded[], features: Features): void {
  for (const unit of modules.flatMap((module) => module.units)) {
    for (const deviation of childrenOf(unit.root, "deviation")) {
      const steps = absoluteSteps(deviation, unit);
      const node = descend(roots, steps) ?? refuse(deviation, "there is no such node to deviate from");
      const siblings = steps.length === 1 ? roots : (descend(roots, steps.slice(0, -1))?.children ?? roots);
      for (const deviate of childrenOf(deviation, "deviate")) {
        if (!features.holds(deviate, unit)) continue;
        if (deviate.argument === "not-supported") siblings.splice(siblings.indexOf(node), 1);
        else changeProperties(node, deviate, unit);
      }
    }
  }
}

function changeProperties(node: Expanded, deviate: Statement, unit: Unit): void {
  const scope = inside(topScope(unit), deviate);
  switch (deviate.argument) {
    case "add":
      node.properties = [...node.properties, ...deviate.children.map((statement) => ({ statement, scope }))];
      return;
    case "replace":
      node.properties = refined(node.properties, deviate, scope);
      return;
    case "delete":
      for (const gone of deviate.children) {
        const found = propertiesOf(node, gone.keyword).find((each) => each.statement.argument === gone.argument);
        if (!found) refuse(gone, `'${node.name}' has no such statement to delete`);
        node.properties = node.properties.filter((each) => each !== found);
      }
      return;
    default:
      refuse(deviate, "a deviation can be not-supported, add, replace or delete");
  }
}
