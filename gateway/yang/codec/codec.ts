/**
 * The codec's doors, bytes ⇄ values: data (content formats 140, 340, 341 of RFC 9254 §9.2), and the sequences of
 * identifiers and instances (141 and 142, draft-ietf-core-comi-21 §2.3), which names may stand in as well.
 */
import { BugError, WireError } from "../../base/index.ts";
import { CborReader, CborWriter, CORECONF, MAJOR, NULL } from "../../wire/cbor/index.ts";
import type { Schema, SchemaNode } from "../schema.ts";
import type { Instance, InstanceId, Tree, Value } from "../tree.ts";
import { readEntry, readMembers, readOperation, readValue } from "./decode.ts";
import { writeMembers, writeValue } from "./encode.ts";
import { Fault } from "./fault.ts";
import type { Form } from "./form.ts";
import { formatId, goesByName, located, outerKeys, readForeignId, readId, writeId } from "./instance-id.ts";
import { planNode, planOf } from "./plan.ts";
import type { Plan, PlanNode } from "./plan-node.ts";

/** The map of top-level nodes. Any data node may stand at the top, as the draft's GET example does. */
export function decodeTree(bytes: Uint8Array, schema: Schema, form?: Form): Tree {
  const plan = planOf(schema, form);
  return decodeMap(bytes, plan.root, plan);
}

export function encodeTree(tree: Tree, schema: Schema, form?: Form): Uint8Array {
  const plan = planOf(schema, form);
  return encodeMap(tree, plan.root, plan);
}

/** The map of one container, anydata, input, output or notification; deltas count from its reference SID. */
export function decodeData(bytes: Uint8Array, schema: Schema, node: SchemaNode, form?: Form): Tree {
  const plan = planOf(schema, form);
  return decodeMap(bytes, planNode(plan, node), plan);
}

export function encodeData(tree: Tree, schema: Schema, node: SchemaNode, form?: Form): Uint8Array {
  const plan = planOf(schema, form);
  return encodeMap(tree, planNode(plan, node), plan);
}

/**
 * RFC 9254 §5: a yang-data or sx:structure by itself is a map of one pair, its SID or name and its contents. The same
 * holds for a notification or any other node that stands alone.
 */
export function decodeAlone(bytes: Uint8Array, schema: Schema, form?: Form): Alone {
  const plan = planOf(schema, form);
  const [[sid, contents] = [], another] = decodeMap(bytes, plan.root, plan);
  const node = sid === undefined ? undefined : plan.nodes.get(sid);
  if (node === undefined || another !== undefined || !(contents instanceof Map)) {
    throw located(new Fault("yang.malformed-message", "expected a map of one pair with a map in it"), plan);
  }
  return { node: node.schema, contents };
}

export function encodeAlone({ node, contents }: Alone, schema: Schema, form?: Form): Uint8Array {
  return encodeTree(new Map([[node.sid, contents]]), schema, form);
}

/** A structure, notification or container with what is in it. */
export interface Alone {
  readonly node: SchemaNode;
  readonly contents: Tree;
}

/**
 * CF 142. Under an rpc or action stands its input (requests) or its output (responses). Reading ends with the first instance
 * above `most`, which comes along to tell that there is more.
 */
export function decodeInstances(
  bytes: Uint8Array,
  schema: Schema,
  operations: "input" | "output" = "input",
  form?: Form,
  most = Number.POSITIVE_INFINITY,
): readonly Instance[] {
  const plan = planOf(schema, form);
  const reader = new CborReader(bytes, CORECONF);
  const instances: Instance[] = [];
  try {
    while (!reader.done && instances.length <= most) readInstances(reader, plan, operations, instances, most);
  } catch (error) {
    throw located(error, plan);
  }
  return instances;
}

export function encodeInstances(instances: readonly Instance[], schema: Schema, form?: Form): Uint8Array {
  const plan = planOf(schema, form);
  const writer = plan.writer.restart();
  try {
    for (const { id, value } of instances) {
      writer.map(1);
      writeId(writer, id, plan);
      if (value === undefined) writer.null();
      else writeInstance(writer, id, value, plan);
    }
  } catch (error) {
    throw located(error, plan);
  }
  return writer.finish();
}

/** CF 141. An unknown SID is no error here: the FETCH answers null for it. `most`: as in `decodeInstances`. */
export function decodeIdentifiers(
  bytes: Uint8Array,
  schema: Schema,
  form?: Form,
  most = Number.POSITIVE_INFINITY,
): readonly InstanceId[] {
  const plan = planOf(schema, form);
  const reader = new CborReader(bytes, CORECONF);
  const ids: InstanceId[] = [];
  try {
    while (!reader.done && ids.length <= most) ids.push(readForeignId(reader, plan));
  } catch (error) {
    throw located(error, plan);
  }
  return ids;
}

export function encodeIdentifiers(ids: readonly InstanceId[], schema: Schema, form?: Form): Uint8Array {
  const plan = planOf(schema, form);
  const writer = new CborWriter();
  try {
    for (const id of ids) writeId(writer, id, plan);
  } catch (error) {
    throw located(error, plan);
  }
  return writer.finish();
}

/** One instance-identifier, as a value by itself (RFC 9254 §6.13). */
export function encodeIdentifier(id: InstanceId, schema: Schema, form?: Form): Uint8Array {
  return encodeIdentifiers([id], schema, form);
}

function decodeMap(bytes: Uint8Array, node: PlanNode, plan: Plan): Tree {
  const reader = new CborReader(bytes, CORECONF);
  try {
    const tree = readMembers(reader, node, plan);
    reader.finish();
    return tree;
  } catch (error) {
    if (error instanceof Fault) error.place(node.sid, 0);
    throw located(error, plan);
  }
}

function encodeMap(tree: Tree, node: PlanNode, plan: Plan): Uint8Array {
  const writer = plan.writer.restart();
  writeAll(writer, node, tree, plan);
  return writer.finish();
}

function writeAll(writer: CborWriter, node: PlanNode, tree: Tree, plan: Plan): void {
  try {
    writeMembers(writer, node, tree, plan);
  } catch (error) {
    throw located(error, plan);
  }
}

/** One map of the sequence. The draft shows one pair in each; more mean the same as several maps. */
function readInstances(
  reader: CborReader,
  plan: Plan,
  operations: "input" | "output",
  into: Instance[],
  most: number,
): void {
  const start = reader.offset;
  if (reader.major() !== MAJOR.map) {
    throw new Fault("yang.malformed-message", "each item of the sequence is a map").place(undefined, start);
  }
  const seen = new Set<string>();
  for (let left = reader.next(reader.map()); left >= 0 && into.length <= most; left = reader.next(left)) {
    const keyStart = reader.offset;
    let id: InstanceId | undefined;
    try {
      const named = reader.major() === MAJOR.text;
      id = readId(reader, plan);
      // RFC 8949 §5.6: which of two equal keys would count is anybody's guess. A map of one pair need not be asked.
      if (left > 0 || seen.size > 0) noteKey(id, keyStart, seen, plan);
      into.push({ id, value: readInstance(reader, id, plan, operations, named) });
    } catch (error) {
      throw error instanceof Fault
        ? error.place(id?.sid, keyStart).within(id === undefined ? [] : outerKeys(id, error, plan))
        : error;
    }
  }
}

function noteKey(id: InstanceId, offset: number, seen: Set<string>, plan: Plan): void {
  const text = formatId(id, plan);
  if (seen.has(text)) throw new WireError("cbor.duplicate-key", { offset });
  seen.add(text);
}

function readInstance(
  reader: CborReader,
  id: InstanceId,
  plan: Plan,
  operations: "input" | "output",
  named: boolean,
): Value | undefined {
  const node = plan.nodes.get(id.sid)!;
  const reference = named ? 0 : node.reference;
  if (node.kind === "rpc" || node.kind === "action") {
    const contents = node[operations];
    return contents === undefined ? undefined : readOperation(reader, contents, plan, reference);
  }
  // null deletes or says "absent", also for a leaf of type empty (draft-ietf-core-comi-21 is silent; CC-D9).
  if (reader.peek() === NULL) {
    reader.offset += 1;
    return undefined;
  }
  if (node.kind === "list" && reader.major() === MAJOR.map) {
    return hasAllKeys(id, node) ? readMembers(reader, node, plan, reference) : readEntry(reader, node, plan, reference);
  }
  return readValue(reader, node, plan, reference);
}

const hasAllKeys = (id: InstanceId, node: PlanNode): boolean =>
  node.idKeys.length > 0 && id.keys.length === node.idKeys.length;

function writeInstance(writer: CborWriter, id: InstanceId, value: Value, plan: Plan): void {
  const node = plan.nodes.get(id.sid);
  if (node === undefined) throw new Fault("yang.unknown-element", `no node has the SID ${id.sid}`, id.sid);
  const reference = goesByName(id, plan) ? 0 : node.reference;
  if (node.kind !== "rpc" && node.kind !== "action") {
    writeValue(writer, node, value, plan, reference);
    return;
  }
  if (!(value instanceof Map)) throw new BugError("yang.bug", { what: "an operation takes a tree" });
  // Input and output share the reference SID, so either node writes the other's children rightly too.
  const contents = node.input ?? node.output;
  if (contents === undefined || value.size === 0) writer.null();
  else writeMembers(writer, contents, value, plan, reference);
}
