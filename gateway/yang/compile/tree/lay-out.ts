/**
 * Expanded nodes → schema nodes: choices and cases become facts of the nodes below them, config is inherited, and each
 * statement's own rules are checked (RFC 7950 §7.5-7.16).
 */
import type { CaseOf } from "../../schema.ts";
import { refuse } from "../finding.ts";
import type { ResolvedType, TypeResolver } from "../types/resolve-type.ts";
import { type Draft, pathStep } from "./draft.ts";
import { truth } from "./expand.ts";
import { type Expanded, propertiesOf, property } from "./expanded.ts";
import { checkList } from "./list-rules.ts";
import { factsOf, type Surroundings, xpath } from "./node-facts.ts";

export interface Layout {
  readonly roots: readonly Draft[];
  /** All nodes, parents before children. */
  readonly drafts: readonly Draft[];
  /** Paths of choices and cases, which some .sid files number too. */
  readonly choicePaths: ReadonlySet<string>;
}

interface Context extends Surroundings {
  readonly parent: Draft | undefined;
  readonly siblings: Draft[];
  /** Below an rpc, action, notification or structure `config` means nothing (RFC 7950 §7.21.1). */
  readonly configMatters: boolean;
  readonly longPath: string;
  readonly moduleAbove: string | undefined;
}

/** Lays out data roots and structures; throws UsageError `yang.compile` at the first rule that is broken. */
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
      checkDefaultCase(node);
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
    if (node.keyword === "list") checkList(draft, context.config && context.configMatters);
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

/** RFC 7950 §7.9.3. */
function checkDefaultCase(choice: Expanded): void {
  const chosen = property(choice, "default");
  if (chosen && !choice.children.some((each) => each.name === chosen.statement.argument)) {
    refuse(chosen.statement, "the choice has no such case");
  }
}

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
