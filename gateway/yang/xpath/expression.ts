/** XPath 1.0 expressions as plain data, and what can be told about one without evaluating it. */
import { type FunctionName, SIGNATURES, type ValueType } from "./signatures.ts";

/** XPath 1.0 §2.2. Attributes and namespaces, which YANG data has not, are always empty. */
export type Axis =
  | "child"
  | "parent"
  | "self"
  | "ancestor"
  | "ancestor-or-self"
  | "descendant"
  | "descendant-or-self"
  | "following-sibling"
  | "preceding-sibling"
  | "following"
  | "preceding"
  | "attribute"
  | "namespace";

/** XPath 1.0 §2.3. A name without a module belongs to the module of the expression (RFC 7950 §6.4.1). */
export type NodeTest =
  | { readonly kind: "name"; readonly module: string | undefined; readonly name: string }
  /** `*`, or `module:*`. */
  | { readonly kind: "any"; readonly module: string | undefined }
  | { readonly kind: "node" }
  | { readonly kind: "text" }
  /** Comments and processing instructions: YANG data has none. */
  | { readonly kind: "none" };

export interface Step {
  readonly axis: Axis;
  readonly test: NodeTest;
  readonly predicates: readonly Expression[];
  /** Children that must equal what can be known before any entry is looked at: the way into the index of a list. */
  readonly equalities: readonly Equality[];
}

/** From a predicate `[child = value]`. */
export interface Equality {
  readonly child: Extract<NodeTest, { kind: "name" }>;
  readonly value: Expression;
}

export type Comparator = "=" | "!=" | "<" | "<=" | ">" | ">=";
export type Operator = "+" | "-" | "*" | "div" | "mod";

export type Expression =
  | { readonly kind: "literal"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "or"; readonly operands: readonly Expression[] }
  | { readonly kind: "and"; readonly operands: readonly Expression[] }
  | { readonly kind: "union"; readonly operands: readonly Expression[] }
  | {
      readonly kind: "comparison";
      readonly operator: Comparator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "arithmetic"; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "negation"; readonly operand: Expression }
  | { readonly kind: "call"; readonly name: FunctionName; readonly args: readonly Expression[] }
  /** In a predicate, what is the same for all nodes: one evaluation needs its value once. */
  | { readonly kind: "once"; readonly of: Expression }
  | { readonly kind: "filter"; readonly of: Expression; readonly predicates: readonly Expression[] }
  /** From the root, from the context node, or from the nodes of another expression. */
  | { readonly kind: "path"; readonly from: "root" | "context" | Expression; readonly steps: readonly Step[] };

/** Without variables the type of every expression is known beforehand. */
export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case "literal":
      return "string";
    case "number":
    case "arithmetic":
    case "negation":
      return "number";
    case "or":
    case "and":
    case "comparison":
      return "boolean";
    case "call":
      return SIGNATURES[expression.name].returns;
    case "once":
      return typeOf(expression.of);
    default:
      return "nodes";
  }
}

/** Does a predicate count? Then the nodes before it may not be told apart in any other way first. */
export const isPositional = (predicate: Expression): boolean =>
  typeOf(predicate) === "number" || uses(predicate, asksPosition);

/** Is the value the same whatever the context node is, and its position? */
export const isFixed = (expression: Expression): boolean => !uses(expression, asksFocus);

const asksPosition = (part: Expression): boolean =>
  part.kind === "call" && (part.name === "position" || part.name === "last");

const asksFocus = (part: Expression): boolean => {
  if (part.kind === "path") return part.from === "context";
  if (part.kind !== "call") return false;
  return (
    asksPosition(part) || part.name === "lang" || (part.args.length === 0 && SIGNATURES[part.name].takes.length > 0)
  );
};

/** Looks at all parts that have the context of the whole; predicates have their own. */
function uses(expression: Expression, test: (part: Expression) => boolean): boolean {
  return test(expression) || partsOf(expression).some((part) => uses(part, test));
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "or":
    case "and":
    case "union":
      return expression.operands;
    case "comparison":
    case "arithmetic":
      return [expression.left, expression.right];
    case "negation":
      return [expression.operand];
    case "call":
      return expression.args;
    case "once":
    case "filter":
      return [expression.of];
    case "path":
      return typeof expression.from === "string" ? [] : [expression.from];
    default:
      return [];
  }
}

/** Marks the parts of a predicate that need one evaluation only. */
export function hoisted(predicate: Expression): Expression {
  switch (predicate.kind) {
    case "literal":
    case "number":
    case "once":
      return predicate;
    default:
      return isFixed(predicate) ? { kind: "once", of: predicate } : withParts(predicate);
  }
}

function withParts(expression: Expression): Expression {
  switch (expression.kind) {
    case "or":
    case "and":
    case "union":
      return { ...expression, operands: expression.operands.map(hoisted) };
    case "comparison":
    case "arithmetic":
      return { ...expression, left: hoisted(expression.left), right: hoisted(expression.right) };
    case "negation":
      return { ...expression, operand: hoisted(expression.operand) };
    case "call":
      return { ...expression, args: expression.args.map(hoisted) };
    case "filter":
      return { ...expression, of: hoisted(expression.of) };
    case "path":
      return typeof expression.from === "string" ? expression : { ...expression, from: hoisted(expression.from) };
    default:
      return expression;
  }
}

/**
 * What the predicates of a step ask to be equal. Those behind one that counts do not help: it counts before they choose.
 */
export function equalitiesOf(predicates: readonly Expression[]): readonly Equality[] {
  const found: Equality[] = [];
  for (const predicate of predicates) {
    if (isPositional(predicate)) break;
    for (const part of predicate.kind === "and" ? predicate.operands : [predicate]) {
      if (part.kind !== "comparison" || part.operator !== "=") continue;
      const { left, right } = part;
      const child = childName(left) ?? childName(right);
      const value = childName(left) === undefined ? left : right;
      if (child !== undefined && isFixed(value)) found.push({ child, value });
    }
  }
  return found;
}

function childName(expression: Expression): Equality["child"] | undefined {
  if (expression.kind !== "path" || expression.from !== "context" || expression.steps.length !== 1) return undefined;
  const { axis, test, predicates } = expression.steps[0]!;
  return axis === "child" && test.kind === "name" && predicates.length === 0 ? test : undefined;
}
