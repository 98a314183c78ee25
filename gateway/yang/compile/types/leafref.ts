/** RFC 7950 §9.9.2 — the leaf that the path of a leafref leads to. */

import { refuse } from "../finding.ts";
import type { Draft } from "../tree/draft.ts";
import type { ResolvedType } from "./resolve-type.ts";

export type Leafref = NonNullable<ResolvedType["leafref"]>;

/** Finds the leaf; predicates choose among its instances and change nothing here. */
export function leafrefTarget(leaf: Draft, leafref: Leafref, roots: readonly Draft[]): Draft {
  const path = withoutPredicates(leafref.path);
  if (path.includes("(")) refuse(leafref.at, "only location paths can be followed here, no functions");
  const steps = path.split("/").map((step) => step.trim());
  const absolute = steps[0] === "";
  let here: Draft | undefined = absolute ? undefined : leaf;
  for (const step of absolute ? steps.slice(1) : steps) {
    if (step === ".") continue;
    if (step === "..") {
      if (here === undefined) return refuse(leafref.at, "the path climbs above the root");
      here = dataParent(here);
      continue;
    }
    const next: Draft | undefined = pick(here?.children ?? roots, step, [leaf.facts.module, leafref.module]);
    if (!next)
      return refuse(
        leafref.at,
        `the path leads to nothing: there is no '${step}'${here ? ` in '${here.facts.name}'` : ""}`,
      );
    here = next;
  }
  if (here?.facts.kind !== "leaf" && here?.facts.kind !== "leaf-list") {
    return refuse(leafref.at, "the path must lead to a leaf or leaf-list");
  }
  return here;
}

/** Input and output stand for their operation in XPath: above them is what is above the operation. */
const dataParent = (node: Draft): Draft | undefined =>
  node.facts.kind === "input" || node.facts.kind === "output" ? node.parent?.parent : node.parent;

/** A name without a prefix is in the module of the leaf or, in a typedef, in that of the typedef. */
function pick(nodes: readonly Draft[], step: string, modules: readonly string[]): Draft | undefined {
  const colon = step.indexOf(":");
  const name = step.slice(colon + 1);
  const wanted = colon < 0 ? modules : [step.slice(0, colon)];
  for (const module of wanted) {
    const found = nodes.find((each) => each.facts.name === name && each.facts.module === module);
    if (found) return found;
  }
  return undefined;
}

/** Predicates may hold literals, and those may hold brackets. */
const withoutPredicates = (path: string): string => path.replace(/\[(?:[^\]"']|"[^"]*"|'[^']*')*\]/g, "");
