/** RFC 8791 and RFC 8040 §8 — data that stands in no datastore: sx:structure and rc:yang-data. */
import type { Statement } from "../../parse/statement.ts";
import { placeOf, refuse } from "../finding.ts";
import type { Module, Unit } from "../module-set.ts";
import { inside, topScope } from "../scope.ts";
import { expandChildren, expandNode, startExpansion, type Workshop } from "./expand.ts";
import type { Expanded } from "./expanded.ts";

/** An extension is known by the module that its prefix means. */
const extensionOf = (statement: Statement, unit: Unit): string | undefined => {
  const [prefix = "", keyword] = statement.keyword.split(":");
  return keyword === undefined ? undefined : `${unit.prefixes.get(prefix)?.name}:${keyword}`;
};

/** Is the statement an `augment-structure`? */
export const augmentsStructure =
  (unit: Unit) =>
  (statement: Statement): boolean =>
    extensionOf(statement, unit) === "ietf-yang-structure-ext:augment-structure";

/** Is the statement an rc:yang-data? */
export const isYangData = (statement: Statement, unit: Unit): boolean =>
  extensionOf(statement, unit) === "ietf-restconf:yang-data";

/** The roots that the structures of the modules make; the name of a yang-data is no part of the tree. */
export function expandStructures(modules: readonly Module[], workshop: Workshop): Expanded[] {
  return modules.flatMap((module) => module.units.flatMap((unit) => expandUnit(unit, workshop)));
}

function expandUnit(unit: Unit, workshop: Workshop): Expanded[] {
  const names = new Map<string, Statement>();
  return unit.root.children.flatMap((statement) => {
    const expansion = startExpansion(unit.module, workshop);
    switch (extensionOf(statement, unit)) {
      case "ietf-yang-structure-ext:structure": {
        const twin = names.get(statement.argument ?? "");
        if (twin) refuse(statement, `a structure of this name stands at ${placeOf(twin)}`);
        names.set(statement.argument ?? "", statement);
        return [expandNode(statement, "container", topScope(unit), expansion)];
      }
      case "ietf-restconf:yang-data":
        return yangData(statement, unit, workshop);
      default:
        return [];
    }
  });
}

/** RFC 8040 §8: a yang-data holds exactly one container. */
function yangData(statement: Statement, unit: Unit, workshop: Workshop): Expanded[] {
  const scope = inside(topScope(unit), statement);
  const nodes = expandChildren(statement, scope, startExpansion(unit.module, workshop));
  const [only] = nodes;
  if (nodes.length !== 1 || (only?.keyword !== "container" && only?.keyword !== "choice")) {
    refuse(statement, "a yang-data holds one container and nothing else");
  }
  return nodes;
}
