/** RFC 7950 §7.21.5 — conditions: which expressions decide whether a node may be there, and what they look at. */
import type { Plan, PlanNode } from "../codec/plan-node.ts";
import type { Tree } from "../tree.ts";
import { type CompiledXPath, openXPath } from "./compiled.ts";
import { type DataNode, DataTree, dummyNode } from "./data-node.ts";
import type { Reading } from "./readings.ts";
import { dataParent } from "./shape.ts";

export interface Conditions {
  /** May the node be there below `parent`? Throws a Fault `yang.too-complex`. With a number: as far as the first go. */
  hold(parent: DataNode, first?: number): boolean;
  /** The first condition that does not hold, as the module has it; undefined when all do. */
  broken(parent: DataNode): string | undefined;
  readonly reads: readonly Reading[];
}

interface Condition {
  readonly text: string;
  readonly compiled: CompiledXPath;
  /** Of the node itself: it is replaced by a dummy, which is the context. */
  readonly own: boolean;
  /** The nodes that the same statement added, which are away while it is evaluated. */
  readonly hidden: readonly PlanNode[];
}

/** A memo: conditions follow from the plan. */
const CONDITIONS = new WeakMap<PlanNode, Conditions | "none">();

/** The conditions of a node, its own and those of choice, case, uses and augment; undefined for most nodes. */
export function conditionsOf(node: PlanNode, plan: Plan): Conditions | undefined {
  let conditions = CONDITIONS.get(node);
  if (conditions === undefined) {
    conditions = openConditions(node, plan) ?? "none";
    CONDITIONS.set(node, conditions);
  }
  return conditions === "none" ? undefined : conditions;
}

function openConditions(node: PlanNode, plan: Plan): Conditions | undefined {
  const { when = [], parentWhen = [], module } = node.schema;
  const parent = dataParent(node);
  if (parent === undefined || when.length + parentWhen.length === 0) return undefined;
  const all: readonly Condition[] = [
    ...parentWhen.map((text) => ({
      text,
      compiled: openXPath(text, { module, plan, contextNode: parent, configOnly: node.free && node.schema.config }),
      own: false,
      hidden: (node.parent?.children ?? []).filter((each) => each.schema.parentWhen?.includes(text)),
    })),
    ...when.map((text) => ({
      text,
      compiled: openXPath(text, { module, plan, contextNode: node }),
      own: true,
      hidden: [],
    })),
  ];
  return {
    hold: (above, first) => all.slice(0, first).every((each) => holds(each, node, above)),
    broken: (above) => all.find((each) => !holds(each, node, above))?.text,
    get reads() {
      return all.flatMap(({ compiled }) => compiled.reads);
    },
  };
}

function holds({ compiled, own, hidden }: Condition, node: PlanNode, parent: DataNode): boolean {
  if (!own) {
    return compiled.boolean(parent, { parent, instances: new Map(hidden.map((each) => [each, []])) });
  }
  const dummy = dummyNode(parent, node);
  return compiled.boolean(dummy, { parent, instances: new Map([[node, [dummy]]]) });
}

/**
 * A data tree for expressions: a datastore, or an empty tree around a message that stands alone. Default values whose
 * conditions do not hold are not in it. A default whose condition asks for itself by a detour is not either.
 */
export function openDataTree(data: Tree, plan: Plan): DataTree {
  const asked = new Map<DataNode, Set<PlanNode>>();
  return new DataTree(data, plan, (child, parent) => {
    const conditions = conditionsOf(child, plan);
    if (conditions === undefined) return true;
    const here = asked.get(parent) ?? new Set();
    if (here.has(child)) return false;
    asked.set(parent, here.add(child));
    try {
      return conditions.hold(parent);
    } finally {
      here.delete(child);
    }
  });
}
