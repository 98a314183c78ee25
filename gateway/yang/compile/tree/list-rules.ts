/** RFC 7950 §7.8 — keys, unique and the bounds of a list that has been laid out. */

import { refuse } from "../finding.ts";
import type { Placed } from "../scope.ts";
import type { Draft } from "./draft.ts";
import { propertiesOf, property } from "./expanded.ts";
import { withoutPrefixes, words } from "./node-facts.ts";

/** `configured`: the list is configuration, and not a part of an operation or structure. */
export function checkList(list: Draft, configured: boolean): void {
  const key = property(list.source, "key");
  if (key) checkKey(list, key);
  else if (configured) refuse(list.source.statement, "a list of configuration needs a key");
  for (const unique of propertiesOf(list.source, "unique")) checkUnique(list, unique);
  const { minElements = 0, maxElements = Number.POSITIVE_INFINITY } = list.facts;
  if (minElements > maxElements) refuse(list.source.statement, "min-elements is above max-elements");
}

function checkKey(list: Draft, key: Placed): void {
  const names = words(key).map(withoutPrefixes);
  for (const [index, name] of names.entries()) {
    const leaf = list.children.find((each) => each.facts.name === name);
    if (leaf?.facts.kind !== "leaf") refuse(key.statement, `the list has no leaf '${name}'`);
    if (names.indexOf(name) !== index) refuse(key.statement, `the key '${name}' stands twice`);
    if (leaf.facts.config !== list.facts.config)
      refuse(key.statement, `the key '${name}' and its list differ in config`);
  }
}

function checkUnique(list: Draft, unique: Placed): void {
  for (const path of words(unique)) {
    let here: Draft | undefined = list;
    for (const name of withoutPrefixes(path).split("/")) {
      here = here?.children.find((each) => each.facts.name === name);
    }
    if (here?.facts.kind !== "leaf") refuse(unique.statement, `'${path}' leads to no leaf of the list`);
  }
}
