/** RFC 7950 §7.17 — which nodes an `augment` may add to which. */
import type { Statement } from "../../parse/statement.ts";
import { placeOf, refuse, withArticle } from "../finding.ts";
import { asCase, type Expanded, type Finder, type NodeKeyword } from "./expanded.ts";
import { isMandatory } from "./mandatory.ts";

const DATA: ReadonlySet<NodeKeyword> = new Set([
  "container",
  "leaf",
  "leaf-list",
  "list",
  "choice",
  "anydata",
  "anyxml",
]);
const WITH_CASES: ReadonlySet<NodeKeyword> = new Set([...DATA, "case"]);
const WITH_OPERATIONS: ReadonlySet<NodeKeyword> = new Set([...DATA, "action", "notification"]);

/** What is not here cannot be augmented. */
const ADDABLE: ReadonlyMap<NodeKeyword, ReadonlySet<NodeKeyword>> = new Map([
  ["container", WITH_OPERATIONS],
  ["list", WITH_OPERATIONS],
  ["choice", WITH_CASES],
  ["case", DATA],
  ["input", DATA],
  ["output", DATA],
  ["notification", DATA],
]);

export interface AttachRules {
  readonly finder: Finder;
  /** The target is configuration of another module, and no `when` stands before the new nodes. */
  readonly mustBeOptional: boolean;
}

/** Adds the nodes of `augment` to its target; throws UsageError `yang.compile`. */
export function attach(target: Expanded, added: readonly Expanded[], augment: Statement, rules: AttachRules): void {
  const addable =
    ADDABLE.get(target.keyword) ??
    refuse(augment, `'${target.name}' is ${withArticle(target.keyword)}, to which nothing can be added`);
  for (const node of added) {
    if (!addable.has(node.keyword))
      refuse(node.statement, `${withArticle(node.keyword)} cannot be added to ${withArticle(target.keyword)}`);
    if (rules.mustBeOptional && isMandatory(node, "configuration")) {
      refuse(node.statement, "a mandatory node can be added to another module only with a 'when' in the augment");
    }
    const other = rules.finder.child(target.children, { module: node.module.name, name: node.name });
    if (other) {
      refuse(node.statement, `'${target.name}' has a child '${node.name}' already (${placeOf(other.statement)})`);
    }
    target.children.push(target.keyword === "choice" ? asCase(node) : node);
  }
}
