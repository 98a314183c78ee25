/** One data tree while it is validated: its places as XPath sees them, and which conditions hold there. */
import { Fault } from "../codec/fault.ts";
import type { Plan } from "../codec/plan-node.ts";
import type { LeafValue, Tree } from "../tree.ts";
import { type DataNode, type DataTree, dummyNode, entryAt, instancesOf, placeMessage } from "../xpath/data-node.ts";
import { type Conditions, openDataTree } from "../xpath/when.ts";
import type { Frame } from "./frame.ts";
import { type Expression, looksOutside } from "./rules/expression.ts";
import type { Level, RuleBook, Rules } from "./rules/rules.ts";

const NOTHING: readonly DataNode[] = [];

export class View {
  /** Nothing is known beyond the message. */
  readonly alone: boolean;
  readonly #plan: Plan;
  readonly #datastore: Tree;
  /** The input, output, notification or structure that is looked at, when it is not the datastore. */
  readonly #message: Frame | undefined;
  #tree: DataTree | undefined;
  /** Conditions that were looked at, by place. */
  #known: Map<DataNode, Map<Rules, boolean>> | undefined;

  constructor(book: RuleBook, datastore: Tree, message?: Frame, alone = false) {
    this.#plan = book.plan;
    this.#datastore = datastore;
    this.#message = message;
    this.alone = alone;
  }

  /** Made when the first expression asks for it. */
  get tree(): DataTree {
    this.#tree ??= openDataTree(this.#datastore, this.#plan);
    return this.#tree;
  }

  nodeOf(frame: Frame): DataNode {
    frame.data ??= this.#make(frame);
    return frame.data;
  }

  #make(frame: Frame): DataNode {
    const { rules, above, tree, position } = frame;
    if (above === undefined) return this.tree.root;
    const parent = this.nodeOf(above);
    if (frame === this.#message) return placeMessage(parent, rules.node, tree);
    const made =
      rules.node.kind === "list" ? entryAt(parent, rules.node, position) : instancesOf(parent, rules.node)[0];
    return made ?? dummyNode(parent, rules.node);
  }

  /** All instances of a child: what is there, and what is there by default (RFC 7950 §6.4.1). */
  instances(child: Rules, frame: Frame): readonly DataNode[] {
    return orElse(NOTHING, () => instancesOf(this.nodeOf(frame), child.node));
  }

  /** Do all conditions of `child` hold below `frame`, or would they if it were there? Yes when it cannot be told. */
  holds(child: Rules, frame: Frame): boolean {
    const conditions = this.#conditionsOf(child);
    if (conditions === undefined) return true;
    const parent = this.nodeOf(frame);
    this.#known ??= new Map();
    const here = this.#known.get(parent) ?? new Map<Rules, boolean>();
    this.#known.set(parent, here);
    const holds = here.get(child) ?? orElse(true, () => conditions.hold(parent));
    here.set(child, holds);
    return holds;
  }

  /** Do the conditions hold that the choice has which `child` stems from, whatever its cases ask? */
  choiceHolds(level: Level, child: Rules, frame: Frame): boolean {
    const conditions = level.conditions === 0 ? undefined : this.#conditionsOf(child);
    return conditions === undefined || orElse(true, () => conditions.hold(this.nodeOf(frame), level.conditions));
  }

  /** Undefined also when they cannot be told. */
  #conditionsOf({ conditions, node }: Rules): Conditions | undefined {
    return conditions !== undefined && this.alone && looksOutside(conditions.reads, node) ? undefined : conditions;
  }

  /** The values at the end of a path. */
  targets({ compiled }: Expression, context: DataNode): readonly LeafValue[] {
    return orElse(NOTHING, () => compiled.nodes(context)).map(({ value }) => value as LeafValue);
  }

  /** It looks at a datastore that is not known. */
  cannotTell(expression: Expression): boolean {
    return this.alone && expression.looksOutside;
  }
}

/** An expression may look at too much to be evaluated. */
function orElse<T>(otherwise: T, evaluate: () => T): T {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof Fault) return otherwise;
    throw error;
  }
}
