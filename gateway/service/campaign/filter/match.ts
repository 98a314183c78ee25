/**
 * Does a node fit? A value that the node does not have makes each comparison false, `!=` too; `not` makes it true: `not
 * battery < 2500` takes nodes that tell no voltage, `battery >= 2500` does not. Pure.
 */
import { compareVersions } from "../version-order.ts";
import {
  type Comparison,
  type Expression,
  isComparison,
  type Literal,
  type Subject,
  type SubjectValue,
} from "./kinds.ts";
import { numberIn } from "./literal.ts";

export function matches(expression: Expression, subject: Subject): boolean {
  if (isComparison(expression)) return compare(expression, subject);
  switch (expression.op) {
    case "and":
      return expression.parts.every((part) => matches(part, subject));
    case "or":
      return expression.parts.some((part) => matches(part, subject));
    case "not":
      return !matches(expression.inner, subject);
  }
}

function compare({ op, field, kind, values }: Comparison, subject: Subject): boolean {
  const found = subject.value(field);
  if (found === undefined) return false;
  const all = Array.isArray(found) ? (found as readonly SubjectValue[]) : [found as SubjectValue];
  const orderOf = kind.type === "version" ? versionOrder : plainOrder;
  const [wanted = ""] = values;
  switch (op) {
    case "==":
    case "in":
      return all.some((value) => values.some((each) => orderOf(value, each) === 0));
    case "!=":
      return all.length > 0 && all.every((value) => orderOf(value, wanted) !== 0);
    case "~":
      return all.some((value) => fits(String(value), String(wanted)));
    case "<":
      return all.some((value) => (orderOf(value, wanted) ?? 0) < 0);
    case ">":
      return all.some((value) => (orderOf(value, wanted) ?? 0) > 0);
    case "<=":
      return all.some((value) => (orderOf(value, wanted) ?? 1) <= 0);
    case ">=":
      return all.some((value) => (orderOf(value, wanted) ?? -1) >= 0);
  }
}

/** Below zero: `value` comes first. undefined = they are others, and have no order. */
type Order = (value: SubjectValue, literal: Literal) => number | undefined;

/** What is no version is equal to itself alone. */
const versionOrder: Order = (value, literal) => {
  const [one, other] = [String(value), String(literal)];
  return compareVersions(one, other) ?? (one === other ? 0 : undefined);
};

const plainOrder: Order = (value, literal) => {
  if (value === literal || (typeof value === "boolean" && String(value) === literal)) return 0;
  if (typeof value !== "number" && typeof value !== "bigint") return undefined;
  const number = typeof literal === "string" ? numberIn(literal) : literal;
  if (typeof number !== "number" && typeof number !== "bigint") return undefined;
  // Numbers and bigints compare as the numbers that they are.
  return value < number ? -1 : value > number ? 1 : 0;
};

/** `*` stands for any text, `?` for one character; upper and lower case are the same. At worst the product of both lengths. */
function fits(value: string, wanted: string): boolean {
  const [text, pattern] = [[...value.toLowerCase()], [...wanted.toLowerCase()]];
  let [at, part, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[part] === "*") {
      star = part++;
      mark = at;
    } else if (part < pattern.length && (pattern[part] === "?" || pattern[part] === text[at])) {
      at++;
      part++;
    } else if (star !== -1) {
      part = star + 1; // the star takes one character more
      at = ++mark;
    } else {
      return false;
    }
  }
  while (pattern[part] === "*") part++;
  return part === pattern.length;
}
