/** RFC 8791 and RFC 8040 §8 — data that stands in no datastore: sx:structure and rc:yang-data. */
import type { Statement } from "../../parse/statement.ts";
import type { Features } from "../features.ts";
import type { Module, Unit } from "../module-set.ts";
import { inside, topScope } from "../scope.ts";
import { expandChildren, expandNode } from "./expand.ts";
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
export function expandStructures(modules: readonly Module[], features: Features): Expanded[] {
  return modules.flatMap((module) =>
    module.units.flatMap((unit) =>
      unit.root.children.flatMap((statement) => {
        const expansion = { module, features, within: [] };
        switch (extensionOf(statement, unit)) {
          case "ietf-yang-structure-ext:structure":
            return [expandNode(statement, "container", topScope(unit), expansion)];
          case "ietf-restconf:yang-data":
            return expandChildren(statement, inside(topScope(unit), statement), expansion);
          default:
            return [];
        }
      }),
    ),
  );
}
