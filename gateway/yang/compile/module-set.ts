/**
 * RFC 7950 §5.1 — the modules of one schema: which revision each import means, which submodules belong to a module, what
 * a prefix stands for, and the definitions at the top of a module.
 */
import { nearest } from "../parse/nearest.ts";
import { argumentOf, child, childrenOf, type Statement } from "../parse/statement.ts";
import { argument, placeOf, refuse } from "./finding.ts";
import { MAX_CHAIN } from "./limits.ts";

/** One source file: a module or a submodule with its own prefixes. */
export interface Unit {
  readonly root: Statement;
  readonly module: Module;
  readonly prefixes: ReadonlyMap<string, Module>;
  /** Written in YANG 1 (RFC 6020), which allows less. */
  readonly old: boolean;
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

/** Finds the source of a module or submodule; without revision the one that is implemented, else the newest. */
export type FindSource = (name: string, revision: string | undefined) => Statement | undefined;

const DEFINITIONS: ReadonlySet<string> = new Set(["typedef", "grouping", "feature", "identity", "extension"]);

/** RFC 7950 §7.1.9: the newest `revision`, "" when the module has none. */
export const revisionOf = (root: Statement): string =>
  childrenOf(root, "revision")
    .map((each) => each.argument ?? "")
    .sort()
    .at(-1) ?? "";

/** RFC 6020 §7.1.2: a module without `yang-version` is of version 1. */
export const isOld = (root: Statement): boolean => argumentOf(root, "yang-version") !== "1.1";

/** Links modules with everything they import; each module stands once however many roads lead to it. */
export function linkModules(roots: readonly Statement[], find: FindSource): readonly Module[] {
  const linked = new Map<Statement, Module>();
  /** The modules whose imports are being followed. */
  const open: string[] = [];

  const link = (root: Statement, from: Statement): Module => {
    const known = linked.get(root);
    const name = argument(root);
    // RFC 7950 §5.1: there are no circles of imports.
    if (open.includes(name))
      refuse(from, `modules cannot import each other in a circle: ${[...open, name].join(" → ")}`);
    if (known) return known;
    if (open.length > MAX_CHAIN) refuse(from, `imports lead on for more than ${MAX_CHAIN} modules`);
    for (const keyword of ["namespace", "prefix"]) {
      if (!child(root, keyword)) refuse(root, `a module needs a ${keyword}`);
    }
    const units: Unit[] = [];
    const definitions = new Map<string, Definition>();
    const namespace = argumentOf(root, "namespace") ?? "";
    const module: Module = { name, revision: revisionOf(root), namespace, units, definitions };
    linked.set(root, module);
    open.push(name);
    for (const unitRoot of withSubmodules(root, find)) {
      const unit: Unit = { root: unitRoot, module, prefixes: prefixesOf(unitRoot, module), old: isOld(unitRoot) };
      units.push(unit);
      collectDefinitions(unit, definitions);
    }
    open.pop();
    return module;
  };

  const prefixesOf = (root: Statement, module: Module): ReadonlyMap<string, Module> => {
    const prefixes = new Map<string, Module>();
    const own = child(root.keyword === "module" ? root : (child(root, "belongs-to") ?? root), "prefix");
    if (own) prefixes.set(argument(own), module);
    for (const statement of childrenOf(root, "import")) {
      const source = importedSource(statement, root, find);
      const prefix = child(statement, "prefix") ?? refuse(statement, "an import needs a prefix");
      if (prefixes.has(argument(prefix))) {
        refuse(prefix, `the prefix '${prefix.argument}' is taken; give this import another one`);
      }
      prefixes.set(argument(prefix), link(source, statement));
    }
    return prefixes;
  };

  for (const root of roots) link(root, root);
  const modules = [...linked.values()];
  checkNamespaces(modules);
  return modules;
}

/** RFC 7950 §7.1.5. */
function importedSource(statement: Statement, root: Statement, find: FindSource): Statement {
  const name = argument(statement);
  const source = find(name, argumentOf(statement, "revision-date"));
  if (source?.keyword === "submodule") {
    refuse(statement, `'${name}' is a submodule; import its module '${argumentOf(source, "belongs-to")}'`);
  }
  if (!source) return refuse(statement, `there is no module '${name}'${wanted(statement)}`);
  // RFC 7950 §12.
  if (isOld(root) && !isOld(source) && child(statement, "revision-date")) {
    refuse(statement, "a module of YANG 1 cannot import one of YANG 1.1 by revision; add 'yang-version 1.1;' above");
  }
  return source;
}

/** RFC 7950 §7.1.6: the module and all that it includes, also through its submodules. */
function withSubmodules(root: Statement, find: FindSource): readonly Statement[] {
  const found = [root];
  for (const unit of found) {
    for (const include of childrenOf(unit, "include")) {
      const name = argument(include);
      const source = find(name, argumentOf(include, "revision-date"));
      if (source?.keyword !== "submodule") return refuse(include, `there is no submodule '${name}'${wanted(include)}`);
      const owner = argumentOf(source, "belongs-to");
      if (owner !== root.argument) refuse(include, `submodule '${name}' belongs to module '${owner}'`);
      // RFC 7950 §12.
      if (isOld(source) !== isOld(root)) {
        refuse(include, `'${name}' and '${root.argument}' must be of one yang-version`);
      }
      const twin = found.find((each) => each !== source && each.argument === name);
      if (twin)
        refuse(include, `'${name}' is included in two revisions, ${revisionOf(twin)} and ${revisionOf(source)}`);
      if (!found.includes(source)) found.push(source);
    }
  }
  if (isOld(root)) checkIncludeCircles(found);
  return found;
}

/** RFC 6020 §5.1; YANG 1.1 lets all submodules of a module see each other. */
function checkIncludeCircles(units: readonly Statement[]): void {
  const byName = new Map(units.map((unit) => [unit.argument, unit]));
  for (const unit of units) {
    const reached = new Set(childrenOf(unit, "include"));
    for (const include of reached) {
      if (include.argument === unit.argument) refuse(include, "submodules cannot include each other in a circle");
      const next = byName.get(include.argument);
      for (const each of next ? childrenOf(next, "include") : []) reached.add(each);
    }
  }
}

const wanted = (statement: Statement): string => {
  const date = argumentOf(statement, "revision-date");
  return date === undefined ? " in the model folders" : ` of revision ${date} in the model folders`;
};

/** RFC 7950 §5.3: a namespace is that of one module. */
function checkNamespaces(modules: readonly Module[]): void {
  const owners = new Map<string, string>();
  for (const { name, namespace, units } of modules) {
    const root = units[0]?.root;
    const owner = owners.get(namespace);
    const at = root && child(root, "namespace");
    if (at && owner !== undefined && owner !== name) refuse(at, `the namespace is that of module '${owner}'`);
    if (at && !/^\S+$/.test(namespace)) refuse(at, "a namespace is a URI such as urn:example:name");
    owners.set(namespace, name);
  }
}

function collectDefinitions(unit: Unit, definitions: Map<string, Definition>): void {
  for (const statement of unit.root.children) {
    if (!DEFINITIONS.has(statement.keyword)) continue;
    const key = `${statement.keyword} ${argument(statement)}`;
    const other = definitions.get(key);
    if (other) refuse(statement, `it is defined already at ${placeOf(other.statement)}`);
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
