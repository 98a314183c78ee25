/** Leaves that refer to others (RFC 7950 §9.9, §9.13), also as members of a union (§9.12): what they need to exist. */
import type { Plan, PlanNode } from "../codec/plan-node.ts";
import type { LeafType } from "../schema.ts";
import type { LeafValue, UnionValue } from "../tree.ts";
import { type Expression, expressionIn } from "./expression.ts";
import { type PlainPath, plainPath } from "./plain-path.ts";

export type Reference =
  | {
      readonly kind: "leafref";
      readonly text: string;
      readonly plain: PlainPath | undefined;
      readonly expression: Expression;
    }
  | { readonly kind: "instance-identifier" }
  | { readonly kind: "union"; readonly members: ReadonlyArray<Reference | undefined>; readonly type: LeafType };

/** undefined when no value of the type needs anything (`require-instance false`). */
export function referenceOf(type: LeafType, node: PlanNode, plan: Plan): Reference | undefined {
  if (type.base === "union") {
    const members = (type.members ?? []).map((member) => referenceOf(member, node, plan));
    return members.some((member) => member !== undefined) ? { kind: "union", members, type } : undefined;
  }
  if (type.requireInstance === false) return undefined;
  if (type.base === "instance-identifier") return { kind: "instance-identifier" };
  if (type.base !== "leafref" || type.path === undefined) return undefined;
  return {
    kind: "leafref",
    text: type.path,
    plain: plainPath(type.path, node, plan),
    expression: expressionIn(type.path, node, node.schema.module, plan),
  };
}

/** The reference of the union's member that took the value, and the value itself. */
export function memberOf(
  reference: Reference,
  value: LeafValue,
): readonly [reference: Reference | undefined, value: LeafValue] {
  if (reference.kind !== "union") return [reference, value];
  const { member, value: inner } = value as UnionValue;
  const taken = reference.members[member];
  return taken === undefined ? [undefined, inner] : memberOf(taken, inner);
}
