/** RFC 7950 §7.9, §7.12, §7.13, §7.14 — statements → expanded nodes: groupings, shorthand cases, implicit input and output. */
import { child, childrenOf, type Statement } from "../../parse/statement.ts";
import type { Definitions } from "../definitions.ts";
import type { Features } from "../features.ts";
import { argument, refuse } from "../finding.ts";
import { MAX_CHAIN, MAX_LEVELS, MAX_NODES } from "../limits.ts";
import type { Module } from "../module-set.ts";
import { inside, lookUp, type Placed, type Scope } from "../scope.ts";
import { attach } from "./attach.ts";
import { asCase, type Expanded, type Finder, implicit, type NodeKeyword, nodeKeyword, openFinder } from "./expanded.ts";
import { descendantSteps, refineNode } from "./refine.ts";

/** What all expansions of one compilation share. */
export interface Workshop {
  readonly features: Features;
  readonly definitions: Definitions;
  readonly finder: Finder;
  /** Nodes and `uses` so far. */
  count: number;
  /** The groupings that some `uses` named. */
  readonly usedGroupings: Set<Statement>;
}

export const openWorkshop = (features: Features, definitions: Definitions): Workshop => ({
  features,
  definitions,
  finder: openFinder(),
  count: 0,
  usedGroupings: new Set(),
});

export interface Expansion {
  /** The module in whose namespace the nodes are made. */
  readonly module: Module;
  readonly workshop: Workshop;
  /** The groupings that are being expanded, against circles. */
  readonly within: readonly Statement[];
  readonly level: number;
}

export const startExpansion = (module: Module, workshop: Workshop): Expansion => ({
  module,
  workshop,
  within: [],
  level: 0,
});

/** The nodes that the substatements of `parent` make, `uses` included, in source order. `scope` is the scope inside. */
export function expandChildren(parent: Statement, scope: Scope, expansion: Expansion): Expanded[] {
  const nodes: Expanded[] = [];
  for (const statement of parent.children) {
    const keyword = nodeKeyword(statement.keyword);
    if (keyword === undefined && statement.keyword !== "uses") continue;
    const added =
      keyword === undefined
        ? expandUses(statement, scope, expansion)
        : [expandNode(statement, keyword, scope, expansion)];
    const present = expansion.workshop.features.holds(statement, scope.unit);
    for (const node of added) {
      if (!present) node.absent = true;
      nodes.push(node);
    }
  }
  return nodes;
}

function count(statement: Statement, { workshop, level }: Expansion): void {
  workshop.count += 1;
  if (workshop.count > MAX_NODES) {
    refuse(statement, `with its groupings written out the model set has more than ${MAX_NODES} nodes`);
  }
  if (level > MAX_LEVELS) refuse(statement, `nodes are nested deeper than ${MAX_LEVELS}`);
}

/** One node with everything below it. */
export function expandNode(statement: Statement, keyword: NodeKeyword, scope: Scope, expansion: Expansion): Expanded {
  count(statement, expansion);
  const isOperationPart = keyword === "input" || keyword === "output";
  const within = inside(scope, statement);
  const children = expandChildren(statement, within, { ...expansion, level: expansion.level + 1 });
  const node: Expanded = {
    keyword,
    name: isOperationPart ? keyword : argument(statement),
    module: expansion.module,
    statement,
    properties: statement.children
      .filter((each) => nodeKeyword(each.keyword) === undefined)
      .map((each) => ({ statement: each, scope: within })),
    children,
    conditions: [],
    absent: false,
  };
  if (keyword === "choice") node.children = children.map(asCase);
  if (keyword === "rpc" || keyword === "action") node.children = inputAndOutput(node);
  return node;
}

/** RFC 7950 §7.14: both always exist as schema nodes, so that augments reach them and SIDs are given to them. */
const inputAndOutput = (operation: Expanded): Expanded[] =>
  (["input", "output"] as const).map(
    (keyword) =>
      operation.children.find((each) => each.keyword === keyword) ?? implicit(operation, keyword, keyword, []),
  );

/** RFC 7950 §7.13. */
function expandUses(uses: Statement, scope: Scope, expansion: Expansion): Expanded[] {
  const { workshop } = expansion;
  count(uses, expansion);
  const grouping = lookUp("grouping", uses, scope, workshop.definitions);
  workshop.usedGroupings.add(grouping.statement);
  if (expansion.within.includes(grouping.statement)) refuse(uses, "the grouping uses itself");
  if (expansion.within.length > MAX_CHAIN) refuse(uses, `groupings lead on for more than ${MAX_CHAIN} steps`);
  const inner: Expansion = { ...expansion, within: [...expansion.within, grouping.statement] };
  const nodes = expandChildren(grouping.statement, inside(grouping.scope, grouping.statement), inner);
  const usesScope = inside(scope, uses);

  for (const refine of childrenOf(uses, "refine")) {
    const node = target(nodes, refine, scope, workshop);
    refineNode(node, { statement: refine, scope: usesScope });
    if (!workshop.features.holds(refine, scope.unit)) node.absent = true;
  }
  for (const augment of childrenOf(uses, "augment")) {
    const node = target(nodes, augment, scope, workshop);
    // What a grouping brings and what its `uses` adds are of one module, so nothing foreign is made mandatory.
    addAugment(node, { statement: augment, scope: usesScope }, expansion, false);
  }
  addConditions(nodes, uses, usesScope);
  return nodes;
}

function target(nodes: readonly Expanded[], statement: Statement, scope: Scope, { finder }: Workshop): Expanded {
  const steps = descendantSteps({ statement, scope });
  return finder.descend(nodes, steps) ?? refuse(statement, `the grouping has no node '${statement.argument}'`);
}

/** RFC 7950 §7.17: adds the children of an `augment`, which stands in `scope`; `foreign`: to another module's configuration. */
export function addAugment(node: Expanded, { statement, scope }: Placed, expansion: Expansion, foreign: boolean): void {
  const { features, finder } = expansion.workshop;
  const within = inside(scope, statement);
  const added = expandChildren(statement, within, expansion);
  addConditions(added, statement, within);
  if (!features.holds(statement, scope.unit)) for (const each of added) each.absent = true;
  attach(node, added, statement, { finder, mustBeOptional: foreign && child(statement, "when") === undefined });
}

/** RFC 7950 §7.21.5: the `when` of a uses or augment holds for each node that it brings. */
function addConditions(nodes: readonly Expanded[], statement: Statement, scope: Scope): void {
  const when = child(statement, "when");
  if (when) for (const node of nodes) node.conditions.push({ statement: when, scope });
}
