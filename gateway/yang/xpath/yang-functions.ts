/** RFC 7950 §10.2, §10.4-10.6 — the functions that know YANG types. */
import type { DataNode } from "./data-node.ts";
import type { Implementations, OfYang } from "./functions.ts";
import { matches } from "./re-match.ts";
import type { Run } from "./run.ts";
import { typed } from "./typed.ts";

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
