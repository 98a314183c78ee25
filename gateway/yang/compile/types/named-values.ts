/** RFC 7950 §9.6.4, §9.7.4 — enums and bits with the numbers they are given or get. */
import { argumentOf, child, childrenOf, type Statement } from "../../parse/statement.ts";
import type { Features } from "../features.ts";
import { argument, refuse } from "../finding.ts";
import type { Unit } from "../module-set.ts";

export interface NamedValue {
  readonly name: string;
  readonly value: number;
}

const RULES = {
  enum: { number: "value", noun: "enum", lowest: -(2 ** 31), highest: 2 ** 31 - 1 },
  bit: { number: "position", noun: "bit", lowest: 0, highest: 2 ** 32 - 1 },
} as const;

/**
 * The `enum` or `bit` statements of a type. A number that is not written is one more than the highest so far, or 0 for
 * the first; a restriction of another type (`parent`) keeps that type's numbers.
 */
export function namedValues(
  type: Statement,
  keyword: "enum" | "bit",
  parent: readonly NamedValue[] | undefined,
  unit: Unit,
  features: Features,
): readonly NamedValue[] | undefined {
  const statements = childrenOf(type, keyword);
  if (statements.length === 0) {
    return parent ?? refuse(type, `the type needs at least one ${keyword}`);
  }
  const rule = RULES[keyword];
  const values: (NamedValue & { readonly statement: Statement })[] = [];
  let highest: number | undefined;
  for (const statement of statements) {
    const name = argument(statement);
    const inherited = parent?.find((each) => each.name === name);
    if (parent && !inherited) refuse(statement, `the type that is restricted has no ${rule.noun} '${name}'`);
    const value = numberOf(statement, rule.number) ?? inherited?.value ?? (highest === undefined ? 0 : highest + 1);
    if (inherited && inherited.value !== value)
      refuse(statement, `its ${rule.number} is ${inherited.value} and cannot change`);
    if (value < rule.lowest || value > rule.highest) refuse(statement, `the ${rule.number} ${value} is out of range`);
    const twin = values.find((each) => each.name === name || each.value === value);
    if (twin)
      refuse(statement, `${rule.noun} '${twin.name}' has the same ${twin.name === name ? "name" : rule.number}`);
    values.push({ name, value, statement });
    highest = highest === undefined ? value : Math.max(highest, value);
  }
  // Numbers are counted before features are asked: a feature that is off must not move the others.
  return values.filter((each) => features.holds(each.statement, unit)).map(({ name, value }) => ({ name, value }));
}

function numberOf(statement: Statement, keyword: string): number | undefined {
  const text = argumentOf(statement, keyword);
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text)) refuse(child(statement, keyword) ?? statement, `'${text}' is not a whole number`);
  return Number(text);
}
