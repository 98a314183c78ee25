/**
 * SID-CBOR to trees (RFC 9254 §4): the reader's cursor is led by the plan, each value is checked where it stands, and no
 * generic object is built in between.
 */
import { WireError } from "../../base/index.ts";
import { type CborReader, MAJOR, readItem } from "../../wire/cbor/index.ts";
import type { Sid } from "../schema.ts";
import type { LeafValue, MutableTree, Tree, Value } from "../tree.ts";
import { Fault } from "./fault.ts";
import { wrongType } from "./leaf.ts";
import type { Plan, PlanNode } from "./plan-node.ts";

const ABSOLUTE_SID = 47;

/** The value of one schema node. */
export function readValue(reader: CborReader, node: PlanNode, plan: Plan): Value {
  switch (node.kind) {
    case "leaf":
      return node.leaf!.read(reader);
    case "container":
    case "anydata":
    case "notification":
    case "input":
    case "output":
      return readMembers(reader, node, plan);
    case "list":
      return readList(reader, node, plan);
    case "leaf-list":
      return readLeafList(reader, node);
    case "anyxml":
      return readRaw(reader);
    case "rpc":
    case "action":
      throw new Fault("yang.unknown-element", "an operation is no data");
  }
}

/** A map of children: container, list entry, anydata, input, output, notification, or the root. */
export function readMembers(reader: CborReader, node: PlanNode, plan: Plan): MutableTree {
  if (reader.major() !== MAJOR.map) throw wrongType("a map");
  const { reference } = node;
  const tree: MutableTree = new Map();
  let sid: Sid | undefined;
  let start = reader.offset;
  try {
    for (let left = reader.next(reader.map()); left >= 0; left = reader.next(left)) {
      sid = undefined;
      start = reader.offset;
      sid = readKey(reader, reference);
      const child = plan.nodes.get(sid);
      if (child === undefined || !(node.open ? child.free : child.parent === node))
        throw unknownMember(sid, child, node);
      const size = tree.size;
      const keyStart = start;
      start = reader.offset;
      tree.set(sid, readValue(reader, child, plan));
      if (tree.size === size) throw new WireError("cbor.duplicate-key", { offset: keyStart });
    }
  } catch (error) {
    throw error instanceof Fault ? error.place(sid ?? node.sid, start) : error;
  }
  return tree;
}

/** A signed delta, or an absolute SID with tag 47 (RFC 9254 §4.2.1). */
function readKey(reader: CborReader, reference: Sid): Sid {
  switch (reader.major()) {
    case MAJOR.uint:
    case MAJOR.negative:
      return onWire(reference + Number(reader.integer()));
    case MAJOR.tag:
      if (reader.tag() !== ABSOLUTE_SID || reader.major() !== MAJOR.uint) throw wrongType("a SID with tag 47");
      return Number(reader.integer());
    case MAJOR.text:
      throw new Fault("yang.malformed-message", "a name as key in a body that uses SIDs (RFC 9254 §8)");
    default:
      throw wrongType("a SID delta as key");
  }
}

/** A local number is no SID: no peer means it. */
const onWire = (sid: Sid): Sid => {
  if (sid < 1) throw new Fault("yang.unknown-element", `no node has the SID ${sid}`);
  return sid;
};

function unknownMember(sid: Sid, child: PlanNode | undefined, node: PlanNode): Fault {
  if (child === undefined) {
    // A delta that leads below 1 or above 2^53 is no SID that could be named in the answer.
    const named = sid >= 1 && Number.isSafeInteger(sid) ? sid : node.sid;
    return new Fault("yang.unknown-element", `no node has the SID ${sid}`, named);
  }
  const place = node.open ? "by itself" : `in ${node.schema.name}`;
  return new Fault("yang.unknown-element", `${child.schema.name} (SID ${sid}) cannot stand ${place}`);
}

function readLeafList(reader: CborReader, node: PlanNode): readonly LeafValue[] {
  if (reader.major() !== MAJOR.array) throw wrongType("an array");
  const values: LeafValue[] = [];
  for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) {
    values.push(node.leaf!.read(reader));
  }
  return values;
}

function readList(reader: CborReader, node: PlanNode, plan: Plan): readonly Tree[] {
  if (reader.major() !== MAJOR.array) throw wrongType("an array of maps");
  const entries: Tree[] = [];
  for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) {
    entries.push(readEntry(reader, node, plan));
  }
  return entries;
}

/** A list entry with all its keys. */
export function readEntry(reader: CborReader, node: PlanNode, plan: Plan): Tree {
  const start = reader.offset;
  try {
    const entry = readMembers(reader, node, plan);
    for (const key of node.keys) {
      if (!entry.has(key.sid)) throw new Fault("yang.missing-key", `the key ${key.schema.name} is missing`, node.sid);
    }
    return entry;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    error.place(node.sid, start);
    if (error.sid !== node.sid) error.within(scanKeys(reader, start, node));
    throw error;
  }
}

/** The keys of a faulty entry, for the error; none when they cannot be read. */
function scanKeys(reader: CborReader, start: number, node: PlanNode): readonly LeafValue[] {
  const found = new Map<Sid, LeafValue>();
  reader.offset = start;
  try {
    for (let left = reader.next(reader.map()); left >= 0; left = reader.next(left)) {
      const sid = readKey(reader, node.reference);
      const key = node.keys.find((candidate) => candidate.sid === sid);
      if (key?.leaf === undefined) readItem(reader);
      else found.set(sid, key.leaf.read(reader));
    }
  } catch {
    // What was found up to here is all that can be said; the first fault is the one to report.
  }
  const keys = node.keys.map((key) => found.get(key.sid));
  return keys.every((key) => key !== undefined) ? keys : [];
}

/** anyxml: one well-formed item, kept as its bytes (RFC 9254 §4.6). */
function readRaw(reader: CborReader): Uint8Array {
  const start = reader.offset;
  readItem(reader);
  return reader.copy(start, reader.offset);
}
