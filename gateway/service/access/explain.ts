/** Why somebody may, or may not: for `sidgate access test`. */
import { formatInstanceId, type InstanceId, type Schema, type SchemaNode } from "../../yang/index.ts";
import { type AccessConfig, groupsOf, type Operation } from "./configuration.ts";
import { type Because, CompiledRules, keyNodes, type Ruling } from "./rules.ts";

export interface Explanation {
  /** undefined: it depends on which entry of a list. */
  readonly may: boolean | undefined;
  readonly groups: readonly string[];
  /** What decides: the node itself, or one above it that may not be read. */
  readonly place: string;
  readonly because: Because | { readonly kind: "entries" };
}

/** What `user` may do with a data node, rpc, action or notification. */
export function explainAccess(
  config: AccessConfig,
  { user, operation, id }: { readonly user: string; readonly operation: Operation; readonly id: InstanceId },
  schema: Schema,
): Explanation | undefined {
  const node = schema.bySid(id.sid);
  if (node === undefined) return undefined;
  const groups = groupsOf(user, config);
  const rules = new CompiledRules(config, groups, schema);
  const told = (may: boolean | undefined, at: SchemaNode, because: Explanation["because"]): Explanation => ({
    may,
    groups,
    place: formatInstanceId({ sid: at.sid, keys: at === node ? id.keys : [] }, schema),
    because,
  });
  for (const [at, needed] of asked(node, operation)) {
    const ruling: Ruling | undefined = rules.ruling(at, needed, id.keys);
    if (ruling === undefined) return told(undefined, at, { kind: "entries" });
    if (at === node && ruling.action === "permit") return told(true, at, ruling.because);
    if (ruling.action === "deny") return told(false, at, ruling.because);
  }
  return undefined;
}

/** In the order from the top down: to read a node, to hear it and to call it takes to read what is above. */
function asked(node: SchemaNode, operation: Operation): ReadonlyArray<readonly [SchemaNode, Operation]> {
  const above: Array<readonly [SchemaNode, Operation]> = [];
  const isChecked = operation === "read" || operation === "exec";
  for (let at = isChecked ? node.parent : undefined; at !== undefined; at = at.parent) {
    above.unshift([at, "read"], ...keyNodes(at).map((key) => [key, "read"] as const));
  }
  return [...above.filter(([at]) => at !== node), [node, operation]];
}
