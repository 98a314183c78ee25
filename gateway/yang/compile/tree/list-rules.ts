/** RFC 7950 §7.8 — keys, unique and the bounds of a list that has been laid out. */
import { refuse, withArticle } from "../finding.ts";
import { resolveName } from "../module-set.ts";
import type { Placed } from "../scope.ts";
import type { Draft } from "./draft.ts";
import { type Expanded, propertiesOf, property } from "./expanded.ts";

/** The names in the `key` of a list. */
export const keyNames = (list: Expanded): readonly string[] => words(property(list, "key")).map(withoutPrefixes);

/** `configured`: the list is configuration, and not a part of an operation or structure. */
export function checkList(list: Draft, configured: boolean): void {
  const key = property(list.source, "key");
  if (key) checkKey(list, key);
  else if (configured) refuse(list.source.statement, "a list of configuration needs a key");
  for (const unique of propertiesOf(list.source, "unique")) checkUnique(list, unique);
  const { minElements = 0, maxElements = Number.POSITIVE_INFINITY } = list.facts;
  if (minElements > maxElements) refuse(list.source.statement, "min-elements is above max-elements");
}

/** RFC 7950 §7.8.2. */
function checkKey(list: Draft, key: Placed): void {
  const { statement, scope } = key;
  const met = new Set<string>();
  const own = list.children.filter(({ facts }) => facts.kind === "leaf" && facts.module === list.facts.module);
  const leafs = new Map(own.map((each) => [each.facts.name, each]));
  for (const name of words(key).map(withoutPrefixes)) {
    if (met.has(name)) refuse(statement, `the key '${name}' stands twice`);
    met.add(name);
    const leaf = leafs.get(name) ?? refuse(statement, `the list has no leaf '${name}'`);
    if (leaf.facts.cases) refuse(statement, `the key '${name}' cannot be in a choice`);
    if (leaf.facts.config !== list.facts.config) {
      refuse(statement, `the key '${name}' and its list differ in config`);
    }
    if (scope.unit.old) {
      if (leaf.type?.base === "empty") refuse(statement, `in YANG 1 the key '${name}' cannot be of type empty`);
    } else checkUnconditional(leaf);
  }
}

/** RFC 7950 §7.20.2, §7.21.5; both came with YANG 1.1. */
function checkUnconditional({ source }: Draft): void {
  for (const keyword of ["when", "if-feature"]) {
    const condition = property(source, keyword);
    if (condition) refuse(condition.statement, `the key '${source.name}' cannot have a '${keyword}'`);
  }
}

/** RFC 7950 §7.8.3: descendant schema node identifiers, so that choices and cases stand in them by their names. */
function checkUnique(list: Draft, unique: Placed): void {
  const configs = new Set<boolean>();
  for (const path of words(unique)) {
    const leaf = leafOf(list, path, unique);
    configs.add(leaf.facts.config);
  }
  if (configs.size > 1) refuse(unique.statement, "some of its leafs are configuration and some are not");
}

function leafOf(list: Draft, path: string, { statement, scope }: Placed): Draft {
  let level = list.source.children;
  let found: Expanded | undefined;
  let draft: Draft | undefined = list;
  for (const part of path.split("/")) {
    if (found && found.keyword !== "container" && found.keyword !== "choice" && found.keyword !== "case") {
      refuse(statement, `'${path}' leads through '${found.name}', which is ${withArticle(found.keyword)}`);
    }
    found = childNamed(level, part, { statement, scope });
    level = found?.children ?? [];
    // Choices and cases are no drafts: the data node is that of the step before.
    const isData = found?.keyword !== "choice" && found?.keyword !== "case";
    if (isData) draft = draft?.children.find(({ source }) => source === found);
  }
  if (draft?.facts.kind !== "leaf") return refuse(statement, `'${path}' leads to no leaf of the list`);
  return draft;
}

/** Without a prefix, what other modules have added comes last. */
function childNamed(level: readonly Expanded[], part: string, { statement, scope }: Placed): Expanded | undefined {
  const { module, name } = resolveName(scope.unit, part, statement);
  const qualified = part.includes(":");
  return level.find((each) => each.name === name && (!qualified || each.module.name === module.name));
}

/**
 * The `unique` statement as the names of data nodes: choices and cases have none. What another module has added to the
 * list has the name of its module before its own.
 */
export function uniquePaths(list: Expanded, unique: Placed): readonly string[] {
  return words(unique).map((path) => {
    const names: string[] = [];
    let level = list.children;
    for (const part of path.split("/")) {
      const node = childNamed(level, part, unique);
      if (node !== undefined && node.keyword !== "choice" && node.keyword !== "case") {
        names.push(node.module === list.module ? node.name : `${node.module.name}:${node.name}`);
      }
      level = node?.children ?? [];
    }
    return names.join("/");
  });
}

/** A prefix in a key only repeats what the name tells. */
const withoutPrefixes = (path: string): string => path.replace(/(^|\/)[^/:]*:/g, "$1");

/** The names in a key or unique. */
const words = (placed: Placed | undefined): readonly string[] =>
  (placed?.statement.argument ?? "").split(/\s+/).filter((word) => word !== "");
