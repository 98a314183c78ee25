/**
 * Trees to SID-CBOR (RFC 9254 §4), canonical: children in ascending order of SIDs, deltas as keys, shortest heads,
 * definite lengths. Equal trees give equal bytes, whatever order they were built in.
 */
import type { CborWriter } from "../../wire/cbor/index.ts";
import { isLocal, type Sid } from "../schema.ts";
import type { LeafValue, Tree, Value } from "../tree.ts";
import { Fault } from "./fault.ts";
import { misfit } from "./leaf.ts";
import type { Plan, PlanNode } from "./plan-node.ts";

export function writeValue(writer: CborWriter, node: PlanNode, value: Value, plan: Plan): void {
  switch (node.kind) {
    case "leaf":
      node.leaf!.write(writer, value as LeafValue);
      break;
    case "list":
      writeList(writer, node, value, plan);
      break;
    case "leaf-list":
      writeLeafList(writer, node, value);
      break;
    case "anyxml":
      if (!(value instanceof Uint8Array)) throw misfit("one encoded item", value);
      writer.raw(value);
      break;
    default:
      if (!(value instanceof Map)) throw misfit(`the members of ${node.schema.name}`, value);
      writeMembers(writer, node, value, plan);
  }
}

export function writeMembers(writer: CborWriter, node: PlanNode, tree: Tree, plan: Plan): void {
  const { reference } = node;
  writer.map(tree.size);
  if (inOrder(tree)) {
    // By keys: an iterator over entries makes an array of each, at every check-in.
    for (const sid of tree.keys()) writeMember(writer, sid, tree.get(sid)!, reference, plan);
  } else {
    for (const sid of [...tree.keys()].sort((a, b) => a - b)) writeMember(writer, sid, tree.get(sid)!, reference, plan);
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
export const unnumbered = (node: PlanNode): Fault =>
  new Fault("yang.sid-unassigned", `${node.schema.module}:${node.schema.name} has no SID`, node.sid);

function inOrder(tree: Tree): boolean {
  let previous = 0;
  for (const sid of tree.keys()) {
    if (sid < previous) return false;
    previous = sid;
  }
  return true;
}

function writeList(writer: CborWriter, node: PlanNode, value: Value, plan: Plan): void {
  // A single entry stands as a map where an instance-identifier names it (draft-ietf-core-comi-21 §3.1.3.1).
  if (value instanceof Map) {
    writeMembers(writer, node, value, plan);
    return;
  }
  if (!Array.isArray(value)) throw misfit(`the entries of ${node.schema.name}`, value);
  writer.array(value.length);
  for (const entry of value as readonly Tree[]) writeMembers(writer, node, entry, plan);
}

function writeLeafList(writer: CborWriter, node: PlanNode, value: Value): void {
  if (!Array.isArray(value)) throw misfit(`the values of ${node.schema.name}`, value);
  writer.array(value.length);
  for (const item of value as readonly LeafValue[]) node.leaf!.write(writer, item);
}
