/** XPath expressions bound to the schema node that they stand at: what validation works with. */
import { BugError } from "../../base/index.ts";
import type { Plan, PlanNode } from "../codec/plan-node.ts";
import type { DataNode } from "./data-node.ts";
import { evaluate } from "./evaluate.ts";
import { typeOf } from "./expression.ts";
import { parseXPath } from "./parse.ts";
import { type Reading, readingsOf } from "./readings.ts";
import type { Altered } from "./run.ts";
import type { ValueType } from "./signatures.ts";
import { isNodes, toBoolean } from "./values.ts";

export interface XPathPlace {
  /** The module of names without one (RFC 7950 §6.4.1). */
  readonly module: string;
  readonly plan: Plan;
  /** Whose instances are the context; for a condition of a choice, case, uses or augment their data parent. */
  readonly contextNode: PlanNode;
  /** Does it see configuration only? Unless said, it does at configuration (RFC 7950 §6.4.1). */
  readonly configOnly?: boolean;
}

export interface CompiledXPath {
  readonly type: ValueType;
  /** Of `context` or, for a `when`, of a dummy in its place. Throws a Fault `yang.too-complex`. */
  boolean(context: DataNode, altered?: Altered): boolean;
  /** For expressions of type `nodes`: in document order, each once. */
  nodes(context: DataNode): readonly DataNode[];
  /** What the result may depend on. */
  readonly reads: readonly Reading[];
}

/** Throws XPathError. */
export function openXPath(text: string, place: XPathPlace): CompiledXPath {
  const expression = parseXPath(text);
  const type = typeOf(expression);
  const { module, plan, contextNode, configOnly = isConfiguration(contextNode) } = place;
  let reads: readonly Reading[] | undefined;
  return {
    type,
    boolean: (node, altered) => toBoolean(evaluate(expression, { node, module, configOnly, altered })),
    nodes(node) {
      const value = evaluate(expression, { node, module, configOnly });
      if (!isNodes(value)) throw new BugError("yang.bug", { what: `'${text}' is a ${type} and has no nodes` });
      return value;
    },
    get reads() {
      reads ??= readingsOf(expression, { module, plan, contextNode, configOnly });
      return reads;
    },
  };
}

/** Of messages and in them `config` says nothing. */
const isConfiguration = (node: PlanNode): boolean => node.free && node.kind !== "notification" && node.schema.config;
