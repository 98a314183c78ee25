/** RFC 7950 §10.2, §10.4-10.6 — the functions that know YANG types. */
import type { LeafType } from "../schema.ts";
import type { LeafValue, UnionValue } from "../tree.ts";
import type { DataNode } from "./data-node.ts";
import type { Implementations, OfYang } from "./functions.ts";
import { matches } from "./re-match.ts";
import type { Run } from "./run.ts";

export const YANG: Implementations<OfYang> = {
  "re-match": ([text, pattern], run) => matches(text, pattern, run),
  "derived-from": ([nodes, identity], run) => derived(nodes, identity, run, false),
  "derived-from-or-self": ([nodes, identity], run) => derived(nodes, identity, run, true),
  "enum-value"([nodes]) {
    const { type, value } = typed(nodes[0]);
    return type?.base === "enumeration" && typeof value === "number" ? value : Number.NaN;
  },
  "bit-is-set"([nodes, bit]) {
    const { type, value } = typed(nodes[0]);
    return type?.base === "bits" && typeof value === "string" && value.split(" ").includes(bit);
  },
};

/** §10.4: one identityref among the nodes is enough. */
function derived(nodes: readonly DataNode[], identity: string, run: Run, orSelf: boolean): boolean {
  const base = identity.includes(":") ? identity : `${run.module}:${identity}`;
  return nodes.some((node) => {
    const { type, value } = typed(node);
    if (type?.base !== "identityref" || typeof value !== "number") return false;
    const { schema } = node.tree.plan;
    const name = schema.identityBySid(value)?.name;
    return name !== undefined && (schema.derivedFrom(name, base) || (orSelf && name === base));
  });
}

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
