/**
 * What became of each instance between two states of a datastore, configuration and state alike, at the granularity of RFC 8641
 * §3.7: a leaf by itself, a list entry as a whole when it comes or goes. A leaf-list, and a list that changed its order or has no
 * keys, is one instance. What went is told first.
 */
import { isCoded } from "../../base/index.ts";
import { decodeInstances, encodeInstances } from "../codec/codec.ts";
import { planOf } from "../codec/plan.ts";
import type { PlanNode } from "../codec/plan-node.ts";
import { entriesIn, equalValue, treeIn } from "../codec/value.ts";
import { instanceTree } from "../instance-json.ts";
import type { LeafType, Schema } from "../schema.ts";
import { EMPTY_TREE, type InstanceId, type LeafValue, type Tree, type Value } from "../tree.ts";
import { entryIn, entryKeys, isOrderKept } from "./entries.ts";
import { merge } from "./merge.ts";
import { withoutInstances } from "./reading.ts";

export type Change =
  | { readonly op: "create" | "replace"; readonly id: InstanceId; readonly value: Value }
  | { readonly op: "delete"; readonly id: InstanceId };

/** As a fact has it: one identifier and value (content format 142), null when it went. */
export interface StoredChange {
  readonly op: Change["op"];
  readonly data: Uint8Array;
}

export function changesBetween(before: Tree, after: Tree, schema: Schema): readonly Change[] {
  const found: Change[] = [];
  inMembers(before, after, planOf(schema).root, [], found);
  return [...found.filter(({ op }) => op === "delete"), ...found.filter(({ op }) => op !== "delete")];
}

/** The state after these changes. */
export function withChanges(tree: Tree, changes: readonly Change[], schema: Schema): Tree {
  let changed = tree;
  for (const change of changes) {
    // A list that is told as a whole takes the place of all its entries.
    const isWhole = change.op === "delete" || Array.isArray(change.value);
    if (isWhole) changed = withoutInstances(changed, [change.id], schema);
    if (change.op !== "delete") changed = merge(changed, instanceTree(change, schema), schema);
  }
  return changed;
}

export const encodeChanges = (changes: readonly Change[], schema: Schema): readonly StoredChange[] =>
  changes.map((change) => {
    const value = change.op === "delete" ? undefined : change.value;
    return { op: change.op, data: new Uint8Array(encodeInstances([{ id: change.id, value }], schema, "any")) };
  });

/** What today's schema takes of them; `incomplete` = not all. */
export function decodeChanges(
  stored: readonly StoredChange[],
  schema: Schema,
): { readonly changes: readonly Change[]; readonly incomplete: boolean } {
  const changes = stored.flatMap((each) => decodeChange(each, schema) ?? []);
  return { changes, incomplete: changes.length < stored.length };
}

function decodeChange({ op, data }: StoredChange, schema: Schema): Change | undefined {
  try {
    const [instance] = decodeInstances(data, schema, "input", "any");
    if (instance === undefined) return undefined;
    if (op === "delete") return { op, id: instance.id };
    return { op, id: instance.id, value: instance.value ?? emptyOf(schema.bySid(instance.id.sid)?.type) };
  } catch (error) {
    if (isCoded(error)) return undefined;
    throw error;
  }
}

/** A leaf of type `empty` has the value null, which in a sequence of instances stands for what is not there. */
function emptyOf(type: LeafType | undefined): LeafValue {
  const member = type?.members?.findIndex(({ base }) => base === "empty") ?? -1;
  return member < 0 ? null : { member, value: null };
}

type Keys = readonly LeafValue[];

function inMembers(was: Tree, is: Tree, parent: PlanNode, keys: Keys, found: Change[]): void {
  for (const child of parent.children) {
    if (!child.free || parent.keys.includes(child)) continue;
    const [old, now] = [present(was.get(child.sid)), present(is.get(child.sid))];
    if (old !== now) inChild(old, now, child, keys, found);
  }
}

/** A list or leaf-list with nothing in it is not there (RFC 7951 §5.3, §5.4). */
const present = (value: Value | undefined): Value | undefined =>
  Array.isArray(value) && value.length === 0 ? undefined : value;

function inChild(was: Value | undefined, is: Value | undefined, node: PlanNode, keys: Keys, found: Change[]): void {
  if (node.kind === "container") inContainer(treeIn(was), treeIn(is), node, keys, found);
  else if (node.kind === "list" && node.keys.length > 0) inList(entriesIn(was), entriesIn(is), node, keys, found);
  else asWhole(was, is, { sid: node.sid, keys }, found);
}

function asWhole(was: Value | undefined, is: Value | undefined, id: InstanceId, found: Change[]): void {
  if (is === undefined) found.push({ op: "delete", id });
  else if (!equalValue(was, is)) found.push({ op: was === undefined ? "create" : "replace", id, value: is });
}

function inContainer(was: Tree | undefined, is: Tree | undefined, node: PlanNode, keys: Keys, found: Change[]): void {
  const id = { sid: node.sid, keys };
  if (node.schema.presence === true && (was === undefined || is === undefined)) asWhole(was, is, id, found);
  else inMembers(was ?? EMPTY_TREE, is ?? EMPTY_TREE, node, keys, found);
}

function inList(was: readonly Tree[], is: readonly Tree[], list: PlanNode, keys: Keys, found: Change[]): void {
  if (list.schema.orderedByUser === true && was.length > 0 && is.length > 0 && !isOrderKept(was, is, list)) {
    found.push({ op: "replace", id: { sid: list.sid, keys }, value: is });
    return;
  }
  for (const entry of was) {
    if (entryIn(is, entry, list) === undefined) found.push({ op: "delete", id: idOf(entry, list, keys) });
  }
  for (const entry of is) {
    const id = idOf(entry, list, keys);
    const old = entryIn(was, entry, list);
    if (old === undefined) found.push({ op: "create", id, value: entry });
    else if (old !== entry) inMembers(old, entry, list, id.keys, found);
  }
}

const idOf = (entry: Tree, list: PlanNode, keys: Keys): InstanceId => ({
  sid: list.sid,
  keys: entryKeys(entry, list, keys),
});
