/** One evaluation: what holds for all of it, and how much it may still look at. */
import { Fault } from "../codec/fault.ts";
import type { PlanNode } from "../codec/plan-node.ts";
import type { BuiltIn } from "../schema.ts";
import { childPlans, type DataNode, instancesOf, TREE_STEP_LIMIT, textOf } from "./data-node.ts";
import type { Expression } from "./expression.ts";
import type { XPathValue } from "./values.ts";

/**
 * How many steps one evaluation may take: nodes that it looks at, parts of the expression that it evaluates, and
 * texts, whose length counts. Honest expressions take some dozens, or some for each entry of a long list; the limit ends
 * one that looks at everything for everything within some 50 ms.
 */
export const STEP_LIMIT = 250_000;
/** So many characters cost as much as a step. */
const TEXT_STEP = 4;

/** RFC 7950 §7.21.5: what a `when` finds in the place of some children of one node. */
export interface Altered {
  readonly parent: DataNode;
  readonly instances: ReadonlyMap<PlanNode, readonly DataNode[]>;
}

/** What an evaluation may still look at, over all the paths that it follows. */
interface Allowance {
  left: number;
}

export class Run {
  /** The context node of the whole expression. */
  readonly current: DataNode;
  /** The module of names without one. */
  readonly module: string;
  /** Expressions of configuration see no state (RFC 7950 §6.4.1). */
  readonly configOnly: boolean;
  readonly altered: Altered | undefined;
  readonly allowance: Allowance;
  #once: Map<Expression, XPathValue> | undefined;
  #texts: Map<readonly DataNode[], ReadonlySet<string>> | undefined;

  constructor(
    current: DataNode,
    module: string,
    configOnly = false,
    altered?: Altered,
    allowance: Allowance = { left: STEP_LIMIT },
  ) {
    this.current = current;
    this.module = module;
    this.configOnly = configOnly;
    this.altered = altered;
    this.allowance = allowance;
  }

  /** For the path of a leafref on the way: another context, one allowance. */
  at(leaf: DataNode): Run {
    return new Run(leaf, leaf.plan.schema.module, this.configOnly, this.altered, this.allowance);
  }

  /** Throws a Fault when the evaluation takes too long, or all on this tree together. */
  spend(steps: number): void {
    const { allowance } = this;
    const { tree } = this.current;
    allowance.left -= steps;
    tree.stepsLeft -= steps;
    if (allowance.left >= 0 && tree.stepsLeft >= 0) return;
    const what =
      allowance.left < 0
        ? `the expression takes more than ${STEP_LIMIT} steps on this data`
        : `all expressions take more than ${TREE_STEP_LIMIT} steps on this data`;
    throw new Fault("yang.too-complex", what);
  }

  /** The value of what is the same wherever the evaluation is. */
  once(expression: Expression, evaluate: () => XPathValue): XPathValue {
    this.#once ??= new Map();
    let value = this.#once.get(expression);
    if (value === undefined) {
      value = evaluate();
      this.#once.set(expression, value);
    }
    return value;
  }

  /** RFC 7950 §6.4.1: expressions of configuration see no state. */
  sees(plan: PlanNode): boolean {
    return !this.configOnly || plan.schema.config;
  }

  /** Instances below `parent` as this evaluation sees them. */
  instances(parent: DataNode, plan: PlanNode): readonly DataNode[] {
    if (!this.sees(plan)) return [];
    const altered = this.altered?.parent === parent ? this.altered.instances.get(plan) : undefined;
    const nodes = altered ?? instancesOf(parent, plan);
    this.spend(nodes.length);
    return nodes;
  }

  /** XPath 1.0 §5: the text of a leaf in canonical form, or all texts below one after the other. */
  text(node: DataNode): string {
    const text = node.plan.leaf === undefined ? this.#textBelow(node) : textOf(node);
    this.spendText(text);
    return text;
  }

  spendText(text: string): void {
    if (text.length > TEXT_STEP) this.spend(text.length / TEXT_STEP);
  }

  /** For comparing with many: the texts of the same nodes are gathered once. */
  texts(nodes: readonly DataNode[]): ReadonlySet<string> {
    this.#texts ??= new Map();
    let texts = this.#texts.get(nodes);
    if (texts === undefined) {
      this.spend(nodes.length);
      texts = new Set(nodes.map((node) => this.text(node)));
      this.#texts.set(nodes, texts);
    }
    return texts;
  }

  #textBelow(node: DataNode): string {
    let text = "";
    for (const plan of childPlans(node)) for (const child of this.instances(node, plan)) text += this.text(child);
    if (node.tree.extra?.parent === node) text += this.text(node.tree.extra);
    return text;
  }

  /** The same as a number, without the detour over the text where there is a number already. */
  number(node: DataNode): number {
    const { value, plan } = node;
    if (typeof value === "number" && INTEGERS.has(plan.schema.type?.base)) return value;
    return numberIn(this.text(node));
  }
}

/** Enumerations and identities are numbers in the tree too, but not in XPath. */
const INTEGERS: ReadonlySet<BuiltIn | undefined> = new Set<BuiltIn>([
  "int8",
  "int16",
  "int32",
  "uint8",
  "uint16",
  "uint32",
]);

const NUMBER = /^[ \t\r\n]*(-?(?:\d+(?:\.\d*)?|\.\d+))[ \t\r\n]*$/;

/** XPath 1.0 §4.4 number() of a string. */
export function numberIn(text: string): number {
  const digits = NUMBER.exec(text)?.[1];
  return digits === undefined ? Number.NaN : Number(digits);
}
