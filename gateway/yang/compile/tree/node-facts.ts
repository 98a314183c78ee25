/** RFC 7950 §7.5-7.16 — what the substatements of a node say of it. */
import { argumentOf } from "../../parse/statement.ts";
import type { CaseOf, Must } from "../../schema.ts";
import { argument, refuse } from "../finding.ts";
import type { Placed } from "../scope.ts";
import { defaultText } from "../types/defaults.ts";
import type { ResolvedType } from "../types/resolve-type.ts";
import { qualifyPrefixes } from "../xpath-prefixes.ts";
import type { NodeFacts } from "./draft.ts";
import { truth } from "./expand.ts";
import { type Expanded, propertiesOf, property } from "./expanded.ts";

/** What the surroundings of a node say of it. */
export interface Surroundings {
  readonly config: boolean;
  readonly structure: boolean;
  readonly cases: readonly CaseOf[];
  readonly parentWhen: readonly string[];
}

/** The facts of one schema node; throws UsageError `yang.compile` for what cannot be. */
export function factsOf(node: Expanded, type: ResolvedType | undefined, around: Surroundings): NodeFacts {
  const { keyword } = node;
  if (keyword === "choice" || keyword === "case") return refuse(node.statement, `a ${keyword} cannot stand here`);
  const many = keyword === "list" || keyword === "leaf-list";
  const mandatory = truth(property(node, "mandatory")) ?? false;
  const must = propertiesOf(node, "must").map(mustOf);
  const when = propertiesOf(node, "when").map(xpath);
  return {
    kind: keyword,
    name: node.name,
    module: node.module.name,
    config: around.config,
    mandatory,
    cases: some(around.cases),
    presence: keyword === "container" ? property(node, "presence") !== undefined : undefined,
    keys: keyword === "list" ? words(property(node, "key")).map(withoutPrefixes) : undefined,
    unique: some(propertiesOf(node, "unique").map((each) => words(each).map(withoutPrefixes))),
    orderedByUser: many ? property(node, "ordered-by")?.statement.argument === "user" : undefined,
    minElements: many ? count(property(node, "min-elements")) : undefined,
    maxElements: many ? count(property(node, "max-elements")) : undefined,
    units: property(node, "units")?.statement.argument ?? type?.units,
    defaults: type && defaultsOf(node, type, mandatory),
    must: some(must),
    when: some(when),
    parentWhen: some(around.parentWhen),
    structure: around.structure || undefined,
    description:
      node.keyword === node.statement.keyword ? property(node, "description")?.statement.argument : undefined,
  };
}

const some = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined);

/** A prefix in a key or unique only repeats what the name tells. */
export const withoutPrefixes = (path: string): string => path.replace(/[\w.-]+:/g, "");

/** The names in a key or unique. */
export const words = (placed: Placed | undefined): readonly string[] =>
  (placed?.statement.argument ?? "").split(/\s+/).filter((word) => word !== "");

function count(placed: Placed | undefined): number | undefined {
  const text = placed?.statement.argument;
  if (placed === undefined || text === "unbounded") return undefined;
  if (text === undefined || !/^\d+$/.test(text)) return refuse(placed.statement, "a whole number must stand here");
  return Number(text);
}

function defaultsOf(node: Expanded, type: ResolvedType, mandatory: boolean): readonly string[] | undefined {
  const own = propertiesOf(node, "default");
  const [first] = own;
  if (first) {
    if (mandatory) refuse(first.statement, "a mandatory leaf takes no default");
    if (node.keyword === "leaf" && own.length > 1)
      refuse(own[1]?.statement ?? first.statement, "a leaf takes one default");
    return own.map((each) => defaultText(each, type));
  }
  const atLeastOne = (count(property(node, "min-elements")) ?? 0) > 0;
  return type.default && !mandatory && !atLeastOne ? [defaultText(type.default, type)] : undefined;
}

const mustOf = (placed: Placed): Must => ({
  expression: xpath(placed),
  message: argumentOf(placed.statement, "error-message"),
  appTag: argumentOf(placed.statement, "error-app-tag"),
});

/** The XPath expression of a `must` or `when`, free of prefixes. */
export const xpath = ({ statement, scope }: Placed): string =>
  qualifyPrefixes(argument(statement), scope.unit, statement);
