/** RFC 7950 §7.9 — the cases of a choice and its default. */
import { placeOf, refuse } from "../finding.ts";
import { type Expanded, property, truth } from "./expanded.ts";
import { isMandatory } from "./mandatory.ts";

/** What can be told of a choice by itself. */
export function checkChoice(choice: Expanded): void {
  const names = new Map<string, Expanded>();
  for (const one of choice.children) {
    const key = `${one.module.name}:${one.name}`;
    const twin = names.get(key);
    if (twin) refuse(one.statement, `the choice has a case '${one.name}' already (${placeOf(twin.statement)})`);
    names.set(key, one);
  }
  const chosen = property(choice, "default");
  if (chosen && truth(property(choice, "mandatory"))) {
    refuse(chosen.statement, "a mandatory choice takes no default");
  }
}

/** RFC 7950 §7.9.3: the default case, which augments may have brought. */
export function checkCases(choice: Expanded): void {
  const chosen = property(choice, "default");
  if (!chosen) return;
  const name = chosen.statement.argument?.replace(/^.*:/, "");
  const one =
    choice.children.find((each) => each.name === name) ?? refuse(chosen.statement, `the choice has no case '${name}'`);
  const needed = one.children.find((each) => isMandatory(each));
  if (needed) refuse(chosen.statement, `the default case holds the mandatory node '${needed.name}'`);
}
