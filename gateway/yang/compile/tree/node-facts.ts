/** RFC 7950 §7.5-7.16 — what the substatements of a node say of it. */
import type { CaseOf, Must, SchemaNode } from "../../schema.ts";
import type { Expressions } from "../expressions.ts";
import { refuse } from "../finding.ts";
import { saysOf } from "../says.ts";
import type { Placed } from "../scope.ts";
import type { ResolvedType } from "../types/resolve-type.ts";
import type { NodeFacts } from "./draft.ts";
import { type Expanded, propertiesOf, property, truth } from "./expanded.ts";
import { keyNames, uniquePaths } from "./list-rules.ts";

/** What the surroundings of a node say of it. */
export interface Surroundings {
  readonly config: boolean;
  readonly cases: readonly CaseOf[];
  readonly parentWhen: readonly string[];
}

export interface FactTools {
  readonly around: Surroundings;
  readonly structure: boolean;
  readonly expressions: Expressions;
}

/** The facts of one schema node; throws UsageError `yang.compile` for what cannot be. */
export function factsOf(
  node: Expanded,
  type: ResolvedType | undefined,
  { around, structure, expressions: { textOf } }: FactTools,
): NodeFacts {
  const { keyword } = node;
  if (keyword === "choice" || keyword === "case") return refuse(node.statement, `a ${keyword} cannot stand here`);
  const many = keyword === "list" || keyword === "leaf-list";
  const must = propertiesOf(node, "must").map((placed) => mustOf(placed, textOf));
  return {
    kind: keyword,
    name: node.name,
    module: node.module.name,
    config: around.config,
    mandatory: truth(property(node, "mandatory")) ?? false,
    cases: some(around.cases),
    presence: keyword === "container" ? property(node, "presence") !== undefined : undefined,
    keys: keyword === "list" ? keyNames(node) : undefined,
    unique: some(propertiesOf(node, "unique").map((each) => uniquePaths(node, each))),
    orderedByUser: many ? property(node, "ordered-by")?.statement.argument === "user" : undefined,
    minElements: many ? count(property(node, "min-elements")) : undefined,
    maxElements: many ? count(property(node, "max-elements")) : undefined,
    units: property(node, "units")?.statement.argument ?? type?.units,
    must: some(must),
    when: some(propertiesOf(node, "when").map(textOf)),
    parentWhen: some(around.parentWhen),
    structure: structure || undefined,
    status: statusOf(node),
    nacm: nacmOf(node),
    description:
      node.keyword === node.statement.keyword ? property(node, "description")?.statement.argument : undefined,
    sid: undefined,
    parent: undefined,
    type: undefined,
    defaults: undefined,
  };
}

const some = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined);

function count(placed: Placed | undefined): number | undefined {
  const text = placed?.statement.argument;
  if (placed === undefined || text === "unbounded") return undefined;
  const value = Number(text);
  // RFC 7950 §7.7.5, §7.7.6: there is no upper end, but beyond this numbers lose digits.
  if (!Number.isSafeInteger(value)) refuse(placed.statement, `the number must be below ${Number.MAX_SAFE_INTEGER}`);
  return value;
}

function statusOf(node: Expanded): SchemaNode["status"] {
  const status = property(node, "status")?.statement.argument;
  return status === "deprecated" || status === "obsolete" ? status : undefined;
}

/** RFC 8341 §3.3: what a datastore without rules keeps from ordinary users. */
function nacmOf(node: Expanded): SchemaNode["nacm"] {
  for (const { statement, scope } of node.properties) {
    const [prefix = "", keyword] = statement.keyword.split(":");
    if (keyword === undefined || scope.unit.prefixes.get(prefix)?.name !== "ietf-netconf-acm") continue;
    if (keyword === "default-deny-all") return "deny-all";
    if (keyword === "default-deny-write") return "deny-write";
  }
  return undefined;
}

const mustOf = (placed: Placed, textOf: Expressions["textOf"]): Must => ({
  expression: textOf(placed),
  ...saysOf(placed.statement),
});
