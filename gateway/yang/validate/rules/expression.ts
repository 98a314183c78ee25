/** The XPath expressions of a schema, each compiled when it is first needed: a node that only reports needs none. */
import type { Plan, PlanNode } from "../../codec/plan-node.ts";
import { type CompiledXPath, openXPath } from "../../xpath/compiled.ts";
import type { Reading } from "../../xpath/readings.ts";
import { messageAround, named } from "../../xpath/shape.ts";

export interface Expression {
  readonly text: string;
  readonly compiled: CompiledXPath;
  /** Does it look at anything outside of the input, output, notification or structure that it stands in? */
  readonly looksOutside: boolean;
}

/** `module`: that of the statement, to which names without a prefix belong (RFC 7950 §6.4.1). */
export function expressionIn(text: string, context: PlanNode, module: string, plan: Plan): Expression {
  let compiled: CompiledXPath | undefined;
  let outside: boolean | undefined;
  const expression: Expression = {
    text,
    get compiled() {
      compiled ??= openXPath(text, { module, plan, contextNode: context });
      return compiled;
    },
    get looksOutside() {
      outside ??= looksOutside(expression.compiled.reads, context);
      return outside;
    },
  };
  return expression;
}

export const looksOutside = (reads: readonly Reading[], context: PlanNode): boolean =>
  reads.some((reading) => !isInside(reading, messageAround(context)));

function isInside({ node }: Reading, message: PlanNode | undefined): boolean {
  for (let at: PlanNode | undefined = node; at !== undefined; at = at.parent) if (at === message) return true;
  return message !== undefined && named(message) === node;
}
