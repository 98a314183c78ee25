/** RFC 7950 §9.6.4, §9.7.4 — enums and bits with the numbers they are given or get. */
import { argumentOf, child, childrenOf, type Statement } from "../../parse/statement.ts";
import type { Features } from "../features.ts";
import { argument, refuse } from "../finding.ts";
import type { Unit } from "../module-set.ts";

export interface NamedValue {
  readonly name: string;
  readonly value: number;
  /** It depends on a feature, so it can be no default (RFC 7950 §7.6.4). */
  readonly conditional: boolean;
  /** Its features are there. */
  readonly present: boolean;
}

const RULES = {
  enum: { number: "value", noun: "enum", lowest: -(2 ** 31), highest: 2 ** 31 - 1 },
  bit: { number: "position", noun: "bit", lowest: 0, highest: 2 ** 32 - 1 },
} as const;

/**
 * The `enum` or `bit` statements of a type. A number that is not written is one more than the highest so far, or 0 for
 * the first; a restriction of another type (`parent`) keeps that type's numbers. Those whose feature is off stay in the
 * list: they must not move the numbers of the others.
 */
export function namedValues(
  type: Statement,
  keyword: "enum" | "bit",
  parent: readonly NamedValue[] | undefined,
  unit: Unit,
  features: Features,
): readonly NamedValue[] {
  const statements = childrenOf(type, keyword);
  if (statements.length === 0) return parent ?? refuse(type, `the type needs at least one ${keyword}`);
  const rule = RULES[keyword];
  const inherited = parent && new Map(parent.map((each) => [each.name, each]));
  const names = new Map<string, NamedValue>();
  const numbers = new Map<number, NamedValue>();
  let highest: number | undefined;
  for (const statement of statements) {
    const name = argument(statement);
    // RFC 7950 §9.6.4.
    if (name === "" || name !== name.trim())
      refuse(statement, "an enum begins and ends with no blank, and is not empty");
    const before = inherited?.get(name);
    if (inherited && !before) refuse(statement, `the type that is restricted has no ${rule.noun} '${name}'`);
    const value = numberOf(statement, rule.number) ?? before?.value ?? (highest === undefined ? 0 : highest + 1);
    if (before && before.value !== value) {
      refuse(statement, `its ${rule.number} is ${before.value} and cannot change`);
    }
    if (value < rule.lowest || value > rule.highest) {
      refuse(
        statement,
        `the ${rule.number} ${value} is out of range; it lies between ${rule.lowest} and ${rule.highest}`,
      );
    }
    const twin = names.get(name) ?? numbers.get(value);
    if (twin) {
      refuse(statement, `${rule.noun} '${twin.name}' has the same ${twin.name === name ? "name" : rule.number}`);
    }
    const named: NamedValue = {
      name,
      value,
      conditional: (before?.conditional ?? false) || child(statement, "if-feature") !== undefined,
      present: (before?.present ?? true) && features.holds(statement, unit),
    };
    names.set(name, named);
    numbers.set(value, named);
    highest = highest === undefined ? value : Math.max(highest, value);
  }
  return [...names.values()];
}

function numberOf(statement: Statement, keyword: string): number | undefined {
  const text = argumentOf(statement, keyword);
  return text === undefined ? undefined : Number(text);
}
