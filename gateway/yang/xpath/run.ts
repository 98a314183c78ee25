/** One evaluation: what holds for all of it, and how much it may still look at. */
import { Fault } from "../codec/fault.ts";
import type { PlanNode } from "../codec/plan-node.ts";
import { childPlans, type DataNode, instancesOf, textOf } from "./data-node.ts";

/**
 * How many nodes one evaluation may look at. Honest expressions look at some dozens, or at each entry of a long list;
 * the limit ends one that looks at everything for everything within about 50 ms.
 */
export const VISIT_LIMIT = 500_000;

/** RFC 7950 §7.21.5: what a `when` finds in the place of some children of one node. */
export interface Altered {
  readonly parent: DataNode;
  readonly instances: ReadonlyMap<PlanNode, readonly DataNode[]>;
}

export interface RunOptions {
  /** The context node of the whole expression. */
  readonly current: DataNode;
  /** The module of names without one. */
  readonly module: string;
  /** Expressions of configuration see no state (RFC 7950 §6.4.1). */
  readonly configOnly?: boolean;
  readonly altered?: Altered | undefined;
}

export class Run {
  readonly current: DataNode;
  readonly module: string;
  readonly configOnly: boolean;
  readonly altered: Altered | undefined;
  readonly #allowance: { left: number };

  constructor({ current, module, configOnly = false, altered }: RunOptions, allowance = { left: VISIT_LIMIT }) {
    this.current = current;
    this.module = module;
    this.configOnly = configOnly;
    this.altered = altered;
    this.#allowance = allowance;
  }

  /** The path of a leafref, followed on the way: another context, one allowance. */
  from(leaf: DataNode): Run {
    return new Run({ ...this, current: leaf, module: leaf.plan.schema.module }, this.#allowance);
  }

  /** Throws a Fault when the evaluation has looked at too much. */
  visit(nodes = 1): void {
    this.#allowance.left -= nodes;
    if (this.#allowance.left < 0) {
      throw new Fault("yang.too-complex", `an expression looks at more than ${VISIT_LIMIT} nodes`);
    }
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
    this.visit(nodes.length);
    return nodes;
  }

  /** XPath 1.0 §5: the text of a leaf in canonical form, or all texts below one after the other. */
  text(node: DataNode): string {
    if (node.plan.leaf !== undefined) return textOf(node);
    let text = "";
    for (const plan of childPlans(node)) for (const child of this.instances(node, plan)) text += this.text(child);
    if (node.tree.extra?.parent === node) text += this.text(node.tree.extra);
    return text;
  }
}
