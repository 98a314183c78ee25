/** Member names of maps and objects: RFC 9254 §3.3, RFC 7951 §4. */
import type { Plan, PlanNode } from "./plan-node.ts";

/** Qualified at the top, inside anydata and where the module changes; else simple. */
export const memberName = (child: PlanNode, { open, schema }: PlanNode): string =>
  !open && child.schema.module === schema.module ? child.schema.name : qualifiedName(child);

export const qualifiedName = ({ schema }: PlanNode): string => `${schema.module}:${schema.name}`;

/** The child that a name stands for. A qualified name is taken where a simple one would do. */
export function memberNamed(node: PlanNode, name: string, { root }: Plan): PlanNode | undefined {
  if (!node.open) return node.members.get(name);
  // By the letter of RFC 7951 §4, data in an anydata of the same module has simple names.
  return root.members.get(name.includes(":") ? name : `${node.schema.module}:${name}`);
}
