/**
 * RFC 7950 §5.1 — the modules of one schema: which revision each import means, which submodules belong to a module, what
 * a prefix stands for, and the definitions at the top of a module.
 */
import { nearest } from "../parse/nearest.ts";
import { argumentOf, child, childrenOf, type Statement } from "../parse/statement.ts";
import { argument, refuse } from "./finding.ts";

/** One source file: a module or a submodule with its own prefixes. */
export interface Unit {
  readonly root: Statement;
  readonly module: Module;
  readonly prefixes: ReadonlyMap<string, Module>;
}

export interface Module {
  readonly name: string;
  readonly revision: string;
  readonly namespace: string;
  /** The module itself first, then its submodules. */
  readonly units: readonly Unit[];
  /** Statements at the top of all units by `keyword name`: typedef, grouping, feature, identity, extension. */
  readonly definitions: ReadonlyMap<string, Definition>;
}

export interface Definition {
  readonly statement: Statement;
  readonly unit: Unit;
}

/** Finds the source of a module or submodule; without revision the newest. */
export type FindSource = (name: string, revision: string | undefined) => Statement | undefined;

const DEFINITIONS: ReadonlySet<string> = new Set(["typedef", "grouping", "feature", "identity", "extension"]);

/** RFC 7950 §7.1.9: the newest `revision`, "" when the module has none. */
export const revisionOf = (root: Statement): string =>
  childrenOf(root, "revision")
    .map((each) => each.argument ?? "")
    .sort()
    .at(-1) ?? "";

/** Links modules with everything they import; each module stands once however many roads lead to it. */
export function linkModules(roots: readonly Statement[], find: FindSource): readonly Module[] {
  const linked = new Map<Statement, Module>();

  const link = (root: Statement): Module => {
    const known = linked.get(root);
    if (known) return known;
    for (const keyword of ["namespace", "prefix"]) {
      if (!child(root, keyword)) refuse(root, `a module needs a ${keyword}`);
    }
    const units: Unit[] = [];
    const definitions = new Map<string, Definition>();
    const module: Module = {
      name: argument(root),
      revision: revisionOf(root),
      namespace: argumentOf(root, "namespace") ?? "",
      units,
      definitions,
    };
    // Known before its imports are followed: RFC 7950 §5.1 forbids circles of imports, but published modules have them.
    linked.set(root, module);
    for (const unitRoot of withSubmodules(root)) {
      const unit: Unit = { root: unitRoot, module, prefixes: prefixesOf(unitRoot, module) };
      units.push(unit);
      collectDefinitions(unit, definitions);
    }
    return module;
  };

  const withSubmodules = (root: Statement): readonly Statement[] => {
    const found = [root];
    for (const unit of found) {
      for (const include of childrenOf(unit, "include")) {
        const name = argument(include);
        const source = find(name, argumentOf(include, "revision-date"));
        if (source?.keyword !== "submodule") refuse(include, `there is no submodule '${name}'${wanted(include)}`);
        if (argumentOf(source, "belongs-to") !== root.argument) {
          refuse(include, `submodule '${name}' belongs to module '${argumentOf(source, "belongs-to")}'`);
        }
        if (!found.includes(source)) found.push(source);
      }
    }
    return found;
  };

  const prefixesOf = (root: Statement, module: Module): ReadonlyMap<string, Module> => {
    const prefixes = new Map<string, Module>();
    const own = child(root.keyword === "module" ? root : (child(root, "belongs-to") ?? root), "prefix");
    if (own) prefixes.set(argument(own), module);
    for (const statement of childrenOf(root, "import")) {
      const name = argument(statement);
      const source = find(name, argumentOf(statement, "revision-date"));
      if (source?.keyword !== "module") refuse(statement, `there is no module '${name}'${wanted(statement)}`);
      const prefix = child(statement, "prefix") ?? refuse(statement, "an import needs a prefix");
      if (prefixes.has(argument(prefix))) refuse(prefix, `the prefix '${prefix.argument}' is taken`);
      prefixes.set(argument(prefix), link(source));
    }
    return prefixes;
  };

  for (const root of roots) link(root);
  return [...linked.values()];
}

const wanted = (statement: Statement): string => {
  const date = argumentOf(statement, "revision-date");
  return date === undefined ? " in the model folders" : ` of revision ${date} in the model folders`;
};

function collectDefinitions(unit: Unit, definitions: Map<string, Definition>): void {
  for (const statement of unit.root.children) {
    if (!DEFINITIONS.has(statement.keyword)) continue;
    const key = `${statement.keyword} ${argument(statement)}`;
    const other = definitions.get(key);
    if (other) refuse(statement, `it is defined already at ${other.statement.file}:${other.statement.line}`);
    definitions.set(key, { statement, unit });
  }
}

/** The module that a prefix stands for. */
export function moduleOfPrefix(unit: Unit, prefix: string, at: Statement): Module {
  const module = unit.prefixes.get(prefix);
  return module ?? refuse(at, `there is no prefix '${prefix}'${nearest(prefix, unit.prefixes.keys())}`);
}

/** `prefix:name` → the module meant and the bare name; without a prefix the module of the unit. */
export function resolveName(
  unit: Unit,
  name: string,
  at: Statement,
): { readonly module: Module; readonly name: string } {
  const colon = name.indexOf(":");
  if (colon < 0) return { module: unit.module, name };
  return { module: moduleOfPrefix(unit, name.slice(0, colon), at), name: name.slice(colon + 1) };
}
