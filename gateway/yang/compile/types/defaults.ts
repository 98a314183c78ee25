/** RFC 7950 §7.6.4, §7.7.4 — default values: where they come from, and whether they fit the type. */
import { refuse } from "../finding.ts";
import { identityName } from "../identities.ts";
import { resolveName } from "../module-set.ts";
import type { Placed } from "../scope.ts";
import { qualifyPrefixes } from "../xpath-prefixes.ts";
import { boundsOf, covers, parseScaled } from "./intervals.ts";
import type { ResolvedType } from "./resolve-type.ts";

/** The default as it stands in the schema: prefixes, which mean nothing far from the source, become module names. */
export function defaultText(placed: Placed, type: ResolvedType): string {
  const { statement, scope } = placed;
  const text = statement.argument ?? "";
  if (type.base === "identityref") return identityName(statement, scope.unit);
  if (type.base === "instance-identifier") return qualifyPrefixes(text, scope.unit, statement);
  if (type.base === "union") {
    const fitting = type.members?.find((member) => fits(placed, member));
    return fitting ? defaultText(placed, fitting) : refuse(statement, "the default fits no type of the union");
  }
  if (!fits(placed, type)) refuse(statement, `the default does not fit the type ${type.typedef ?? type.base}`);
  return text;
}

/** Everything but patterns, which are checked with the values of the data. */
function fits(placed: Placed, type: ResolvedType): boolean {
  const text = placed.statement.argument ?? "";
  switch (type.base) {
    case "boolean":
      return text === "true" || text === "false";
    case "enumeration":
      return type.enums?.some((each) => each.name === text) ?? false;
    case "bits":
      return text.split(/\s+/).every((name) => name === "" || type.bits?.some((each) => each.name === name));
    case "string":
      return type.bounds === undefined || covers(type.bounds, BigInt([...text].length));
    case "identityref":
      return isIdentity(placed);
    case "union":
      return type.members?.some((member) => fits(placed, member)) ?? false;
    case "empty":
      return false;
    case "binary":
    case "leafref":
    case "instance-identifier":
      return true;
    default: {
      const value = parseScaled(text, type.fractionDigits ?? 0);
      const bounds = type.bounds ?? boundsOf(type.base);
      return value !== undefined && bounds !== undefined && covers(bounds, value);
    }
  }
}

function isIdentity({ statement, scope }: Placed): boolean {
  const text = statement.argument ?? "";
  const colon = text.indexOf(":");
  if (colon >= 0 && !scope.unit.prefixes.has(text.slice(0, colon))) return false;
  const { module, name } = resolveName(scope.unit, text, statement);
  return module.definitions.has(`identity ${name}`);
}
