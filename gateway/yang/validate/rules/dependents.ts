/**
 * The other way round: schema node → constraints elsewhere that look at it. With it an edit finds what it may have broken
 * without a walk over the tree. Made of a schema when its first edit is validated.
 */
import type { Plan, PlanNode } from "../../codec/plan-node.ts";
import type { Reading } from "../../xpath/readings.ts";
import { isAbove } from "../../xpath/shape.ts";
import type { Reference } from "./reference.ts";
import { type RuleBook, type Rules, rulesOf } from "./rules.ts";

export interface Dependent {
  /** Whose constraint it is. */
  readonly rules: Rules;
  readonly kind: "when" | "must" | "reference";
  /** Only instances inside the same instance of this node are concerned. */
  readonly from: PlanNode;
  /** What is added cannot break it. */
  readonly lossOnly: boolean;
}

export interface Dependents {
  /** Which look at the value of a leaf, or whether it is there. */
  of(leaf: PlanNode): readonly Dependent[];
  /** Which look into the node, or whether it is there, from outside of it. */
  outside(node: PlanNode): readonly Dependent[];
  /** Is there any `when` in the schema? */
  readonly conditional: boolean;
}

const NONE: readonly Dependent[] = [];
/** A memo, as in rules.ts. */
const MADE = new WeakMap<RuleBook, Dependents>();

export function dependentsOf(plan: Plan): Dependents {
  const book = rulesOf(plan);
  let made = MADE.get(book);
  if (made === undefined) {
    made = makeDependents(book);
    MADE.set(book, made);
  }
  return made;
}

function makeDependents({ plan, root }: RuleBook): Dependents {
  const readers = new Map<PlanNode, Dependent[]>();
  /** They may look at anything. */
  const curious: Dependent[] = [];
  let conditional = false;
  const add = (node: PlanNode, dependent: Dependent): void => {
    if (node === plan.root) curious.push(dependent);
    else readers.set(node, [...(readers.get(node) ?? []), dependent]);
  };
  const read = (rules: Rules, kind: Dependent["kind"], { reads }: { readonly reads: readonly Reading[] }): void => {
    for (const { node, from } of reads) add(node, { rules, kind, from: from ?? plan.root, lossOnly: false });
  };
  const refer = (rules: Rules, reference: Reference | undefined): void => {
    if (reference === undefined) return;
    if (reference.kind === "union") for (const member of reference.members) refer(rules, member.reference);
    else if (reference.kind === "instance-identifier") {
      curious.push({ rules, kind: "reference", from: plan.root, lossOnly: true });
    } else if (reference.plain !== undefined) {
      const { down, from } = reference.plain;
      add(down.at(-1)!, { rules, kind: "reference", from, lossOnly: true });
    } else read(rules, "reference", reference.expression.compiled);
  };
  const gather = (rules: Rules): void => {
    for (const child of rules.watched) {
      conditional ||= child.conditions !== undefined;
      if (child.conditions !== undefined) read(child, "when", child.conditions);
      for (const { expression } of child.musts) read(child, "must", expression.compiled);
      refer(child, child.reference);
      gather(child);
    }
  };
  gather(root);

  const of = new Map<PlanNode, readonly Dependent[]>();
  const outside = new Map<PlanNode, readonly Dependent[]>();
  return {
    conditional,
    of: (leaf) => remember(of, leaf, () => [...(readers.get(leaf) ?? NONE), ...curious]),
    outside: (node) =>
      remember(outside, node, () => {
        const found = new Set<Dependent>();
        const collect = (at: PlanNode): void => {
          for (const dependent of readers.get(at) ?? NONE) if (isAbove(dependent.from, node)) found.add(dependent);
          for (const child of at.children) collect(child);
        };
        collect(node);
        return [...found, ...curious];
      }),
  };
}

function remember<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
