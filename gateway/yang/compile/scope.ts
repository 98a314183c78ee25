/** RFC 7950 §5.5 — where a statement stands: its source file and the statements around it, for typedefs and groupings. */
import { nearest } from "../parse/nearest.ts";
import type { Statement } from "../parse/statement.ts";
import type { Definitions } from "./definitions.ts";
import { argument, refuse } from "./finding.ts";
import { resolveName, type Unit } from "./module-set.ts";
import { checkStatus } from "./status.ts";

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

/** Every definition of a kind in a source file, at whatever depth. */
export function definitionsIn(unit: Unit, kind: "typedef" | "grouping"): readonly Placed[] {
  const found: Placed[] = [];
  const search = (parent: Statement, scope: Scope): void => {
    for (const statement of parent.children) {
      if (statement.keyword === kind) found.push({ statement, scope });
      if (statement.children.length > 0) search(statement, inside(scope, statement));
    }
  };
  search(unit.root, topScope(unit));
  return found;
}

/** The typedef or grouping that the argument of `at` names, and the scope it was defined in. */
export function lookUp(
  kind: "typedef" | "grouping",
  at: Statement,
  scope: Scope,
  definitions: Definitions,
  alsoKnown: readonly string[] = [],
): Placed {
  const found = find(kind, at, scope, definitions, alsoKnown);
  const { statement } = found;
  checkStatus(at, scope.around, scope.unit.module, { statement, module: found.scope.unit.module });
  return found;
}

function find(
  kind: "typedef" | "grouping",
  at: Statement,
  scope: Scope,
  definitions: Definitions,
  alsoKnown: readonly string[],
): Placed {
  const { module, name } = resolveName(scope.unit, argument(at), at);
  const key = `${kind} ${name}`;
  if (module === scope.unit.module) {
    for (const [depth, enclosing] of scope.around.entries()) {
      const statement = definitions.get(enclosing)?.get(key);
      if (statement) return { statement, scope: { unit: scope.unit, around: scope.around.slice(depth) } };
    }
  }
  const top = module.definitions.get(key);
  if (top) return { statement: top.statement, scope: topScope(top.unit) };
  const known = [...module.definitions.keys()]
    .filter((each) => each.startsWith(`${kind} `))
    .map((each) => each.slice(kind.length + 1));
  const noun = kind === "typedef" ? "type" : kind;
  return refuse(
    at,
    `there is no ${noun} '${name}' in module '${module.name}'${nearest(name, [...known, ...alsoKnown])}`,
  );
}
