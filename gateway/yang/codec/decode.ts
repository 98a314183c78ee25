/**
 * CBOR to trees (RFC 9254 §4): the reader's cursor is led by the plan, each value is checked where it stands, and no
 * generic object is built in between.
 */
import { WireError } from "../../base/index.ts";
import { ANYTHING, CborReader, CborWriter, MAJOR, NULL, readItem, writeItem, YANG_TAG } from "../../wire/cbor/index.ts";
import type { Sid } from "../schema.ts";
import type { LeafValue, MutableTree, Tree, Value } from "../tree.ts";
import { Fault } from "./fault.ts";
import { wrongType } from "./leaf.ts";
import { memberNamed } from "./names.ts";
import { leafIn, type Plan, type PlanNode } from "./plan-node.ts";

/** The value of one schema node; deltas in a map right below count from `reference`. */
export function readValue(reader: CborReader, node: PlanNode, plan: Plan, reference: Sid = node.reference): Value {
  switch (node.kind) {
    case "leaf":
      return leafIn(node, plan).read(reader);
    case "container":
    case "anydata":
    case "notification":
    case "input":
    case "output":
      return readMembers(reader, node, plan, reference);
    case "list":
      return readList(reader, node, plan, reference);
    case "leaf-list":
      return readLeafList(reader, node, plan);
    case "anyxml":
      return readAnyxml(reader);
    case "rpc":
    case "action":
      throw new Fault("yang.unknown-element", "an operation is no data");
  }
}

/** A map of children: container, list entry, anydata, input, output, notification, or the root. */
export function readMembers(
  reader: CborReader,
  node: PlanNode,
  plan: Plan,
  reference: Sid = node.reference,
): MutableTree {
  if (reader.major() !== MAJOR.map) throw wrongType("a map");
  const tree: MutableTree = new Map();
  let sid: Sid | undefined;
  let start = reader.offset;
  try {
    for (let left = reader.next(reader.map()); left >= 0; left = reader.next(left)) {
      sid = undefined;
      start = reader.offset;
      const named = plan.form !== "sid" && reader.major() === MAJOR.text;
      sid = named ? readName(reader, node, plan).sid : readKey(reader, reference, plan);
      const child = plan.nodes.get(sid);
      if (child === undefined || !(node.open ? child.free : child.parent === node))
        throw unknownMember(sid, child, node);
      const size = tree.size;
      const keyStart = start;
      start = reader.offset;
      // RFC 9254 §3.2: deltas in a map that stands under a name begin at 0 again.
      tree.set(sid, readValue(reader, child, plan, named ? 0 : child.reference));
      if (tree.size === size) throw new WireError("cbor.duplicate-key", { offset: keyStart });
    }
  } catch (error) {
    throw error instanceof Fault ? error.place(sid ?? node.sid, start) : error;
  }
  return tree;
}

/** Input or output; null stands for one with nothing in it (draft-ietf-core-comi-21 §3.5). */
export function readOperation(
  reader: CborReader,
  contents: PlanNode,
  plan: Plan,
  reference: Sid = contents.reference,
): Tree | undefined {
  if (reader.peek() !== NULL) return readMembers(reader, contents, plan, reference);
  reader.offset += 1;
  return undefined;
}

/** A signed delta, or an absolute SID with tag 47 (RFC 9254 §4.2.1). */
function readKey(reader: CborReader, reference: Sid, { form }: Plan): Sid {
  // RFC 9254 §8: a body whose content format says id=name has no other keys.
  if (form === "name") throw new Fault("yang.malformed-message", "a key that is no name in a body that uses names");
  switch (reader.major()) {
    case MAJOR.uint:
    case MAJOR.negative:
      return onWire(reference + Number(reader.integer()));
    case MAJOR.tag:
      if (reader.tag() !== YANG_TAG.absoluteSid || reader.major() !== MAJOR.uint) throw wrongType("a SID with tag 47");
      return onWire(Number(reader.integer()));
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

/** A member name, qualified at the top and where the module changes (RFC 9254 §3.3, §4.2.2). */
function readName(reader: CborReader, node: PlanNode, plan: Plan): PlanNode {
  const name = reader.text();
  const child = memberNamed(node, name, plan);
  if (child === undefined) throw new Fault("yang.unknown-element", `there is no '${name}' here`, node.sid);
  return child;
}

function unknownMember(sid: Sid, child: PlanNode | undefined, node: PlanNode): Fault {
  if (child === undefined) {
    // A delta that leads below 1 or above 2^53 is no SID that could be named in the answer.
    const named = sid >= 1 && Number.isSafeInteger(sid) ? sid : node.sid;
    return new Fault("yang.unknown-element", `no node has the SID ${sid}`, named);
  }
  const place = node.open ? "by itself" : `in ${node.schema.name}`;
  return new Fault("yang.unknown-element", `${child.schema.name} (SID ${sid}) cannot stand ${place}`).astray();
}

function readLeafList(reader: CborReader, node: PlanNode, plan: Plan): readonly LeafValue[] {
  if (reader.major() !== MAJOR.array) throw wrongType("an array");
  const leaf = leafIn(node, plan);
  const values: LeafValue[] = [];
  for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) {
    values.push(leaf.read(reader));
  }
  return values;
}

function readList(reader: CborReader, node: PlanNode, plan: Plan, reference: Sid): readonly Tree[] {
  if (reader.major() !== MAJOR.array) throw wrongType("an array of maps");
  const entries: Tree[] = [];
  for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) {
    entries.push(readEntry(reader, node, plan, reference));
  }
  return entries;
}

/** A list entry with all its keys. */
export function readEntry(reader: CborReader, node: PlanNode, plan: Plan, reference: Sid = node.reference): Tree {
  const { offset: start, depth } = reader;
  try {
    const entry = readMembers(reader, node, plan, reference);
    for (const key of node.keys) {
      if (!entry.has(key.sid)) throw new Fault("yang.missing-key", `the key ${key.schema.name} is missing`, node.sid);
    }
    return entry;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    error.place(node.sid, start);
    if (error.sid !== node.sid) {
      reader.offset = start;
      reader.depth = depth;
      error.within(scanKeys(reader, node, plan, reference));
    }
    throw error;
  }
}

/** The keys of a faulty entry, for the error; none when they cannot be read. */
function scanKeys(reader: CborReader, node: PlanNode, plan: Plan, reference: Sid): readonly LeafValue[] {
  const found = new Map<Sid, LeafValue>();
  try {
    for (let left = reader.next(reader.map()); left >= 0; left = reader.next(left)) {
      const named = reader.major() === MAJOR.text;
      const sid = named ? memberNamed(node, reader.text(), plan)?.sid : readKey(reader, reference, plan);
      const key = node.keys.find((candidate) => candidate.sid === sid);
      if (key === undefined) readItem(reader);
      else found.set(key.sid, leafIn(key, plan).read(reader));
    }
  } catch {
    // What was found up to here is all that can be said; the first fault is the one to report.
  }
  const keys = node.keys.map((key) => found.get(key.sid));
  return keys.every((key) => key !== undefined) ? keys : [];
}

/**
 * anyxml: one well-formed item, whatever its tags (RFC 9254 §4.6), kept as bytes of its own in their canonical form, so
 * that two spellings of one value are one value.
 */
function readAnyxml(reader: CborReader): Uint8Array {
  const inner = new CborReader(reader.bytes, ANYTHING, reader.offset, reader.end);
  inner.depth = reader.depth;
  const item = readItem(inner);
  reader.offset = inner.offset;
  const writer = new CborWriter();
  writeItem(writer, item);
  return writer.finish();
}
