/**
 * Expanded nodes → schema nodes: choices and cases become facts of the nodes below them, config is inherited, and each
 * statement's own rules are checked (RFC 7950 §7.5-7.16).
 */
import type { CaseOf } from "../../schema.ts";
import type { Expressions } from "../expressions.ts";
import { placeOf, refuse } from "../finding.ts";
import { MAX_LEVELS } from "../limits.ts";
import type { ResolvedType, TypeResolver } from "../types/resolve-type.ts";
import { checkCases, checkChoice } from "./choice-rules.ts";
import { type Draft, pathStep } from "./draft.ts";
import { type Expanded, propertiesOf, property, truth } from "./expanded.ts";
import { checkList, keyNames } from "./list-rules.ts";
import { factsOf, type Surroundings } from "./node-facts.ts";
import { checkOperationPlace } from "./operation-rules.ts";

export interface Layout {
  readonly roots: readonly Draft[];
  /** All nodes, parents before children. */
  readonly drafts: readonly Draft[];
  /** The nodes of groupings that nobody uses. */
  readonly unplaced: readonly Draft[];
  /** Paths of choices and cases, which some .sid files number too. */
  readonly choicePaths: ReadonlySet<string>;
  /** The same of those that a feature or deviation took away. */
  readonly absentChoicePaths: ReadonlySet<string>;
}

export interface Trees {
  readonly data: readonly Expanded[];
  readonly structures: readonly Expanded[];
  /** Groupings without a place: `config` and keys are not settled yet. */
  readonly unused: readonly Expanded[];
}

interface Context extends Surroundings {
  readonly parent: Draft | undefined;
  readonly siblings: Draft[];
  /** RFC 7950 §6.2.1: names that share a namespace, and the nodes that have them. */
  readonly names: Map<string, Expanded>;
  /** Below an rpc, action, notification or structure `config` means nothing (RFC 7950 §7.21.1). */
  readonly configMatters: boolean;
  /** The operation, notification or keyless list around, in which no action or notification can be. */
  readonly closedBy: Expanded | undefined;
  readonly keys: ReadonlySet<string>;
  readonly longPath: string;
  readonly moduleAbove: string | undefined;
  readonly level: number;
  readonly absent: boolean;
  /** Not checked: a list without key is right or wrong only where its grouping is used. */
  readonly unplaced: boolean;
}

/** Lays out the trees; throws UsageError `yang.compile` at the first rule that is broken. */
export function layOut(trees: Trees, types: TypeResolver, expressions: Expressions): Layout {
  const drafts: Draft[] = [];
  const unplaced: Draft[] = [];
  const choicePaths = new Set<string>();
  const absentChoicePaths = new Set<string>();
  const textOf = expressions.textOf;

  const place = (node: Expanded, context: Context): void => {
    const longPath = pathStep(context.longPath, context.moduleAbove, node.module.name, node.name);
    takeName(node, context);
    const below: Context = {
      ...context,
      longPath,
      moduleAbove: node.module.name,
      config: configOf(node, context),
      parentWhen: [...context.parentWhen, ...node.conditions.map(textOf)],
      level: context.level + 1,
      absent: context.absent || node.absent,
    };
    if (below.level > MAX_LEVELS) refuse(node.statement, `nodes are nested deeper than ${MAX_LEVELS}`);
    if (node.keyword !== "choice") {
      placeNode(node, below);
      return;
    }
    (below.absent ? absentChoicePaths : choicePaths).add(longPath);
    checkChoice(node);
    for (const one of node.children) placeCase(node, one, withWhen(below, node));
    if (!context.unplaced) checkCases(node);
  };

  const placeCase = (choice: Expanded, one: Expanded, context: Context): void => {
    const longPath = pathStep(context.longPath, context.moduleAbove, one.module.name, one.name);
    const absent = context.absent || one.absent;
    (absent ? absentChoicePaths : choicePaths).add(longPath);
    const of: CaseOf = {
      choice: choice.name,
      case: one.name,
      mandatory: truth(property(choice, "mandatory")) ?? false,
      isDefault: property(choice, "default")?.statement.argument?.replace(/^.*:/, "") === one.name,
    };
    const below: Context = {
      ...context,
      longPath,
      moduleAbove: one.module.name,
      cases: [...context.cases, of],
      parentWhen: [...context.parentWhen, ...one.conditions.map(textOf)],
      absent,
    };
    for (const each of one.children) place(each, withWhen(below, one));
  };

  /** A `when` of a choice or case is evaluated at the data parent (RFC 7950 §7.21.5). */
  const withWhen = (context: Context, node: Expanded): Context => ({
    ...context,
    parentWhen: [...context.parentWhen, ...propertiesOf(node, "when").map(textOf)],
  });

  const placeNode = (node: Expanded, context: Context): void => {
    const { keyword } = node;
    if (context.closedBy) checkOperationPlace(node, context.closedBy);
    const type = keyword === "leaf" || keyword === "leaf-list" ? typeOf(node, types) : undefined;
    const children: Draft[] = [];
    const draft: Draft = {
      facts: factsOf(node, type, context, expressions),
      parent: context.parent,
      children,
      source: node,
      type,
      isKey: context.keys.has(node.name),
      absent: context.absent,
      longPath: context.longPath,
    };
    (context.unplaced ? unplaced : drafts).push(draft);
    context.siblings.push(draft);
    const operation = keyword === "rpc" || keyword === "action" || keyword === "notification";
    const keys = keyword === "list" ? keyNames(node) : [];
    const closes = operation || (keyword === "list" && keys.length === 0 && !context.unplaced);
    const below: Context = {
      ...context,
      parent: draft,
      siblings: children,
      names: new Map(),
      config: context.config && !operation,
      configMatters: context.configMatters && !operation,
      closedBy: closes ? node : context.closedBy,
      keys: new Set(keys),
      cases: [],
      parentWhen: [],
    };
    for (const each of node.children) place(each, below);
    if (keyword === "list") checkList(draft, context.config && context.configMatters);
  };

  const top = {
    parent: undefined,
    config: true,
    cases: [],
    parentWhen: [],
    longPath: "",
    moduleAbove: undefined,
    closedBy: undefined,
    keys: new Set<string>(),
    level: 0,
    absent: false,
  };
  const data: Draft[] = [];
  const structures: Draft[] = [];
  const names = new Map<string, Expanded>();
  for (const root of trees.data) {
    place(root, { ...top, siblings: data, names, configMatters: true, structure: false, unplaced: false });
  }
  // Structures have names of their own, and share none with each other but for what is checked where they are made.
  for (const root of trees.structures) {
    const own = { siblings: structures, names: new Map(), configMatters: false, structure: true, unplaced: false };
    place(root, { ...top, ...own });
  }
  for (const root of trees.unused) {
    const own = { siblings: [], names: new Map(), configMatters: false, structure: false, unplaced: true };
    place(root, { ...top, ...own });
  }
  return { roots: [...data, ...structures], drafts, unplaced, choicePaths, absentChoicePaths };
}

/** RFC 7950 §6.2.1: choices take part; cases have names of their own within their choice. */
function takeName(node: Expanded, { names }: Context): void {
  const key = `${node.module.name}:${node.name}`;
  const twin = names.get(key);
  if (twin) refuse(node.statement, `its parent has a child '${node.name}' already (${placeOf(twin.statement)})`);
  names.set(key, node);
}

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
