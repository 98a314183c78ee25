/**
 * The tree between source and schema: `uses` replaced, refined and augmented, shorthand cases and implicit input and
 * output in place, augments and deviations applied. Choices and cases are still nodes here.
 */
import type { Statement } from "../../parse/statement.ts";
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
  children: Expanded[];
  /** `when` of the uses or augment that brought the node: evaluated at its parent. */
  readonly conditions: Placed[];
}

/** The first substatement with this keyword. */
export const property = (node: Expanded, keyword: string): Placed | undefined =>
  node.properties.find((each) => each.statement.keyword === keyword);

/** All substatements with this keyword. */
export const propertiesOf = (node: Expanded, keyword: string): readonly Placed[] =>
  node.properties.filter((each) => each.statement.keyword === keyword);

/** A step of a schema node identifier: a name, and the name of its module when it was prefixed. */
export interface Step {
  readonly module: string | undefined;
  readonly name: string;
}

/** Follows a descendant schema node identifier (RFC 7950 §6.5), through choices and cases by their names. */
export function descend(nodes: readonly Expanded[], steps: readonly Step[]): Expanded | undefined {
  let level = nodes;
  let found: Expanded | undefined;
  for (const step of steps) {
    // By name, not by object: an import by revision-date may have met an older revision of the same module.
    found = level.find(
      (each) => each.name === step.name && (step.module === undefined || each.module.name === step.module),
    );
    if (!found) return undefined;
    level = found.children;
  }
  return found;
}
