/**
 * Which schema nodes the value of an expression depends on: the expression is followed over the schema instead of the
 * data. Incremental validation looks again at what an edit may have changed, so this says rather too much than too little:
 * - a step that is taken counts as read, also when a predicate then refuses the nodes;
 * - `*` and `//` read every schema node that they may pass, and what counts in a list reads the list;
 * - the text of a node with children reads all below it;
 * - deref() reads what the path of the leafref reads; through an instance-identifier it reads everything, and so do
 *   the axes `following` and `preceding`. Everything is said as one reading of the root;
 * - the contents of anydata count as that anydata;
 * - a node that may be there by default reads what its being there depends on: its `when`, and the cases of its choice.
 */
import type { Plan, PlanNode } from "../codec/plan-node.ts";
import type { LeafType } from "../schema.ts";
import { pathOf } from "./deref.ts";
import { type Axis, type Expression, type NodeTest, type Step, typeOf } from "./expression.ts";
import { parseXPath } from "./parse.ts";
import { dataParent, isAbove, messageAround, named, shapeOf } from "./shape.ts";
import { type FunctionName, signatureOf } from "./signatures.ts";

/** That instances of `node` come, go, move or change their value may change the result. */
export interface Reading {
  /** The root stands for everything. */
  readonly node: PlanNode;
  /**
   * The schema node up to which the expression climbs: for one context node, only instances of `node` inside the same
   * instance of `from` matter. undefined = any instance does.
   */
  readonly from: PlanNode | undefined;
}

export interface ReadingPlace {
  readonly module: string;
  readonly plan: Plan;
  readonly contextNode: PlanNode;
  readonly configOnly: boolean;
}

/** Instances of `node` inside the same instance of `within`, which is `node` itself or above it. */
interface Spot {
  readonly node: PlanNode;
  readonly within: PlanNode;
}

export function readingsOf(expression: Expression, place: ReadingPlace): readonly Reading[] {
  const reader = new Reader(place);
  reader.value(expression, { current: [{ node: place.contextNode, within: place.contextNode }], module: place.module });
  return reader.found();
}

/** What current() is, and which module names belong to. */
interface Scope {
  readonly current: readonly Spot[];
  readonly module: string;
}

class Reader {
  readonly #place: ReadingPlace;
  /** The operation, notification or structure around the context node, which stands in the tree too. */
  readonly #message: PlanNode | undefined;
  /** By node, the highest `within` last. */
  readonly #reads = new Map<PlanNode, PlanNode>();
  /** Nodes whose conditions were read, with the highest `within`. */
  readonly #conditions = new Map<PlanNode, PlanNode>();

  constructor(place: ReadingPlace) {
    this.#place = place;
    this.#message = messageAround(place.contextNode);
  }

  found(): readonly Reading[] {
    const { root } = this.#place.plan;
    if (this.#reads.has(root)) return [{ node: root, from: undefined }];
    return [...this.#reads].map(([node, within]) => ({ node, from: within === root ? undefined : within }));
  }

  /** Reads all that the value depends on, the texts of nodes excepted. Gives the nodes that it may have. */
  value(expression: Expression, scope: Scope, focus: readonly Spot[] = scope.current): readonly Spot[] {
    switch (expression.kind) {
      case "literal":
      case "number":
        return [];
      case "or":
      case "and":
      case "union":
        return expression.operands.flatMap((operand) => this.value(operand, scope, focus));
      case "comparison": {
        const { left, right } = expression;
        const exists = typeOf(left) === "boolean" || typeOf(right) === "boolean";
        for (const side of [left, right]) {
          const spots = this.value(side, scope, focus);
          if (!exists) this.#readText(spots);
        }
        return [];
      }
      case "arithmetic":
        this.#readText(this.value(expression.left, scope, focus));
        this.#readText(this.value(expression.right, scope, focus));
        return [];
      case "negation":
        this.#readText(this.value(expression.operand, scope, focus));
        return [];
      case "call":
        return this.#call(expression.name, expression.args, scope, focus);
      case "once":
        return this.value(expression.of, scope, focus);
      case "filter": {
        const spots = this.value(expression.of, scope, focus);
        for (const predicate of expression.predicates) this.value(predicate, scope, spots);
        return spots;
      }
      case "path": {
        const { from } = expression;
        const { root } = this.#place.plan;
        if (from === "context") return this.#follow(focus, expression.steps, scope);
        if (from === "root") return this.#follow([{ node: root, within: root }], expression.steps, scope);
        return this.#follow(this.value(from, scope, focus), expression.steps, scope);
      }
    }
  }

  #call(name: FunctionName, args: readonly Expression[], scope: Scope, focus: readonly Spot[]): readonly Spot[] {
    const { takes } = signatureOf(name);
    const asked = args.map((arg) => this.value(arg, scope, focus));
    if (args.length === 0 && takes.length > 0) asked.push(focus);
    if (name === "current") return scope.current;
    if (!OF_EXISTENCE.has(name)) for (const spots of asked) this.#readText(spots);
    return name === "deref" ? (asked[0] ?? []).flatMap((spot) => this.#dereference(spot, spot.node.schema.type)) : [];
  }

  #dereference(spot: Spot, type: LeafType | undefined): readonly Spot[] {
    if (type?.base === "union") return (type.members ?? []).flatMap((member) => this.#dereference(spot, member));
    if (type?.base === "instance-identifier") this.#everything();
    if (type?.base !== "leafref") return [];
    const targets = this.value(pathOf(type), { current: [spot], module: spot.node.schema.module });
    this.#readText(targets);
    return targets;
  }

  #follow(start: readonly Spot[], steps: readonly Step[], scope: Scope): readonly Spot[] {
    let spots = start;
    for (const step of steps) {
      spots = unique(spots.flatMap((spot) => this.#walk(spot, step.axis, step.test, scope.module)));
      for (const predicate of step.predicates) this.value(predicate, scope, spots);
    }
    return spots;
  }

  #walk(spot: Spot, axis: Axis, test: NodeTest, module: string): readonly Spot[] {
    const passing = (spots: readonly Spot[]) => spots.filter(({ node }) => passes(node, test, module));
    switch (axis) {
      case "child":
        return this.#readAll(passing(this.#children(spot)));
      case "self":
        return passing([spot]);
      case "parent":
        return passing(this.#parents(spot));
      case "ancestor":
        return passing(this.#ancestors(spot));
      case "ancestor-or-self":
        return passing([spot, ...this.#ancestors(spot)]);
      case "descendant":
        return passing(this.#descendants(spot));
      case "descendant-or-self":
        return passing([spot, ...this.#descendants(spot)]);
      case "following-sibling":
      case "preceding-sibling":
        return this.#readAll(passing(this.#parents(spot).flatMap((parent) => this.#children(parent))));
      case "following":
      case "preceding":
        return this.#everything();
      default:
        return [];
    }
  }

  /** Nothing needs to be told apart any more. */
  #everything(): readonly Spot[] {
    const { root } = this.#place.plan;
    this.#reads.set(root, root);
    return [];
  }

  /** The contents of anydata count as itself, and its text as the leaf. */
  #children({ node, within }: Spot): readonly Spot[] {
    if (node.kind === "anydata" || node.leaf !== undefined) return [{ node, within }];
    const { plan, configOnly } = this.#place;
    const children = shapeOf(node, plan).children.filter((child) => !configOnly || child.schema.config);
    if (this.#message !== undefined && dataParent(this.#message) === node) children.push(this.#message);
    return children.map((child) => ({ node: child, within }));
  }

  #parents({ node, within }: Spot): readonly Spot[] {
    const parent = dataParent(node);
    const up = parent === undefined ? [] : [{ node: parent, within: within === node ? parent : within }];
    return node.kind === "anydata" || node.leaf !== undefined ? [{ node, within }, ...up] : up;
  }

  #ancestors(spot: Spot): readonly Spot[] {
    const found: Spot[] = [];
    const add = (each: Spot): void => {
      for (const up of this.#parents(each)) {
        found.push(up);
        if (up.node !== each.node) add(up);
      }
    };
    add(spot);
    return found;
  }

  #descendants(spot: Spot): readonly Spot[] {
    const found: Spot[] = [];
    for (const child of this.#children(spot)) {
      found.push(...this.#readAll([child]));
      if (child.node !== spot.node) found.push(...this.#descendants(child));
    }
    return found;
  }

  #readAll(spots: readonly Spot[]): readonly Spot[] {
    for (const spot of spots) this.#read(spot);
    return spots;
  }

  #read({ node, within }: Spot): void {
    raise(this.#reads, node, within);
    const implied = node.fallback !== undefined || (node.kind === "container" && node.schema.presence !== true);
    const parent = dataParent(node);
    if (!implied || parent === undefined || !raise(this.#conditions, node, within)) return;
    this.#readConditions(node, parent, within);
  }

  /** RFC 7950 §7.6.1, §7.9.3, §7.21.5: what decides whether the node is there by default. */
  #readConditions(node: PlanNode, parent: PlanNode, within: PlanNode): void {
    const { cases, when = [], parentWhen = [], module } = node.schema;
    const around = within === node ? parent : within;
    if (cases !== undefined) {
      for (const each of node.parent?.children ?? []) {
        if (each.schema.cases !== undefined) raise(this.#reads, each, around);
      }
    }
    for (const condition of when) {
      this.value(parseXPath(condition), { current: [{ node, within: around }], module });
    }
    for (const condition of parentWhen) {
      this.value(parseXPath(condition), { current: [{ node: parent, within: around }], module });
    }
  }

  #readText(spots: readonly Spot[]): void {
    for (const spot of spots) {
      raise(this.#reads, spot.node, spot.within);
      if (spot.node.leaf === undefined) this.#descendants(spot);
    }
  }
}

/** These ask whether nodes are there, and not what they say. */
const OF_EXISTENCE: ReadonlySet<FunctionName> = new Set<FunctionName>([
  "count",
  "boolean",
  "not",
  "local-name",
  "namespace-uri",
  "name",
]);

/** Text nodes and the contents of anydata go by their holder, which passes therefore. */
function passes(node: PlanNode, test: NodeTest, module: string): boolean {
  if (node.kind === "anydata") return true;
  switch (test.kind) {
    case "name":
      return named(node).schema.name === test.name && named(node).schema.module === (test.module ?? module);
    case "any":
      return test.module === undefined || named(node).schema.module === test.module;
    case "none":
      return false;
    default:
      return true;
  }
}

/** Keeps the highest node; false when it was as high already. Both are on the line up from one node. */
function raise(into: Map<PlanNode, PlanNode>, node: PlanNode, within: PlanNode): boolean {
  const known = into.get(node);
  if (known !== undefined && !isAbove(within, known)) return false;
  into.set(node, within);
  return true;
}

function unique(spots: readonly Spot[]): readonly Spot[] {
  const seen = new Map<PlanNode, PlanNode>();
  for (const { node, within } of spots) raise(seen, node, within);
  return [...seen].map(([node, within]) => ({ node, within }));
}
