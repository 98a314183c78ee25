/**
 * RFC 7950 §5.5, §6.2.1, §6.3.1 — the definitions below the top of a module, each found by name without a search, and the
 * extension statements, whose prefixes and names must be known.
 */
import { nearest } from "../parse/nearest.ts";
import { child, type Statement } from "../parse/statement.ts";
import { argument, placeOf, refuse } from "./finding.ts";
import { type Module, moduleOfPrefix, type Unit } from "./module-set.ts";

/** `typedef name` or `grouping name` → its statement. */
export type LocalDefinitions = ReadonlyMap<string, Statement>;
/** By the statement in which they stand; a statement without definitions is not there. */
export type Definitions = ReadonlyMap<Statement, LocalDefinitions>;

const SCOPED: ReadonlySet<string> = new Set(["typedef", "grouping"]);

/** Throws UsageError `yang.compile`. */
export function collectLocalDefinitions(modules: readonly Module[], isBuiltIn: (type: string) => boolean): Definitions {
  const all = new Map<Statement, LocalDefinitions>();
  for (const module of modules) {
    for (const { statement } of module.definitions.values()) {
      if (statement.keyword === "typedef") checkTypeName(statement, isBuiltIn);
    }
    for (const unit of module.units) walk(unit, unit.root, [], all, isBuiltIn);
  }
  return all;
}

function walk(
  unit: Unit,
  statement: Statement,
  around: readonly LocalDefinitions[],
  all: Map<Statement, LocalDefinitions>,
  isBuiltIn: (type: string) => boolean,
): void {
  let own: Map<string, Statement> | undefined;
  if (statement !== unit.root) {
    for (const each of statement.children) {
      if (!SCOPED.has(each.keyword)) continue;
      const key = `${each.keyword} ${argument(each)}`;
      const other =
        own?.get(key) ??
        around.find((outer) => outer.has(key))?.get(key) ??
        unit.module.definitions.get(key)?.statement;
      // RFC 7950 §5.5: a definition does not hide another one.
      if (other)
        refuse(each, `its name is taken at ${placeOf(other)}, which can be seen from here; choose another one`);
      if (each.keyword === "typedef") checkTypeName(each, isBuiltIn);
      own ??= new Map();
      own.set(key, each);
    }
  }
  if (own) all.set(statement, own);
  const inner = own ? [own, ...around] : around;
  for (const each of statement.children) {
    if (each.keyword.includes(":")) checkExtension(each, unit);
    if (each.children.length > 0) walk(unit, each, inner, all, isBuiltIn);
  }
}

/** RFC 7950 §7.3. */
function checkTypeName(typedef: Statement, isBuiltIn: (type: string) => boolean): void {
  if (isBuiltIn(argument(typedef))) refuse(typedef, "this is the name of a built-in type; choose another one");
}

/** RFC 7950 §7.19: an extension is used as its definition says. */
function checkExtension(statement: Statement, unit: Unit): void {
  const [prefix = "", keyword = ""] = statement.keyword.split(":");
  const module = moduleOfPrefix(unit, prefix, statement);
  const definition = module.definitions.get(`extension ${keyword}`);
  if (!definition) {
    const known = [...module.definitions.keys()]
      .filter((key) => key.startsWith("extension "))
      .map((key) => key.slice("extension ".length));
    refuse(statement, `there is no extension '${keyword}' in module '${module.name}'${nearest(keyword, known)}`);
  }
  const takesArgument = child(definition.statement, "argument") !== undefined;
  if (takesArgument && statement.argument === undefined) refuse(statement, "the extension needs an argument");
  if (!takesArgument && statement.argument !== undefined) refuse(statement, "the extension takes no argument");
}
