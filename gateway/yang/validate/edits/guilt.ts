/**
 * What an edit is guilty of: any finding in what it set, and elsewhere those that were not there before. A node may
 * report incomplete configuration, and that must not keep managers from editing the rest of it.
 */
import type { Fault } from "../../codec/fault.ts";
import { formatId, lineage } from "../../codec/instance-id.ts";
import type { Plan, PlanNode } from "../../codec/plan-node.ts";
import { equalLeaf, keysOf, treeIn } from "../../codec/value.ts";
import type { Instance, InstanceId } from "../../tree.ts";

/** What the instances set; one entry may be given as `sid: map`, its keys in the value (comi-21 §3.2.3). */
export const targetsOf = (instances: readonly Instance[], plan: Plan): readonly InstanceId[] =>
  instances.filter(({ value }) => value !== undefined).map((instance) => targetOf(instance, plan));

function targetOf({ id, value }: Instance, plan: Plan): InstanceId {
  const node = plan.nodes.get(id.sid);
  const entry = treeIn(value);
  if (node?.kind !== "list" || entry === undefined || id.keys.length === node.idKeys.length) return id;
  return { sid: id.sid, keys: [...id.keys, ...(keysOf(entry, node) ?? [])] };
}

const placeOf = ({ sid = 0, keys }: Fault): InstanceId => ({ sid, keys });

/** Numbers of elements change with the edit, and are the same finding all the same. */
const COUNTS: ReadonlySet<Fault["code"]> = new Set<Fault["code"]>(["yang.too-many-elements", "yang.too-few-elements"]);

/** Equal for findings that mean the same. */
export const printOf = (finding: Fault, plan: Plan): string =>
  `${finding.code} ${formatId(placeOf(finding), plan)} ${COUNTS.has(finding.code) ? "" : finding.what}`;

/** Is the finding in what was set? To set something in a node whose condition does not hold is an error too (§8.3.2). */
export function isSet(finding: Fault, targets: readonly InstanceId[], plan: Plan): boolean {
  const place = placeOf(finding);
  const node = plan.nodes.get(place.sid);
  return (
    node !== undefined && targets.some((target) => isWithin(place, node, target) || isUnmet(finding, target, plan))
  );
}

function isUnmet(finding: Fault, target: InstanceId, plan: Plan): boolean {
  const node = plan.nodes.get(target.sid);
  return finding.code === "yang.unknown-element" && node !== undefined && isWithin(target, node, placeOf(finding));
}

/** Does the place lie in the target, or is it the list of which that is an entry? */
const isWithin = (place: InstanceId, node: PlanNode, target: InstanceId): boolean =>
  lineage(node).some(({ sid }) => sid === target.sid) &&
  place.keys.every((key, index) => index >= target.keys.length || equalLeaf(key, target.keys[index]!));
