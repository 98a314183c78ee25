/** Data trees from modules written inside a test, and expressions evaluated on them. */
import type { Json } from "../../../gateway/yang/api.ts";
import { planNode, planOf } from "../../../gateway/yang/codec/plan.ts";
import type { Plan, PlanNode } from "../../../gateway/yang/codec/plan-node.ts";
import { fromJson } from "../../../gateway/yang/json.ts";
import { type DataNode, instancesOf } from "../../../gateway/yang/xpath/data-node.ts";
import { evaluate } from "../../../gateway/yang/xpath/evaluate.ts";
import { parseXPath } from "../../../gateway/yang/xpath/parse.ts";
import type { XPathValue } from "../../../gateway/yang/xpath/values.ts";
import { openDataTree } from "../../../gateway/yang/xpath/when.ts";
import { nodeAt, schemaOf } from "../compile/inline.ts";

export interface World {
  readonly plan: Plan;
  readonly root: DataNode;
  node(path: string): PlanNode;
  /** Instances of a path without keys, in document order. */
  all(path: string): readonly DataNode[];
  /** The value of an expression at the first instance of a path, or at the root. */
  ask(expression: string, path?: string): XPathValue;
}

export function openWorld(texts: readonly string[], data: Json): World {
  const schema = schemaOf(...texts);
  const plan = planOf(schema);
  const { root } = openDataTree(fromJson(data, schema), plan);
  const node = (path: string): PlanNode => planNode(plan, nodeAt(schema, path));
  const all = (path: string): readonly DataNode[] => {
    const line: PlanNode[] = [];
    for (let at: PlanNode | undefined = node(path); at?.parent !== undefined; at = at.parent) line.unshift(at);
    let nodes: readonly DataNode[] = [root];
    for (const step of line) nodes = nodes.flatMap((each) => instancesOf(each, step));
    return nodes;
  };
  return {
    plan,
    root,
    node,
    all,
    ask(expression, path) {
      const context = path === undefined ? root : all(path)[0];
      if (context === undefined) throw new Error(`no instance of ${path}`);
      return evaluate(parseXPath(expression), { node: context, module: "m" });
    },
  };
}

/** Names of nodes with their text, or the value itself. */
export const shown = (value: XPathValue): string | number | boolean | readonly string[] =>
  typeof value === "object" ? value.map(showNode) : value;

function showNode(node: DataNode): string {
  if (node.parent === undefined) return "/";
  const name = node.text ? "text()" : node.plan.schema.name;
  if (node.plan.leaf !== undefined) return `${name}=${String(evaluate(parseXPath("string()"), { node, module: "m" }))}`;
  const key = node.plan.keys[0];
  return key === undefined
    ? name
    : `${name}[${String(evaluate(parseXPath(`string(*[local-name()='${key.schema.name}'])`), { node, module: "m" }))}]`;
}
