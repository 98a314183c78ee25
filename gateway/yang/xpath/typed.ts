/** RFC 7950 §9.9, §9.12 — what a value is in the end, behind leafrefs and unions. */
import type { LeafType } from "../schema.ts";
import type { LeafValue, UnionValue } from "../tree.ts";
import type { DataNode } from "./data-node.ts";

export interface Typed {
  readonly type: LeafType | undefined;
  readonly value: LeafValue | undefined;
}

/** A leaf's value with the type that it has in the end: of a union the member, of a leafref what it refers to. */
export function typed(node: DataNode | undefined, throughReferences = true): Typed {
  if (node?.plan.leaf === undefined || node.value === undefined || node.text)
    return { type: undefined, value: undefined };
  let type = node.plan.schema.type;
  let value = node.value as LeafValue;
  for (;;) {
    if (type?.base === "leafref" && throughReferences && type.target !== undefined) type = type.target;
    else if (type?.base === "union") {
      const { member, value: inner } = value as UnionValue;
      type = type.members?.[member];
      value = inner;
    } else return { type, value };
  }
}
