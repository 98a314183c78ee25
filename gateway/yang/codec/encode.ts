/**
 * Trees to CBOR (RFC 9254 §4), canonical: what RFC 8949 §4.2.1 calls core deterministic encoding, with deltas as keys
 * where there are SIDs. Equal trees give equal bytes, whatever order they were built in and whatever was read.
 */
import type { CborWriter } from "../../wire/cbor/index.ts";
import { isLocal, type Sid } from "../schema.ts";
import type { LeafValue, Tree, Value } from "../tree.ts";
import { Fault } from "./fault.ts";
import { misfit } from "./leaf.ts";
import { memberName, memberNamed, qualifiedName } from "./names.ts";
import { leafIn, type Plan, type PlanNode } from "./plan-node.ts";

/** Deltas in a map right below count from `reference`. */
export function writeValue(
  writer: CborWriter,
  node: PlanNode,
  value: Value,
  plan: Plan,
  reference: Sid = node.reference,
): void {
  switch (node.kind) {
    case "leaf":
      leafIn(node, plan).write(writer, value as LeafValue);
      break;
    case "list":
      writeList(writer, node, value, plan, reference);
      break;
    case "leaf-list":
      writeLeafList(writer, node, value, plan);
      break;
    case "anyxml":
      if (!(value instanceof Uint8Array)) throw misfit("one encoded item", value);
      writer.raw(value);
      break;
    default:
      if (!(value instanceof Map)) throw misfit(`the members of ${node.schema.name}`, value);
      writeMembers(writer, node, value, plan, reference);
  }
}

export function writeMembers(
  writer: CborWriter,
  node: PlanNode,
  tree: Tree,
  plan: Plan,
  reference: Sid = node.reference,
): void {
  writer.map(tree.size);
  if (plan.form !== "name" && inOrder(tree, reference)) {
    // By keys: an iterator over entries makes an array of each, at every check-in.
    for (const sid of tree.keys()) writeMember(writer, sid, tree.get(sid)!, reference, plan);
  } else if (plan.form !== "sid") writeNamedMembers(writer, node, tree, plan, reference);
  else {
    const sids = [...tree.keys()].sort((a, b) => compareDeltas(a - reference, b - reference));
    for (const sid of sids) writeMember(writer, sid, tree.get(sid)!, reference, plan);
  }
}

function writeMember(writer: CborWriter, sid: Sid, value: Value, reference: Sid, plan: Plan): void {
  const child = plan.nodes.get(sid);
  if (child === undefined) throw misfit("a node of the schema", sid);
  if (isLocal(sid)) throw unnumbered(child);
  writer.integer(sid - reference);
  writeValue(writer, child, value, plan);
}

/** RFC 9254 §3.2: what no .sid file covers has no place in a body that is keyed by SIDs. */
const unnumbered = (node: PlanNode): Fault =>
  new Fault("yang.sid-unassigned", `${qualifiedName(node)} has no SID`, node.sid);

/** The usual case: all have SIDs, and their deltas go upwards from 0. */
function inOrder(tree: Tree, reference: Sid): boolean {
  let previous = reference;
  for (const sid of tree.keys()) {
    if (sid < previous) return false;
    previous = sid;
  }
  return true;
}

/** RFC 8949 §4.2.1: in the order of their bytes, unsigned before negative and those from -1 downwards. */
const compareDeltas = (a: number, b: number): number => (a < 0 === b < 0 ? Math.abs(a) - Math.abs(b) : b - a);

interface Member {
  readonly child: PlanNode;
  /** Undefined when the member goes by its delta. */
  readonly name: string | undefined;
  readonly value: Value;
}

/** RFC 9254 §3.3: names, or in mixed bodies the names of what has no SID. */
function writeNamedMembers(writer: CborWriter, node: PlanNode, tree: Tree, plan: Plan, reference: Sid): void {
  const members: Member[] = [];
  for (const sid of tree.keys()) {
    const child = plan.nodes.get(sid);
    if (child === undefined) throw misfit("a node of the schema", sid);
    const named = plan.form === "name" || isLocal(sid);
    members.push({ child, name: named ? nameIn(node, child, plan) : undefined, value: tree.get(sid)! });
  }
  members.sort((a, b) => compareMembers(a, b, reference));
  for (const { child, name, value } of members) {
    if (name === undefined) {
      writer.integer(child.sid - reference);
      writeValue(writer, child, value, plan);
    } else {
      writer.text(name);
      // RFC 9254 §3.2: deltas in a map that stands under a name begin at 0 again.
      writeValue(writer, child, value, plan, 0);
    }
  }
}

/** Any node may stand at the top of a fragment, but names lead to the highest of those that share one. */
function nameIn(node: PlanNode, child: PlanNode, plan: Plan): string {
  const name = memberName(child, node);
  if (node.open && memberNamed(node, name, plan) !== child) {
    throw new Fault("yang.malformed-message", `by itself, ${name} is the name of another node`, child.sid);
  }
  return name;
}

/** RFC 8949 §4.2.1: numbers first; of names, which are ASCII (RFC 7950 §6.2), the shorter first. */
function compareMembers(a: Member, b: Member, reference: Sid): number {
  if (a.name === undefined && b.name === undefined) {
    return compareDeltas(a.child.sid - reference, b.child.sid - reference);
  }
  if (a.name === undefined) return -1;
  if (b.name === undefined) return 1;
  if (a.name.length !== b.name.length) return a.name.length - b.name.length;
  return a.name < b.name ? -1 : 1;
}

function writeList(writer: CborWriter, node: PlanNode, value: Value, plan: Plan, reference: Sid): void {
  // A single entry stands as a map where an instance-identifier names it (draft-ietf-core-comi-21 §3.1.3.1).
  if (value instanceof Map) {
    writeMembers(writer, node, value, plan, reference);
    return;
  }
  if (!Array.isArray(value)) throw misfit(`the entries of ${node.schema.name}`, value);
  writer.array(value.length);
  for (const entry of value as readonly Tree[]) writeMembers(writer, node, entry, plan, reference);
}

function writeLeafList(writer: CborWriter, node: PlanNode, value: Value, plan: Plan): void {
  if (!Array.isArray(value)) throw misfit(`the values of ${node.schema.name}`, value);
  const leaf = leafIn(node, plan);
  writer.array(value.length);
  for (const item of value as readonly LeafValue[]) leaf.write(writer, item);
}
