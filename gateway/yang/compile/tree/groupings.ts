/** RFC 7950 §7.12 — groupings that nobody uses are checked too: a fault in them would strike the module that first does. */
import { argument } from "../finding.ts";
import type { Module } from "../module-set.ts";
import { definitionsIn, inside } from "../scope.ts";
import { expandChildren, startExpansion, type Workshop } from "./expand.ts";
import type { Expanded } from "./expanded.ts";

/** For each grouping that no `uses` named a container with its nodes, to be checked and dropped. */
export function expandUnused(modules: readonly Module[], workshop: Workshop): readonly Expanded[] {
  const roots: Expanded[] = [];
  for (const module of modules) {
    for (const { statement, scope } of module.units.flatMap((unit) => definitionsIn(unit, "grouping"))) {
      if (workshop.usedGroupings.has(statement)) continue;
      const expansion = { ...startExpansion(module, workshop), within: [statement] };
      roots.push({
        keyword: "container",
        name: argument(statement),
        module,
        statement,
        properties: [],
        children: expandChildren(statement, inside(scope, statement), expansion),
        conditions: [],
        absent: true,
      });
    }
  }
  return roots;
}
