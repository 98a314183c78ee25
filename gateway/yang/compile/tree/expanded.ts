/**
 * The tree between source and schema: `uses` replaced, refined and augmented, shorthand cases and implicit input and
 * output in place, augments and deviations applied. Choices and cases are still nodes here, and so is what a feature or
 * deviation takes away: it is checked like all else, and leafrefs to it have a type.
 */
import type { Statement } from "../../parse/statement.ts";
import { refuse } from "../finding.ts";
import type { Module } from "../module-set.ts";
import type { Placed } from "../scope.ts";

/** The statements that make schema nodes (RFC 7950 §3: data definition, operation and notification statements). */
export const NODE_KEYWORDS = [
  "container",
  "leaf",
  "leaf-list",
  "list",
  "choice",
  "case",
  "anydata",
  "anyxml",
  "rpc",
  "action",
  "notification",
  "input",
  "output",
] as const;
export type NodeKeyword = (typeof NODE_KEYWORDS)[number];

const KEYWORDS: ReadonlyMap<string, NodeKeyword> = new Map(NODE_KEYWORDS.map((keyword) => [keyword, keyword]));
/** The keyword, when it makes schema nodes. */
export const nodeKeyword = (keyword: string): NodeKeyword | undefined => KEYWORDS.get(keyword);

export interface Expanded {
  readonly keyword: NodeKeyword;
  readonly name: string;
  /** Whose namespace the node is in: the module that uses a grouping, not the one that defines it. */
  readonly module: Module;
  /** Where the node was written, for findings. */
  readonly statement: Statement;
  /** Substatements that are no nodes, each with the scope it was written in; refine and deviation change them. */
  properties: readonly Placed[];
  /** Only added to, but for the last pass, which takes away what is absent. */
  children: Expanded[];
  /** `when` of the uses or augment that brought the node: evaluated at its parent. */
  readonly conditions: Placed[];
  /** A feature that is off or a deviation took it away, with all that is below it. */
  absent: boolean;
}

/** A node that stands for something nobody wrote. */
export const implicit = (parent: Expanded, keyword: NodeKeyword, name: string, children: Expanded[]): Expanded => ({
  keyword,
  name,
  module: parent.module,
  statement: parent.statement,
  properties: [],
  children,
  conditions: [],
  absent: false,
});

/** RFC 7950 §7.9.2: a node directly in a choice stands in a case of its own name. */
export const asCase = (node: Expanded): Expanded =>
  node.keyword === "case" ? node : { ...implicit(node, "case", node.name, [node]), absent: node.absent };

/** The first substatement with this keyword. */
export const property = (node: Expanded, keyword: string): Placed | undefined =>
  node.properties.find((each) => each.statement.keyword === keyword);

/** All substatements with this keyword. */
export const propertiesOf = (node: Expanded, keyword: string): readonly Placed[] =>
  node.properties.filter((each) => each.statement.keyword === keyword);

/** `mandatory`, `config` and the like: the argument is true or false. */
export function truth(placed: Placed | undefined): boolean | undefined {
  if (!placed) return undefined;
  const value = placed.statement.argument;
  if (value !== "true" && value !== "false") refuse(placed.statement, "the value must be true or false");
  return value === "true";
}

/** A step of a schema node identifier: a name, and the name of its module when it was prefixed. */
export interface Step {
  readonly module: string | undefined;
  readonly name: string;
}

/** Finds children by name without a search, while more are added. */
export interface Finder {
  /** The child of that name; without a module the first of all modules. */
  child(siblings: readonly Expanded[], step: Step): Expanded | undefined;
  /** Follows a schema node identifier (RFC 7950 §6.5), through choices and cases by their names. */
  descend(siblings: readonly Expanded[], steps: readonly Step[]): Expanded | undefined;
}

/** By name, not by object: an import by revision-date may have met an older revision of the same module. */
export function openFinder(): Finder {
  const indexes = new WeakMap<readonly Expanded[], { readonly names: Map<string, Expanded>; count: number }>();
  const child = (siblings: readonly Expanded[], { module, name }: Step): Expanded | undefined => {
    const index = indexes.get(siblings) ?? { names: new Map<string, Expanded>(), count: 0 };
    indexes.set(siblings, index);
    for (; index.count < siblings.length; index.count++) {
      const node = siblings[index.count];
      if (!node) break;
      for (const key of [node.name, `${node.module.name}:${node.name}`]) {
        if (!index.names.has(key)) index.names.set(key, node);
      }
    }
    return index.names.get(module === undefined ? name : `${module}:${name}`);
  };
  const descend = (siblings: readonly Expanded[], steps: readonly Step[]): Expanded | undefined => {
    let level = siblings;
    let found: Expanded | undefined;
    for (const step of steps) {
      found = child(level, step);
      if (!found) return undefined;
      level = found.children;
    }
    return found;
  };
  return { child, descend };
}

/** Takes away what is absent. */
export const withoutAbsent = (nodes: readonly Expanded[]): Expanded[] =>
  nodes
    .filter((node) => !node.absent)
    .map((node) => {
      node.children = withoutAbsent(node.children);
      return node;
    });
