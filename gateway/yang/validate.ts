/** Validation of whole trees (RFC 7950 §8): the door to codec/constraints.ts. Types were checked when the tree was read. */
import { checkTree } from "./codec/constraints.ts";
import type { Fault } from "./codec/fault.ts";
import { formatId, lineage, located } from "./codec/instance-id.ts";
import { planNode, planOf } from "./codec/plan.ts";
import type { Plan } from "./codec/plan-node.ts";
import { equalLeaf, keysOf, treeIn } from "./codec/value.ts";
import type { Schema, SchemaNode } from "./schema.ts";
import type { Instance, InstanceId, Tree } from "./tree.ts";

/**
 * Throws DataError on the first finding. Without a scope `tree` is a datastore: its configuration must be complete, its
 * state may be what the node has reported so far. With a scope it is the contents of that node, an input for example.
 */
export function validate(tree: Tree, schema: Schema, scope?: SchemaNode): void {
  const plan = planOf(schema);
  try {
    checkTree(tree, scope === undefined ? plan.root : planNode(plan, scope), plan);
  } catch (error) {
    throw located(error, plan);
  }
}

/**
 * The same for a datastore after an edit, where only what the edit is guilty of counts: any finding in what it set, and
 * elsewhere those that were not there before. A node may report incomplete configuration, and that must not keep
 * managers from editing the rest of it.
 */
export function validateEdit(before: Tree, after: Tree, instances: readonly Instance[], schema: Schema): void {
  const plan = planOf(schema);
  const findings = findingsIn(after, plan);
  if (findings.length === 0) return;
  const set = instances.filter(({ value }) => value !== undefined).map((instance) => targetOf(instance, plan));
  const known = new Set(findingsIn(before, plan).map((finding) => print(finding, plan)));
  const guilty = findings.find(
    (finding) => !known.has(print(finding, plan)) || set.some((id) => isWithin(placeOf(finding), id, plan)),
  );
  if (guilty !== undefined) throw located(guilty, plan);
}

/** One entry may be given as `sid: map`, its keys in the value (draft-ietf-core-comi-21 §3.2.3). */
function targetOf({ id, value }: Instance, plan: Plan): InstanceId {
  const node = plan.nodes.get(id.sid);
  const entry = treeIn(value);
  if (node?.kind !== "list" || entry === undefined || id.keys.length === node.idKeys.length) return id;
  return { sid: id.sid, keys: [...id.keys, ...(keysOf(entry, node) ?? [])] };
}

function findingsIn(tree: Tree, plan: Plan): readonly Fault[] {
  const findings: Fault[] = [];
  checkTree(tree, plan.root, plan, (finding) => findings.push(finding));
  return findings;
}

const placeOf = ({ sid = 0, keys }: Fault): InstanceId => ({ sid, keys });

const print = (finding: Fault, plan: Plan): string => `${finding.code} ${formatId(placeOf(finding), plan)}`;

/** Does `place` lie in the instance `id`, or is it the list of which `id` is an entry? */
function isWithin(place: InstanceId, id: InstanceId, plan: Plan): boolean {
  const node = plan.nodes.get(place.sid);
  if (node === undefined || !lineage(node).some(({ sid }) => sid === id.sid)) return false;
  return place.keys.every((key, index) => index >= id.keys.length || equalLeaf(key, id.keys[index]!));
}
