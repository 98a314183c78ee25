/** The normal form of a filter: one spelling for what means the same to a reader, and it parses to the same. Pure. */
import { type Comparison, type Expression, isComparison, type Literal } from "./kinds.ts";

export function print(expression: Expression): string {
  if (isComparison(expression)) return printComparison(expression);
  if (expression.op === "not") return `not ${wrapped(expression.inner, binds(expression.inner, "and"))}`;
  const { op, parts } = expression;
  return parts.map((part) => wrapped(part, binds(part, op))).join(` ${op} `);
}

/** Does it hold together without parentheses as a part of this? */
function binds(part: Expression, within: "and" | "or"): boolean {
  return isComparison(part) || part.op === "not" || (within === "or" && part.op === "and");
}

const wrapped = (expression: Expression, bare: boolean): string =>
  bare ? print(expression) : `(${print(expression)})`;

function printComparison({ op, field, kind, values }: Comparison): string {
  const written = values.map((value) => printLiteral(value, kind.type === "words" && op !== "~"));
  return op === "in" ? `${field} in (${written.join(", ")})` : `${field} ${op} ${written[0]}`;
}

function printLiteral(value: Literal, isWord: boolean): string {
  if (typeof value !== "string") return plain(value);
  return isWord && BARE.test(value) ? value : `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
}

const BARE = /^[a-z][a-z0-9-]*$/;

/** Without an exponent, which filters do not have. */
function plain(value: Exclude<Literal, string>): string {
  const text = String(value);
  return /e/.test(text) && typeof value === "number" ? expanded(value) : text;
}

/** Only below 10^-6: numbers are written with few digits. */
const expanded = (value: number): string => value.toFixed(20).replace(/0+$/, "");
