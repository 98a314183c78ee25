/**
 * Expanded nodes → schema nodes: choices and cases become facts of the nodes below them, config is inherited, and each
 * statement's own rules are checked (RFC 7950 §7.5-7.16).
 */
import type { CaseOf } from "../../schema.ts";
import type { Expressions } from "../expressions.ts";
import { placeOf, refuse } from "../finding.ts";
import { MAX_LEVELS } from "../limits.ts";
import type { Placed } from "../scope.ts";
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

/** What the children of one data node share, also those that stand in its choices. */
interface Family {
  readonly parent: Draft | undefined;
  readonly siblings: Draft[];
  /** RFC 7950 §6.2.1: names that share a namespace, and the nodes that have them. */
  readonly names: Map<string, Expanded>;
  readonly keys: ReadonlySet<string>;
  readonly tree: TreeRules;
  /** Below an rpc, action, notification or structure `config` means nothing (RFC 7950 §7.21.1). */
  readonly configMatters: boolean;
  /** The operation, notification or keyless list around, in which no action or notification can be. */
  readonly closedBy: Expanded | undefined;
  readonly level: number;
}

interface TreeRules {
  readonly structure: boolean;
  /** Not checked: a list without key is right or wrong only where its grouping is used. */
  readonly unplaced: boolean;
}

/** What the way down to a node says, through choices and cases. */
interface Way extends Surroundings {
  readonly longPath: string;
  readonly moduleAbove: string | undefined;
  readonly absent: boolean;
}

/** Lays out the trees; throws UsageError `yang.compile` at the first rule that is broken. */
export function layOut(trees: Trees, types: TypeResolver, expressions: Expressions): Layout {
  const drafts: Draft[] = [];
  const unplaced: Draft[] = [];
  const choicePaths = new Set<string>();
  const absentChoicePaths = new Set<string>();
  const textsOf = (conditions: readonly Placed[]): readonly string[] => conditions.map(expressions.textOf);

  const place = (node: Expanded, above: Way, family: Family): void => {
    takeName(node, family);
    const way: Way = {
      longPath: pathStep(above.longPath, above.moduleAbove, node.module.name, node.name),
      moduleAbove: node.module.name,
      config: configOf(node, above.config, family.configMatters),
      cases: above.cases,
      parentWhen: joined(above.parentWhen, textsOf(node.conditions)),
      absent: above.absent || node.absent,
    };
    if (node.keyword !== "choice") {
      placeNode(node, way, family);
      return;
    }
    (way.absent ? absentChoicePaths : choicePaths).add(way.longPath);
    checkChoice(node);
    const below = withWhen(way, node);
    for (const one of node.children) placeCase(node, one, below, family);
    if (!family.tree.unplaced) checkCases(node);
  };

  const placeCase = (choice: Expanded, one: Expanded, above: Way, family: Family): void => {
    const of: CaseOf = {
      choice: choice.name,
      case: one.name,
      mandatory: truth(property(choice, "mandatory")) ?? false,
      isDefault: property(choice, "default")?.statement.argument?.replace(/^.*:/, "") === one.name,
      conditions: above.parentWhen?.length,
    };
    const way: Way = {
      longPath: pathStep(above.longPath, above.moduleAbove, one.module.name, one.name),
      moduleAbove: one.module.name,
      config: above.config,
      cases: [...above.cases, of],
      parentWhen: joined(above.parentWhen, textsOf(one.conditions)),
      absent: above.absent || one.absent,
    };
    (way.absent ? absentChoicePaths : choicePaths).add(way.longPath);
    const below = withWhen(way, one);
    for (const each of one.children) place(each, below, family);
  };

  /** A `when` of a choice or case is evaluated at the data parent (RFC 7950 §7.21.5). */
  const withWhen = (way: Way, node: Expanded): Way => ({
    ...way,
    parentWhen: joined(way.parentWhen, textsOf(propertiesOf(node, "when"))),
  });

  const placeNode = (node: Expanded, way: Way, family: Family): void => {
    const { keyword } = node;
    if (family.level > MAX_LEVELS) refuse(node.statement, `nodes are nested deeper than ${MAX_LEVELS}`);
    if (family.closedBy) checkOperationPlace(node, family.closedBy);
    const type = keyword === "leaf" || keyword === "leaf-list" ? typeOf(node, types) : undefined;
    const draft: Draft = {
      facts: factsOf(node, type, { around: way, structure: family.tree.structure, expressions }),
      parent: family.parent,
      children: [],
      source: node,
      type,
      isKey: family.keys.has(node.name) && node.module === family.parent?.source.module,
      absent: way.absent,
      longPath: way.longPath,
    };
    (family.tree.unplaced ? unplaced : drafts).push(draft);
    family.siblings.push(draft);
    if (node.children.length > 0) placeChildren(draft, way, family);
    if (keyword === "list") checkList(draft, way.config && family.configMatters);
  };

  const placeChildren = (draft: Draft, above: Way, family: Family): void => {
    const { source, children } = draft;
    const { keyword } = source;
    const operation = keyword === "rpc" || keyword === "action" || keyword === "notification";
    const keys = keyword === "list" ? keyNames(source) : [];
    const closes = operation || (keyword === "list" && keys.length === 0 && !family.tree.unplaced);
    const below: Family = {
      parent: draft,
      siblings: children,
      names: new Map(),
      keys: new Set(keys),
      tree: family.tree,
      configMatters: family.configMatters && !operation,
      closedBy: closes ? source : family.closedBy,
      level: family.level + 1,
    };
    const way: Way = { ...above, config: above.config && !operation, cases: [], parentWhen: [] };
    for (const each of source.children) place(each, way, below);
  };

  const placeRoots = (roots: readonly Expanded[], siblings: Draft[], tree: TreeRules): readonly Draft[] => {
    const shared = new Map<string, Expanded>();
    for (const root of roots) {
      // Structures and groupings have names of their own.
      const names = tree === DATA ? shared : new Map<string, Expanded>();
      place(root, TOP, { ...TOP_FAMILY, siblings, names, tree, configMatters: tree === DATA });
    }
    return siblings;
  };

  const data = placeRoots(trees.data, [], DATA);
  const structures = placeRoots(trees.structures, [], { structure: true, unplaced: false });
  placeRoots(trees.unused, [], { structure: false, unplaced: true });
  return { roots: [...data, ...structures], drafts, unplaced, choicePaths, absentChoicePaths };
}

const DATA: TreeRules = { structure: false, unplaced: false };
const TOP: Way = { longPath: "", moduleAbove: undefined, config: true, cases: [], parentWhen: [], absent: false };
const TOP_FAMILY = { parent: undefined, keys: new Set<string>(), closedBy: undefined, level: 1 };

const joined = (above: readonly string[], own: readonly string[]): readonly string[] =>
  own.length === 0 ? above : [...above, ...own];

/** RFC 7950 §6.2.1: choices take part; cases have names of their own within their choice. */
function takeName(node: Expanded, { names }: Family): void {
  const key = `${node.module.name}:${node.name}`;
  const twin = names.get(key);
  if (twin) refuse(node.statement, `its parent has a child '${node.name}' already (${placeOf(twin.statement)})`);
  names.set(key, node);
}

function configOf(node: Expanded, above: boolean, matters: boolean): boolean {
  const own = property(node, "config");
  const value = truth(own);
  if (value === undefined || !matters) return above;
  if (own && value && !above) refuse(own.statement, "below a node with config false there can be no configuration");
  return value;
}

function typeOf(node: Expanded, types: TypeResolver): ResolvedType {
  const type = property(node, "type") ?? refuse(node.statement, `a ${node.keyword} needs a type`);
  return types.resolve(type.statement, type.scope);
}
