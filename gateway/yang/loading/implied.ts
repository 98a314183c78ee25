/**
 * RFC 7950 §5.6.5 — a module whose nodes are used in an augment, a deviation or the path of a leafref is implemented too.
 * What is missing or wrong on the way is left to the compiler, which tells it with its place.
 */
import type { FindSource } from "../compile/module-set.ts";
import { argumentOf, childrenOf, type Statement } from "../parse/statement.ts";

const USING: ReadonlySet<string> = new Set(["augment", "deviation", "path"]);
/** Which statement defines what another one names. */
const DEFINITION: ReadonlyMap<string, string> = new Map([
  ["type", "typedef"],
  ["uses", "grouping"],
]);
const PREFIX = /([A-Za-z_][\w.-]*):/g;

/** The modules beside `named` that are implemented with them, the nearest first. */
export function impliedBy(named: readonly Statement[], find: FindSource): readonly Statement[] {
  const implemented = new Set(named);
  const seen = new Set<Statement>();

  const visit = (statement: Statement, unit: Statement): void => {
    if (seen.has(statement)) return;
    seen.add(statement);
    const { keyword, argument = "" } = statement;
    if (USING.has(keyword)) for (const used of usedIn(argument, unit)) implemented.add(used);
    const definition = DEFINITION.get(keyword);
    if (definition !== undefined) follow(definition, argument, unit);
    for (const child of statement.children) visit(child, unit);
  };
  /** A typedef or grouping at the top of a module; those inside are met on the way. */
  const follow = (keyword: string, argument: string, unit: Statement): void => {
    const [name = "", prefix] = argument.split(":").reverse();
    const module = prefix === undefined ? moduleOf(unit, find) : moduleBy(prefix, unit, find);
    for (const other of module === undefined ? [] : unitsOf(module, find)) {
      for (const each of childrenOf(other, keyword)) if (each.argument === name) visit(each, other);
    }
  };
  const usedIn = (path: string, unit: Statement): readonly Statement[] =>
    [...path.matchAll(PREFIX)].flatMap(([, prefix = ""]) => moduleBy(prefix, unit, find) ?? []);

  for (const module of implemented) for (const unit of unitsOf(module, find)) visit(unit, unit);
  return [...implemented].slice(named.length);
}

/** The module and its submodules. */
function unitsOf(module: Statement, find: FindSource): readonly Statement[] {
  const units = new Set([module]);
  for (const unit of units) {
    for (const include of childrenOf(unit, "include")) {
      const found = find(include.argument ?? "", argumentOf(include, "revision-date"));
      if (found?.keyword === "submodule") units.add(found);
    }
  }
  return [...units];
}

function moduleOf(unit: Statement, find: FindSource): Statement | undefined {
  return unit.keyword === "module" ? unit : find(argumentOf(unit, "belongs-to") ?? "", undefined);
}

function moduleBy(prefix: string, unit: Statement, find: FindSource): Statement | undefined {
  const own = unit.keyword === "module" ? unit : childrenOf(unit, "belongs-to")[0];
  if (own !== undefined && argumentOf(own, "prefix") === prefix) return moduleOf(unit, find);
  const wanted = childrenOf(unit, "import").find((each) => argumentOf(each, "prefix") === prefix);
  const found = wanted && find(wanted.argument ?? "", argumentOf(wanted, "revision-date"));
  return found?.keyword === "module" ? found : undefined;
}
