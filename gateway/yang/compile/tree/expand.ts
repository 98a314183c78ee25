/** RFC 7950 §7.9, §7.12, §7.13, §7.14 — statements → expanded nodes: groupings, refinements, shorthand cases. */
import { child, childrenOf, type Statement } from "../../parse/statement.ts";
import type { Features } from "../features.ts";
import { argument, refuse } from "../finding.ts";
import { type Module, resolveName } from "../module-set.ts";
import { inside, lookUp, type Placed, type Scope } from "../scope.ts";
import { descend, type Expanded, type NodeKeyword, nodeKeyword, type Step } from "./expanded.ts";

export interface Expansion {
  /** The module in whose namespace the nodes are made. */
  readonly module: Module;
  readonly features: Features;
  /** The groupings that are being expanded, against circles. */
  readonly within: readonly Statement[];
}

/** The nodes that the substatements of `parent` make, `uses` included, in source order. `scope` is the scope inside. */
export function expandChildren(parent: Statement, scope: Scope, expansion: Expansion): Expanded[] {
  const nodes: Expanded[] = [];
  for (const statement of parent.children) {
    const keyword = nodeKeyword(statement.keyword);
    if (keyword === undefined && statement.keyword !== "uses") continue;
    if (!expansion.features.holds(statement, scope.unit)) continue;
    if (keyword === undefined) nodes.push(...expandUses(statement, scope, expansion));
    else nodes.push(expandNode(statement, keyword, scope, expansion));
  }
  return nodes;
}

/** RFC 7950 §6.2. */
const IDENTIFIER = /^[A-Za-z_][\w.-]*$/;

/** One node with everything below it. */
export function expandNode(statement: Statement, keyword: NodeKeyword, scope: Scope, expansion: Expansion): Expanded {
  const isOperationPart = keyword === "input" || keyword === "output";
  const within = inside(scope, statement);
  const children = expandChildren(statement, within, expansion);
  if (!isOperationPart && !IDENTIFIER.test(argument(statement))) {
    refuse(statement, "a name has letters, digits, '_', '-' and '.', and starts with a letter or '_'");
  }
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
  };
  if (keyword === "choice") node.children = children.map(asCase);
  if (keyword === "rpc" || keyword === "action") node.children = inputAndOutput(node);
  return node;
}

const implicit = (parent: Expanded, keyword: NodeKeyword, name: string, children: Expanded[]): Expanded => ({
  keyword,
  name,
  module: parent.module,
  statement: parent.statement,
  properties: [],
  children,
  conditions: [],
});

/** RFC 7950 §7.9.2: a node directly in a choice stands in a case of its own name. */
export const asCase = (node: Expanded): Expanded =>
  node.keyword === "case" ? node : implicit(node, "case", node.name, [node]);

/** RFC 7950 §7.14: both always exist as schema nodes, so that augments reach them and SIDs are given to them. */
const inputAndOutput = (operation: Expanded): Expanded[] =>
  (["input", "output"] as const).map(
    (keyword) =>
      operation.children.find((each) => each.keyword === keyword) ?? implicit(operation, keyword, keyword, []),
  );

function expandUses(uses: Statement, scope: Scope, expansion: Expansion): Expanded[] {
  const grouping = lookUp("grouping", uses, scope);
  if (expansion.within.includes(grouping.statement)) refuse(uses, "the grouping uses itself");
  const inner: Expansion = { ...expansion, within: [...expansion.within, grouping.statement] };
  let nodes = expandChildren(grouping.statement, inside(grouping.scope, grouping.statement), inner);
  const usesScope = inside(scope, uses);

  for (const refine of childrenOf(uses, "refine")) {
    const node = target(nodes, refine, scope);
    if (!expansion.features.holds(refine, scope.unit)) nodes = without(nodes, node);
    else node.properties = refined(node.properties, refine, inside(usesScope, refine));
  }
  for (const augment of childrenOf(uses, "augment")) {
    const node = target(nodes, augment, scope);
    if (expansion.features.holds(augment, scope.unit)) addAugment(node, augment, usesScope, expansion);
  }
  const when = child(uses, "when");
  if (when) for (const node of nodes) node.conditions.push({ statement: when, scope: usesScope });
  return nodes;
}

function target(nodes: readonly Expanded[], statement: Statement, scope: Scope): Expanded {
  const steps: readonly Step[] = argument(statement)
    .split("/")
    .map((part) => {
      const { module, name } = resolveName(scope.unit, part.trim(), statement);
      return { module: part.includes(":") ? module.name : undefined, name };
    });
  return descend(nodes, steps) ?? refuse(statement, `the grouping has no node '${statement.argument}'`);
}

const without = (nodes: readonly Expanded[], gone: Expanded): Expanded[] =>
  nodes
    .filter((each) => each !== gone)
    .map((each) => {
      each.children = without(each.children, gone);
      return each;
    });

/** RFC 7950 §7.13.2: what a refine adds to; everything else it replaces. */
const ADDED: ReadonlySet<string> = new Set(["must", "if-feature"]);

/** The properties of a node after `refine` or `deviate replace`. */
export function refined(properties: readonly Placed[], change: Statement, scope: Scope): readonly Placed[] {
  const replaced = new Set(change.children.map((each) => each.keyword).filter((keyword) => !ADDED.has(keyword)));
  return [
    ...properties.filter((each) => !replaced.has(each.statement.keyword)),
    ...change.children.map((statement) => ({ statement, scope })),
  ];
}

const AUGMENTABLE: ReadonlySet<NodeKeyword> = new Set([
  "container",
  "list",
  "choice",
  "case",
  "input",
  "output",
  "notification",
]);

/** RFC 7950 §7.17: adds the children of an `augment` to its target. */
export function addAugment(node: Expanded, augment: Statement, scope: Scope, expansion: Expansion): void {
  if (!AUGMENTABLE.has(node.keyword)) refuse(augment, `a ${node.keyword} cannot be augmented`);
  const within = inside(scope, augment);
  const added = expandChildren(augment, within, expansion);
  const when = child(augment, "when");
  if (when) for (const each of added) each.conditions.push({ statement: when, scope: within });
  for (const each of added) {
    if (each.keyword === "case" && node.keyword !== "choice")
      refuse(each.statement, "a case can only be added to a choice");
    const other = node.children.find((one) => one.name === each.name && one.module === each.module);
    if (other)
      refuse(
        each.statement,
        `'${node.name}' has a child '${each.name}' already (${other.statement.file}:${other.statement.line})`,
      );
    node.children.push(node.keyword === "choice" ? asCase(each) : each);
  }
}

/** `mandatory`, `config` and the like: the argument is true or false. */
export function truth(placed: Placed | undefined): boolean | undefined {
  if (!placed) return undefined;
  const value = placed.statement.argument;
  if (value !== "true" && value !== "false") refuse(placed.statement, "the value must be true or false");
  return value === "true";
}
