/** RFC 7950 §7.20.3 — deviations: what a server lacks or does otherwise. */
import { isAllowedIn } from "../../parse/grammar.ts";
import { childrenOf, type Statement } from "../../parse/statement.ts";
import { argument, refuse, withArticle } from "../finding.ts";
import type { Module, Unit } from "../module-set.ts";
import { inside, topScope } from "../scope.ts";
import { absoluteSteps, refuseTarget } from "./augment.ts";
import type { Workshop } from "./expand.ts";
import { type Expanded, propertiesOf, property } from "./expanded.ts";
import { replaced } from "./refine.ts";

/** Names of the modules that deviate from a module, by its name. */
export type Deviations = ReadonlyMap<string, readonly string[]>;

/** Applies the deviations of all modules. */
export function applyDeviations(
  modules: readonly Module[],
  roots: readonly Expanded[],
  { finder }: Workshop,
): Deviations {
  const deviators = new Map<string, Set<string>>();
  for (const unit of modules.flatMap((module) => module.units)) {
    for (const deviation of childrenOf(unit.root, "deviation")) {
      const steps = absoluteSteps(deviation, unit);
      const node = finder.descend(roots, steps) ?? refuseTarget(deviation, steps, modules);
      deviate(node, deviation, unit);
      const found = deviators.get(node.module.name) ?? new Set();
      deviators.set(node.module.name, found.add(unit.module.name));
    }
  }
  return new Map([...deviators].map(([name, from]) => [name, [...from].sort()]));
}

function deviate(node: Expanded, deviation: Statement, unit: Unit): void {
  const scope = inside(topScope(unit), deviation);
  const all = childrenOf(deviation, "deviate");
  if (all.length === 0) refuse(deviation, "a deviation needs a 'deviate' statement");
  for (const each of all) {
    const kind = argument(each) as keyof typeof PROPERTIES;
    for (const { keyword } of each.children) {
      if (!keyword.includes(":") && !PROPERTIES[kind].includes(keyword)) {
        refuse(each, `'deviate ${kind}' takes no '${keyword}'`);
      }
    }
    const changes = each.children.filter(({ keyword }) => !keyword.includes(":"));
    const within = inside(scope, each);
    switch (kind) {
      case "not-supported":
        if (all.length > 1) refuse(each, "what is not supported cannot be changed too");
        node.absent = true;
        break;
      case "add":
        for (const change of changes) checkAddition(node, change);
        node.properties = [...node.properties, ...changes.map((statement) => ({ statement, scope: within }))];
        break;
      case "replace":
        for (const change of changes) checkReplacement(node, change);
        node.properties = replaced(node.properties, each, within);
        break;
      case "delete":
        for (const change of changes) deleteProperty(node, change);
        break;
    }
  }
}

/** RFC 7950 §14: what each kind of deviation may speak of. */
const PROPERTIES = {
  "not-supported": [] as readonly string[],
  add: ["units", "must", "unique", "default", "config", "mandatory", "min-elements", "max-elements"],
  replace: ["type", "units", "default", "config", "mandatory", "min-elements", "max-elements"],
  delete: ["units", "must", "unique", "default"],
};

/** These have a value where nobody writes one, so there is always something to replace. */
const ALWAYS_THERE: ReadonlySet<string> = new Set(["config", "mandatory", "min-elements", "max-elements"]);

function checkKind(node: Expanded, change: Statement): void {
  if (!isAllowedIn(node.keyword, change.keyword)) {
    refuse(change, `'${node.name}' is ${withArticle(node.keyword)}, which has no '${change.keyword}'`);
  }
}

function checkAddition(node: Expanded, change: Statement): void {
  checkKind(node, change);
  const many =
    ["must", "unique"].includes(change.keyword) || (change.keyword === "default" && node.keyword === "leaf-list");
  if (!many && property(node, change.keyword)) {
    refuse(change, `'${node.name}' has a '${change.keyword}' already; use 'deviate replace'`);
  }
}

function checkReplacement(node: Expanded, change: Statement): void {
  checkKind(node, change);
  if (!ALWAYS_THERE.has(change.keyword) && !property(node, change.keyword)) {
    refuse(change, `'${node.name}' has no '${change.keyword}' to replace; use 'deviate add'`);
  }
}

function deleteProperty(node: Expanded, change: Statement): void {
  checkKind(node, change);
  const found = propertiesOf(node, change.keyword).find((each) => each.statement.argument === change.argument);
  if (!found) refuse(change, `'${node.name}' has no such statement to delete`);
  node.properties = node.properties.filter((each) => each !== found);
}
