/**
 * Expanded nodes → schema nodes: choices and cases become facts of the nodes below them, config is inherited, and each
 * statement's own rules are checked (RFC 7950 §7.5-7.16).
 */
import { child } from "../parse/statement.ts";
import type { CaseOf } from "../schema.ts";
import { defaultText } from "./defaults.ts";
import { type Draft, type NodeFacts, pathStep } from "./draft.ts";
import { truth } from "./expand.ts";
import { type Expanded, propertiesOf, property } from "./expanded.ts";
import { argument, refuse } from "./finding.ts";
import type { Placed } from "./scope.ts";
import type { ResolvedType, TypeResolver } from "./types.ts";
import { qualifyPrefixes } from "./xpath-prefixes.ts";

export interface Layout {
  readonly roots: readonly Draft[];
  /** All nodes, parents before children. */
  readonly drafts: readonly Draft[];
  /** Paths of choices and cases, which some .sid files number too. */
  readonly choicePaths: ReadonlySet<string>;
}

/** What the surroundings say of a node. */
interface Context {
  readonly parent: Draft | undefined;
  readonly siblings: Draft[];
  readonly config: boolean;
  /** Below an rpc, action, notification or structure `config` means nothing (RFC 7950 §7.21.1). */
  readonly configMatters: boolean;
  readonly structure: boolean;
  readonly cases: readonly CaseOf[];
  readonly parentWhen: readonly string[];
  readonly longPath: string;
  readonly moduleAbove: string | undefined;
}

export function layOut(dataRoots: readonly Expanded[], structures: readonly Expanded[], types: TypeResolver): Layout {
  const roots: Draft[] = [];
  const drafts: Draft[] = [];
  const choicePaths = new Set<string>();

  const place = (node: Expanded, context: Context): void => {
    const longPath = pathStep(context.longPath, context.moduleAbove, node.module.name, node.name);
    const below: Context = {
      ...context,
      longPath,
      moduleAbove: node.module.name,
      config: configOf(node, context),
      parentWhen: [...context.parentWhen, ...node.conditions.map(xpath)],
    };
    if (node.keyword === "choice") {
      choicePaths.add(longPath);
      for (const one of node.children) placeCase(node, one, withWhen(below, node));
      return;
    }
    placeNode(node, below);
  };

  const placeCase = (choice: Expanded, one: Expanded, context: Context): void => {
    const longPath = pathStep(context.longPath, context.moduleAbove, one.module.name, one.name);
    choicePaths.add(longPath);
    const of: CaseOf = {
      choice: choice.name,
      case: one.name,
      mandatory: truth(property(choice, "mandatory")) ?? false,
      isDefault: property(choice, "default")?.statement.argument === one.name,
    };
    const conditions = [...context.parentWhen, ...one.conditions.map(xpath)];
    const below = {
      ...context,
      longPath,
      moduleAbove: one.module.name,
      cases: [...context.cases, of],
      parentWhen: conditions,
    };
    for (const each of one.children) place(each, withWhen(below, one));
  };

  const placeNode = (node: Expanded, context: Context): void => {
    const twin = context.siblings.find((each) => each.facts.name === node.name && each.source.module === node.module);
    if (twin) {
      const { file, line } = twin.source.statement;
      refuse(node.statement, `its parent has a child '${node.name}' already (${file}:${line})`);
    }
    const type = node.keyword === "leaf" || node.keyword === "leaf-list" ? typeOf(node, types) : undefined;
    const children: Draft[] = [];
    const draft: Draft = {
      facts: factsOf(node, type, context),
      parent: context.parent,
      children,
      source: node,
      type,
      longPath: context.longPath,
    };
    drafts.push(draft);
    context.siblings.push(draft);
    const operation = node.keyword === "rpc" || node.keyword === "action" || node.keyword === "notification";
    const below: Context = {
      ...context,
      parent: draft,
      siblings: children,
      config: context.config && !operation,
      configMatters: context.configMatters && !operation,
      cases: [],
      parentWhen: [],
    };
    for (const each of node.children) place(each, below);
    if (node.keyword === "list") checkList(node, draft, context);
  };

  const top = {
    parent: undefined,
    siblings: roots,
    config: true,
    cases: [],
    parentWhen: [],
    longPath: "",
    moduleAbove: undefined,
  };
  for (const root of dataRoots) place(root, { ...top, configMatters: true, structure: false });
  for (const root of structures) place(root, { ...top, configMatters: false, structure: true });
  return { roots, drafts, choicePaths };
}

const xpath = ({ statement, scope }: Placed): string => qualifyPrefixes(argument(statement), scope.unit, statement);

/** A `when` of a choice or case is evaluated at the data parent (RFC 7950 §7.21.5). */
const withWhen = (context: Context, node: Expanded): Context => ({
  ...context,
  parentWhen: [...context.parentWhen, ...propertiesOf(node, "when").map(xpath)],
});

function configOf(node: Expanded, context: Context): boolean {
  const own = property(node, "config");
  const value = truth(own);
  if (value === undefined || !context.configMatters) return context.config;
  if (own && value && !context.config)
    refuse(own.statement, "below a node with config false there can be no configuration");
  return value;
}

function typeOf(node: Expanded, types: TypeResolver): ResolvedType {
  const type = property(node, "type") ?? refuse(node.statement, `a ${node.keyword} needs a type`);
  return types.resolve(type.statement, type.scope);
}

function factsOf(node: Expanded, type: ResolvedType | undefined, context: Context): NodeFacts {
  const { keyword } = node;
  if (keyword === "choice" || keyword === "case") return refuse(node.statement, `a ${keyword} cannot stand here`);
  const many = keyword === "list" || keyword === "leaf-list";
  const mandatory = truth(property(node, "mandatory")) ?? false;
  const must = propertiesOf(node, "must").map(xpath);
  const when = propertiesOf(node, "when").map(xpath);
  return {
    kind: keyword,
    name: node.name,
    module: node.module.name,
    config: context.config,
    mandatory,
    cases: some(context.cases),
    presence: keyword === "container" ? property(node, "presence") !== undefined : undefined,
    keys: keyword === "list" ? words(property(node, "key")) : undefined,
    unique: some(propertiesOf(node, "unique").map((each) => words(each).map((path) => path.replace(/[\w.-]+:/g, "")))),
    orderedByUser: many ? property(node, "ordered-by")?.statement.argument === "user" : undefined,
    minElements: many ? count(property(node, "min-elements")) : undefined,
    maxElements: many ? count(property(node, "max-elements")) : undefined,
    units: property(node, "units")?.statement.argument ?? type?.units,
    defaults: type && defaultsOf(node, type, mandatory),
    must: some(must),
    when: some(when),
    parentWhen: some(context.parentWhen),
    structure: context.structure || undefined,
    description:
      node.keyword === node.statement.keyword ? property(node, "description")?.statement.argument : undefined,
  };
}

const some = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined);

const words = (placed: Placed | undefined): readonly string[] =>
  (placed?.statement.argument ?? "").split(/\s+/).filter((word) => word !== "");

function count(placed: Placed | undefined): number | undefined {
  const text = placed?.statement.argument;
  if (placed === undefined || text === "unbounded") return undefined;
  if (text === undefined || !/^\d+$/.test(text)) return refuse(placed.statement, "a whole number must stand here");
  return Number(text);
}

function defaultsOf(node: Expanded, type: ResolvedType, mandatory: boolean): readonly string[] | undefined {
  const own = propertiesOf(node, "default");
  const [first] = own;
  if (first) {
    if (mandatory) refuse(first.statement, "a mandatory leaf takes no default");
    if (node.keyword === "leaf" && own.length > 1)
      refuse(own[1]?.statement ?? first.statement, "a leaf takes one default");
    return own.map((each) => defaultText(each, type));
  }
  const atLeastOne = (count(property(node, "min-elements")) ?? 0) > 0;
  return type.default && !mandatory && !atLeastOne ? [defaultText(type.default, type)] : undefined;
}

function checkList(node: Expanded, draft: Draft, context: Context): void {
  const key = property(node, "key");
  if (!key) {
    if (context.config && context.configMatters) refuse(node.statement, "a list of configuration needs a key");
  } else {
    const names = words(key);
    for (const [index, name] of names.entries()) {
      const leaf = draft.children.find((each) => each.facts.name === name.replace(/^.*:/, ""));
      if (leaf?.facts.kind !== "leaf") refuse(key.statement, `the list has no leaf '${name}'`);
      if (leaf.facts.config !== draft.facts.config)
        refuse(
          key.statement,
          `the key '${name}' must be ${context.config ? "config true" : "config false"} as its list`,
        );
      if (names.indexOf(name) !== index) refuse(key.statement, `the key '${name}' stands twice`);
    }
  }
  for (const unique of propertiesOf(node, "unique")) {
    for (const path of words(unique)) {
      let level: readonly Draft[] = draft.children;
      let found: Draft | undefined;
      for (const name of path.split("/")) {
        found = level.find((each) => each.facts.name === name.replace(/^.*:/, ""));
        level = found?.children ?? [];
      }
      if (found?.facts.kind !== "leaf") refuse(unique.statement, `'${path}' leads to no leaf of the list`);
    }
  }
  const min = draft.facts.minElements ?? 0;
  if (min > (draft.facts.maxElements ?? Number.POSITIVE_INFINITY)) {
    refuse(child(node.statement, "min-elements") ?? node.statement, "min-elements is above max-elements");
  }
}
