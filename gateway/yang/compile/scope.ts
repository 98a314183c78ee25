/** RFC 7950 §5.5 — where a statement stands: its source file and the statements around it, for typedefs and groupings. */
import { nearest } from "../parse/nearest.ts";
import type { Statement } from "../parse/statement.ts";
import { argument, refuse } from "./finding.ts";
import { resolveName, type Unit } from "./module-set.ts";

export interface Scope {
  readonly unit: Unit;
  /** The enclosing statements below the module, from the inside out. */
  readonly around: readonly Statement[];
}

/** A statement together with where it was written, which is where its prefixes and names are looked up. */
export interface Placed {
  readonly statement: Statement;
  readonly scope: Scope;
}

/** The top of a source file. */
export const topScope = (unit: Unit): Scope => ({ unit, around: [] });
/** The scope among the substatements of `statement`. */
export const inside = (scope: Scope, statement: Statement): Scope => ({
  unit: scope.unit,
  around: [statement, ...scope.around],
});

/** The typedef or grouping that the argument of `at` names, and the scope it was defined in. */
export function lookUp(
  kind: "typedef" | "grouping",
  at: Statement,
  scope: Scope,
  alsoKnown: readonly string[] = [],
): Placed {
  const { module, name } = resolveName(scope.unit, argument(at), at);
  if (module === scope.unit.module) {
    for (let depth = 0; depth < scope.around.length; depth++) {
      const statement = scope.around[depth]?.children.find((each) => each.keyword === kind && each.argument === name);
      if (statement) return { statement, scope: { unit: scope.unit, around: scope.around.slice(depth) } };
    }
  }
  const top = module.definitions.get(`${kind} ${name}`);
  if (top) return { statement: top.statement, scope: topScope(top.unit) };
  const known = [...module.definitions.keys()]
    .filter((key) => key.startsWith(`${kind} `))
    .map((key) => key.slice(kind.length + 1));
  const noun = kind === "typedef" ? "type" : kind;
  return refuse(
    at,
    `there is no ${noun} '${name}' in module '${module.name}'${nearest(name, [...known, ...alsoKnown])}`,
  );
}
