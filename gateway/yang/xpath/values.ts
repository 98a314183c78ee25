/** XPath 1.0 §3.4, §4.2-4.4 — the four types of values, how they become each other and how they compare. */

import type { DataNode } from "./data-node.ts";
import type { Comparator } from "./expression.ts";
import { numberIn, type Run } from "./run.ts";
import { typed } from "./typed.ts";

/** Nodes are in document order, each once. */
export type XPathValue = string | number | boolean | readonly DataNode[];

export const isNodes = (value: XPathValue): value is readonly DataNode[] => typeof value === "object";

/** §4.2 string(). */
export function toText(value: XPathValue, run: Run): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return numberText(value);
    case "boolean":
      return String(value);
    default:
      return value.length === 0 ? "" : run.text(value[0]!);
  }
}

/** As many digits as tell a number from all others, and never an exponent. */
function numberText(value: number): string {
  if (Object.is(value, -0)) return "0";
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = "", first = "", rest = "", exponent = ""] = match;
  const digits = first + rest;
  const point = 1 + Number(exponent);
  return sign + (point > 0 ? digits.padEnd(point, "0") : `0.${"0".repeat(-point)}${digits}`);
}

/** §4.4 number(). */
export function toNumber(value: XPathValue, run: Run): number {
  if (!isNodes(value)) return numberOf(value);
  return value.length === 0 ? Number.NaN : run.number(value[0]!);
}

const numberOf = (value: string | number | boolean): number =>
  typeof value === "string" ? numberIn(value) : Number(value);

/** §4.3 boolean(). */
export function toBoolean(value: XPathValue): boolean {
  switch (typeof value) {
    case "boolean":
      return value;
    case "number":
      return value !== 0 && !Number.isNaN(value);
    default:
      return value.length > 0;
  }
}

/** §3.4. */
export function compare(operator: Comparator, left: XPathValue, right: XPathValue, run: Run): boolean {
  // With a boolean, a set of nodes is a boolean too.
  if (typeof left === "boolean" || typeof right === "boolean") {
    return comparePair(operator, isNodes(left) ? left.length > 0 : left, isNodes(right) ? right.length > 0 : right);
  }
  if (isNodes(left)) return isNodes(right) ? anyPair(operator, left, right, run) : anyNamed(operator, left, right, run);
  return isNodes(right) ? anyNamed(TURNED[operator], right, left, run) : comparePair(operator, left, right);
}

const TURNED: { readonly [operator in Comparator]: Comparator } = {
  "=": "=",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

function comparePair(operator: Comparator, left: string | number | boolean, right: string | number | boolean): boolean {
  switch (operator) {
    case "=":
      return equal(left, right);
    case "!=":
      return !equal(left, right);
    case "<":
      return numberOf(left) < numberOf(right);
    case "<=":
      return numberOf(left) <= numberOf(right);
    case ">":
      return numberOf(left) > numberOf(right);
    case ">=":
      return numberOf(left) >= numberOf(right);
  }
}

function equal(left: string | number | boolean, right: string | number | boolean): boolean {
  if (typeof left === "boolean" || typeof right === "boolean") return toBoolean(left) === toBoolean(right);
  if (typeof left === "number" || typeof right === "number") return numberOf(left) === numberOf(right);
  return left === right;
}

/**
 * `type = 'ethernet'`: RFC 7951 §6.8 lets an identity of its leaf's module go without the name of the module, so a text
 * without one means that identity.
 */
function anyNamed(operator: Comparator, nodes: readonly DataNode[], other: string | number, run: Run): boolean {
  const [node] = nodes;
  const isShort = typeof other === "string" && !other.includes(":") && typed(node).type?.base === "identityref";
  if (!isShort || (operator !== "=" && operator !== "!=")) return anyNode(operator, nodes, other, run);
  const full = `${node?.plan.schema.module}:${other}`;
  if (operator === "=") return anyNode("=", nodes, full, run) || anyNode("=", nodes, other, run);
  run.spend(nodes.length);
  return nodes.some((each) => ![full, other].includes(run.text(each)));
}

/** One node for which it holds is enough. */
function anyNode(operator: Comparator, nodes: readonly DataNode[], other: string | number, run: Run): boolean {
  const byText = typeof other === "string" && (operator === "=" || operator === "!=");
  if (byText && operator === "=" && nodes.length > FEW) return run.texts(nodes).has(other);
  run.spend(nodes.length);
  return nodes.some((node) => comparePair(operator, byText ? run.text(node) : run.number(node), other));
}

/** So many are compared one by one. */
const FEW = 4;

/** One pair for which it holds is enough. Each text is looked at once, however many pairs there are. */
function anyPair(operator: Comparator, left: readonly DataNode[], right: readonly DataNode[], run: Run): boolean {
  if (left.length === 0 || right.length === 0) return false;
  if (left.length === 1) return anyNode(TURNED[operator], right, run.text(left[0]!), run);
  if (right.length === 1) return anyNode(operator, left, run.text(right[0]!), run);
  if (operator === "=" || operator === "!=") {
    const [some, others] = [run.texts(left), run.texts(right)];
    if (operator === "=") return [...some].some((text) => others.has(text));
    // Two texts on one side differ, or all of them are one and the same.
    return others.size > 1 || [...some].some((text) => !others.has(text));
  }
  // The extremes decide for all pairs.
  const less = operator === "<" || operator === "<=";
  return comparePair(operator, extreme(left, less, run), extreme(right, !less, run));
}

/** NaN, for which nothing holds, when no node is a number. */
function extreme(nodes: readonly DataNode[], least: boolean, run: Run): number {
  let found = Number.NaN;
  run.spend(nodes.length);
  for (const node of nodes) {
    const number = run.number(node);
    if (Number.isNaN(found) || (least ? number < found : number > found)) found = number;
  }
  return found;
}
