/** The gateway's own datastore as its managers have it: itself, its nodes, its images (sidgate-gateway, sidgate-firmware). */
import { UsageError } from "../../base/index.ts";
import type { NodeRecord, Registry } from "../../service/registry/index.ts";
import type { Recorder } from "../../store/index.ts";
import {
  configurationOf,
  EMPTY_TREE,
  edit,
  encodeInstances,
  type Instance,
  isTree,
  type Schema,
  type Tree,
  type Value,
  validateEdit,
} from "../../yang/index.ts";
import { MARK_BYTES, markOf } from "./datastore/marks.ts";
import { gatewayNumbers } from "./gateway/numbers.ts";
import { type GatewayServices, GatewayView } from "./gateway/view.ts";
import type { Operation } from "./operations/operation.ts";
import { checkPlace, type DatastoreRoot } from "./root.ts";

export interface GatewayRootOptions extends GatewayServices {
  readonly recorder: Recorder;
  /** What managers can call. */
  readonly operations?: readonly Operation[];
}

/** The root for managers at `/c`: computed from the services at each read; edits change names and own leaves only. */
export function gatewayRoot(options: GatewayRootOptions): DatastoreRoot {
  const { registry, recorder, access } = options;
  const view = new GatewayView(options, registry.schema);
  const at = gatewayNumbers(registry.schema);
  return {
    get schema() {
      return registry.schema;
    },
    kind: "gateway",
    replaceable: true,
    operations: options.operations ?? [],
    tree: () => view.tree(),
    part: (ids) => view.part(ids, registry.schema),
    marks: new Map([
      [at.gateway, () => gatewayMark(registry)],
      [at.access, () => markOf(access?.configuration() ?? EMPTY_TREE, registry.schema, at.access)],
    ]),
    edit: async (instances, actor) => {
      const { schema } = registry;
      checkPlace("gateway", instances, schema);
      const before = view.part(
        instances.map(({ id }) => id),
        schema,
      );
      const after = edit(before, instances, schema);
      validateEdit(before, after, instances, schema);
      const facts = changedNames(before, after, registry).map(({ node, name }) =>
        recorder.record("node.renamed", { node: node.id, name, actor }),
      );
      const own = [...changedLeaves(before, after, schema), ...changedRules(before, after, schema)];
      if (own.length > 0) {
        const patch = encodeInstances(own, schema);
        facts.push(recorder.record("datastore.edited", { root: "gateway", patch, actor }));
      }
      await Promise.all(facts);
    },
  };
}

/** Of a number below 2^48. */
const ROSTER_BYTES = 6;

/** The gateway's own leaves, and which nodes there are and what they are called: the registry keeps the sum of these. */
function gatewayMark({ gatewayTree, roster, schema }: Registry): Uint8Array {
  const at = gatewayNumbers(schema);
  const own = gatewayTree.get(at.gateway);
  const mark = Buffer.alloc(MARK_BYTES + ROSTER_BYTES);
  mark.set(markOf(isTree(own) ? own : EMPTY_TREE, schema, at.gateway));
  mark.writeUIntBE(roster, MARK_BYTES, ROSTER_BYTES);
  return mark;
}

function gatewayIn(tree: Tree, schema: Schema): Tree {
  const gateway = tree.get(gatewayNumbers(schema).gateway);
  if (!isTree(gateway)) throw new UsageError("gateway.fixed", { what: "the gateway as a whole" });
  return gateway;
}

/** What can be changed of the gateway itself. */
function changedLeaves(before: Tree, after: Tree, schema: Schema): readonly Instance[] {
  const { name, location } = gatewayNumbers(schema);
  const [old, now] = [gatewayIn(before, schema), gatewayIn(after, schema)];
  return [name, location]
    .filter((sid) => old.get(sid) !== now.get(sid))
    .map((sid) => ({ id: { sid, keys: [] }, value: now.get(sid) }));
}

/**
 * Rules of access change as one: what is in force before anybody has made rules becomes data with the first edit. They
 * cannot be deleted, since who has deleted them would have said nothing.
 */
function changedRules(before: Tree, after: Tree, schema: Schema): readonly Instance[] {
  const sid = gatewayNumbers(schema).access;
  if (before.get(sid) === after.get(sid)) return [];
  const value = configurationOf(after, schema).get(sid);
  if (value === undefined) throw new UsageError("gateway.fixed", { what: "the rules of access as a whole" });
  return [{ id: { sid, keys: [] }, value }];
}

/** Of the nodes that are there in both. */
function changedNames(
  before: Tree,
  after: Tree,
  registry: Registry,
): ReadonlyArray<{ readonly node: NodeRecord; readonly name: string }> {
  const { schema } = registry;
  const at = gatewayNumbers(schema);
  const [old, entries] = [before, after].map((tree) => entriesIn(gatewayIn(tree, schema).get(at.nodes)));
  if (entries?.length !== old?.length) throw new UsageError("gateway.fixed", { what: "which nodes there are" });
  const names: Array<{ node: NodeRecord; name: string }> = [];
  for (const entry of entries ?? []) {
    const node = registry.find(String(entry.get(at.node.id)));
    if (node === undefined) throw new UsageError("gateway.fixed", { what: "which nodes there are" });
    const name = entry.get(at.node.name);
    if (typeof name !== "string") throw new UsageError("gateway.fixed", { what: "that a node has a name" });
    if (name !== node.name) names.push({ node, name });
  }
  return names;
}

const entriesIn = (list: Value | undefined): readonly Tree[] =>
  Array.isArray(list) ? (list as readonly Value[]).filter(isTree) : [];
