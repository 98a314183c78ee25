/** RFC 7950 §6.5, §7.13.2 — the `refine` of a `uses`: which node it means and what of it may change. */
import { isAllowedIn } from "../../parse/grammar.ts";
import type { Statement } from "../../parse/statement.ts";
import { argument, refuse, withArticle } from "../finding.ts";
import { resolveName } from "../module-set.ts";
import { inside, type Placed, type Scope } from "../scope.ts";
import type { Expanded, Step } from "./expanded.ts";

/** The steps of a descendant schema node identifier. */
export const descendantSteps = ({ statement, scope }: Placed): readonly Step[] =>
  argument(statement)
    .trim()
    .split("/")
    .map((part) => {
      const { module, name } = resolveName(scope.unit, part, statement);
      return { module: part.includes(":") ? module.name : undefined, name };
    });

/** What a refine adds to; everything else it replaces. */
const ADDED: ReadonlySet<string> = new Set(["must", "if-feature"]);

/** Applies a refine; throws UsageError `yang.compile` for what such a node does not have. */
export function refineNode(node: Expanded, { statement, scope }: Placed): void {
  for (const each of statement.children) {
    if (!each.keyword.includes(":") && !isAllowedIn(node.keyword, each.keyword)) {
      refuse(each, `'${node.name}' is ${withArticle(node.keyword)}, which has no '${each.keyword}'`);
    }
  }
  node.properties = replaced(node.properties, statement, inside(scope, statement));
}

/** The properties of a node after `refine` or `deviate replace`. */
export function replaced(properties: readonly Placed[], change: Statement, scope: Scope): readonly Placed[] {
  const gone = new Set(change.children.map((each) => each.keyword).filter((keyword) => !ADDED.has(keyword)));
  return [
    ...properties.filter((each) => !gone.has(each.statement.keyword)),
    ...change.children.map((statement) => ({ statement, scope })),
  ];
}
