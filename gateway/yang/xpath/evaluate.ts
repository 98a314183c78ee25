/** XPath 1.0 §2-§4 — expression + context → value. */
import { isReverse, walk } from "./axes.ts";
import { compareOrder, type DataNode } from "./data-node.ts";
import { deref } from "./deref.ts";
import type { Expression, Operator, Step } from "./expression.ts";
import { CORE } from "./functions.ts";
import { entryByKeys, keysAsked } from "./key-lookup.ts";
import { type Altered, Run } from "./run.ts";
import { type ArgumentType, type FunctionName, signatureOf } from "./signatures.ts";
import { compare, isNodes, toBoolean, toNumber, toText, type XPathValue } from "./values.ts";
import { YANG } from "./yang-functions.ts";

export interface Context {
  readonly node: DataNode;
  /** What current() gives (RFC 7950 §10.1.1): the context node, unless another is named. */
  readonly current?: DataNode;
  /** The module of names without one (RFC 7950 §6.4.1). */
  readonly module: string;
  /** Is state out of sight? */
  readonly configOnly?: boolean;
  readonly altered?: Altered | undefined;
}

/** Throws a Fault `yang.too-complex` when the expression looks at too much. */
export function evaluate(expression: Expression, context: Context): XPathValue {
  const { node, current = node, module, configOnly, altered } = context;
  return valueIn(expression, alone(node), new Run(current, module, configOnly, altered));
}

/** §1: the context node, and its position and number among those that are looked at. */
interface Focus {
  node: DataNode;
  position: number;
  readonly size: number;
}

const alone = (node: DataNode): Focus => ({ node, position: 1, size: 1 });

function valueIn(expression: Expression, focus: Focus, run: Run): XPathValue {
  run.spend(1);
  switch (expression.kind) {
    case "literal":
    case "number":
      return expression.value;
    case "or":
      return expression.operands.some((operand) => truth(operand, focus, run));
    case "and":
      return expression.operands.every((operand) => truth(operand, focus, run));
    case "comparison":
      return compare(
        expression.operator,
        valueIn(expression.left, focus, run),
        valueIn(expression.right, focus, run),
        run,
      );
    case "arithmetic": {
      const left = toNumber(valueIn(expression.left, focus, run), run);
      return calculate[expression.operator](left, toNumber(valueIn(expression.right, focus, run), run));
    }
    case "negation":
      return -toNumber(valueIn(expression.operand, focus, run), run);
    case "call":
      return call(expression.name, expression.args, focus, run);
    case "once":
      return run.once(expression, () => valueIn(expression.of, focus, run));
    case "union":
      return inOrder(expression.operands.flatMap((operand) => nodesOf(operand, focus, run)));
    case "filter":
      return filter(nodesOf(expression.of, focus, run), expression.predicates, run);
    case "path": {
      const { from } = expression;
      if (from === "context") return follow([focus.node], expression.steps, run);
      if (from === "root") return follow([focus.node.tree.root], expression.steps, run);
      return follow(nodesOf(from, focus, run), expression.steps, run);
    }
  }
}

const truth = (expression: Expression, focus: Focus, run: Run): boolean => toBoolean(valueIn(expression, focus, run));

/** For expressions whose type is known to be nodes: the parser saw to it. */
function nodesOf(expression: Expression, focus: Focus, run: Run): readonly DataNode[] {
  const value = valueIn(expression, focus, run);
  return isNodes(value) ? value : [];
}

/** §3.5: IEEE 754, and mod has the sign of its left side. */
const calculate: { readonly [sign in Operator]: (left: number, right: number) => number } = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  div: (left, right) => left / right,
  mod: (left, right) => left % right,
};

/** The functions that ask for more than their arguments, and then the others. */
function call(name: FunctionName, args: readonly Expression[], focus: Focus, run: Run): XPathValue {
  switch (name) {
    case "last":
      return focus.size;
    case "position":
      return focus.position;
    case "current":
      return [run.current];
    case "deref":
      return dereference(nodesOf(args[0]!, focus, run)[0], run);
    case "not":
      return !truth(args[0]!, focus, run);
    default: {
      // The parser counted them and saw that nodes are nodes, so that each is of the type which the table names.
      const values = argumentsOf(name, args, focus, run);
      const implementation: (args: never, run: Run) => XPathValue = FUNCTIONS[name];
      return implementation(values as never, run);
    }
  }
}

const FUNCTIONS = { ...CORE, ...YANG };

/** Without any argument, functions that take one look at the context node (§4). */
function argumentsOf(name: FunctionName, args: readonly Expression[], focus: Focus, run: Run): readonly XPathValue[] {
  const { takes } = signatureOf(name);
  const values = args.length === 0 && takes.length > 0 ? [[focus.node]] : args.map((arg) => valueIn(arg, focus, run));
  return values.map((value, index) => converted(value, takes[index] ?? takes.at(-1) ?? "any", run));
}

/** §3.2. A text that another function made, or that is kept for all nodes, is looked at once more. */
function converted(value: XPathValue, type: ArgumentType, run: Run): XPathValue {
  if (typeof value === "string") run.spendText(value);
  switch (type) {
    case "string":
      return toText(value, run);
    case "number":
      return toNumber(value, run);
    case "boolean":
      return toBoolean(value);
    default:
      return value;
  }
}

/** RFC 7950 §9.9.2: the path of a leafref is evaluated at the leaf, in the module of the leaf. */
const dereference = (leaf: DataNode | undefined, run: Run): readonly DataNode[] =>
  deref(leaf, run, (path, from) => nodesOf(path, alone(from), run.at(from)));

/** §2: each step starts at all nodes that the one before found. */
function follow(start: readonly DataNode[], steps: readonly Step[], run: Run): readonly DataNode[] {
  let nodes = start;
  // No node lies inside another: then going down keeps the order, and finds nothing twice.
  let flat = start.length <= 1;
  for (const step of steps) {
    if (nodes.length === 0) return nodes;
    const { axis } = step;
    const down = axis === "child" || axis === "self" || axis === "descendant" || axis === "descendant-or-self";
    if (nodes.length === 1) {
      nodes = take(nodes[0]!, step, run);
      if (isReverse(axis)) nodes = nodes.toReversed();
      flat = true;
    } else {
      const found: DataNode[] = [];
      for (const node of nodes) for (const each of take(node, step, run)) found.push(each);
      nodes = flat && down ? found : inOrder(found);
    }
    flat = (flat && (axis === "child" || axis === "self")) || nodes.length <= 1;
  }
  return nodes;
}

/** §2.1: one step from one node, with the nearest first. */
function take(node: DataNode, step: Step, run: Run): readonly DataNode[] {
  return filter(entryAsked(node, step, run) ?? walk(step.axis, node, step.test, run), step.predicates, run);
}

/** The entry of a list that the predicates name by its keys; undefined when each entry must be looked at. */
function entryAsked(node: DataNode, step: Step, run: Run): readonly DataNode[] | undefined {
  const asked = step.equalities.length === 0 ? undefined : keysAsked(node, step, run);
  if (asked === undefined) return undefined;
  const texts: string[] = [];
  for (const expression of asked.values) {
    const value = valueIn(expression, alone(node), run);
    if (isNodes(value)) {
      if (value.length > 1) return undefined;
      if (value.length === 0) return [];
      texts.push(run.text(value[0]!));
    } else if (typeof value === "string") texts.push(value);
    else return undefined;
  }
  run.spend(1);
  const entry = entryByKeys(node, asked.list, texts);
  return entry === undefined ? [] : [entry];
}

/** §2.4: a number asks for a position, all else is true or false. */
function filter(nodes: readonly DataNode[], predicates: readonly Expression[], run: Run): readonly DataNode[] {
  let left = nodes;
  for (const predicate of predicates) {
    const focus = { node: left[0]!, position: 0, size: left.length };
    left = left.filter((node) => {
      focus.node = node;
      focus.position += 1;
      const value = valueIn(predicate, focus, run);
      return typeof value === "number" ? value === focus.position : toBoolean(value);
    });
  }
  return left;
}

/** Document order, each once. */
const inOrder = (nodes: readonly DataNode[]): readonly DataNode[] =>
  nodes.length < 2 ? nodes : [...new Set(nodes)].sort(compareOrder);
