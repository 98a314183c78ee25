/** Trees ⇄ JSON (RFC 7951): names instead of SIDs, 64-bit numbers and decimals as strings. */
import { type CborItem, CborWriter, CORECONF, decodeItem } from "../wire/cbor/index.ts";
import type { Json, JsonObject } from "./api.ts";
import { Fault } from "./codec/fault.ts";
import { located } from "./codec/instance-id.ts";
import { wrongType } from "./codec/leaf.ts";
import { planOf } from "./codec/plan.ts";
import type { Plan, PlanNode } from "./codec/plan-node.ts";
import { entriesIn, keysOf, leavesIn, treeIn } from "./codec/value.ts";
import type { Schema, Sid } from "./schema.ts";
import { EMPTY_TREE, type LeafValue, type MutableTree, type Tree, type Value } from "./tree.ts";

/** RFC 7951 §4: names are module-qualified at the top and wherever the module changes. */
export function toJson(tree: Tree, schema: Schema): JsonObject {
  const plan = planOf(schema);
  return membersToJson(tree, plan.root, plan);
}

export function fromJson(json: Json, schema: Schema): Tree {
  const plan = planOf(schema);
  try {
    return membersFromJson(json, plan.root, plan);
  } catch (error) {
    throw located(error, plan);
  }
}

/** The value of one node, without its name. */
export function valueToJson(value: Value, sid: Sid, schema: Schema): Json {
  const plan = planOf(schema);
  const node = plan.nodes.get(sid);
  if (node === undefined) throw located(new Fault("yang.unknown-element", `no node has the SID ${sid}`, sid), plan);
  return valueJson(value, node, plan);
}

/** A list takes an array of entries, or one entry as an object. */
export function valueFromJson(json: Json, sid: Sid, schema: Schema): Value {
  const plan = planOf(schema);
  try {
    const node = plan.nodes.get(sid);
    if (node === undefined) throw new Fault("yang.unknown-element", `no node has the SID ${sid}`, sid);
    if (node.kind === "list" && !Array.isArray(json)) return entryFromJson(json, node, plan);
    return parseValue(json, node, plan);
  } catch (error) {
    throw located(error instanceof Fault ? error.place(sid) : error, plan);
  }
}

function membersToJson(tree: Tree, node: PlanNode, plan: Plan): JsonObject {
  const members: { [name: string]: Json } = {};
  for (const [sid, value] of tree) {
    const child = plan.nodes.get(sid);
    if (child === undefined) continue;
    const { module, name } = child.schema;
    const simple = !node.open && module === node.schema.module;
    members[simple ? name : `${module}:${name}`] = valueJson(value, child, plan);
  }
  return members;
}

function valueJson(value: Value, node: PlanNode, plan: Plan): Json {
  switch (node.kind) {
    case "leaf":
      return node.leaf!.toJson(value as LeafValue);
    case "leaf-list":
      return leavesIn(value).map((leaf) => node.leaf!.toJson(leaf));
    case "list":
      if (value instanceof Map) return membersToJson(value, node, plan);
      return entriesIn(value).map((entry) => membersToJson(entry, node, plan));
    case "anyxml":
      return value instanceof Uint8Array ? itemToJson(decodeItem(value, CORECONF)) : null;
    default:
      return membersToJson(treeIn(value) ?? EMPTY_TREE, node, plan);
  }
}

const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json);

function membersFromJson(json: Json, node: PlanNode, plan: Plan): MutableTree {
  if (!isObject(json)) throw wrongType("an object");
  const tree: MutableTree = new Map();
  for (const [name, value] of Object.entries(json)) {
    const child = (node.open ? plan.root : node).members.get(name);
    if (child === undefined) {
      throw new Fault("yang.unknown-element", `there is no '${name}' here`).place(node.sid);
    }
    try {
      if (tree.has(child.sid)) throw new Fault("yang.duplicate", `'${name}' is there under two names`);
      tree.set(child.sid, parseValue(value, child, plan));
    } catch (error) {
      throw error instanceof Fault ? error.place(child.sid) : error;
    }
  }
  return tree;
}

function parseValue(json: Json, node: PlanNode, plan: Plan): Value {
  switch (node.kind) {
    case "leaf":
      return node.leaf!.fromJson(json);
    case "leaf-list":
      if (!Array.isArray(json)) throw wrongType("an array");
      return json.map((value: Json) => node.leaf!.fromJson(value));
    case "list":
      if (!Array.isArray(json)) throw wrongType("an array of objects");
      return json.map((entry: Json) => entryFromJson(entry, node, plan));
    case "anyxml": {
      const writer = new CborWriter();
      writeJson(writer, json);
      return writer.finish();
    }
    case "rpc":
    case "action":
      throw new Fault("yang.unknown-element", "an operation is no data");
    default:
      return membersFromJson(json, node, plan);
  }
}

function entryFromJson(json: Json, node: PlanNode, plan: Plan): Tree {
  try {
    const entry = membersFromJson(json, node, plan);
    const missing = node.keys.find((key) => !entry.has(key.sid));
    if (missing !== undefined)
      throw new Fault("yang.missing-key", `the key ${missing.schema.name} is missing`, node.sid);
    return entry;
  } catch (error) {
    if (error instanceof Fault && error.sid !== node.sid) error.within(readableKeys(json, node));
    throw error;
  }
}

/** The keys of a faulty entry, for the error; none when they are faulty themselves. */
function readableKeys(json: Json, node: PlanNode): readonly LeafValue[] {
  if (!isObject(json)) return [];
  const entry: MutableTree = new Map();
  for (const key of node.keys) {
    try {
      entry.set(key.sid, key.leaf!.fromJson(json[key.schema.name] ?? null));
    } catch {
      return []; // The first fault is the one to report.
    }
  }
  return keysOf(entry, node) ?? [];
}

/** anyxml in JSON (RFC 7951 §5.6) can be any value; what JSON cannot say becomes text. */
function itemToJson(item: CborItem): Json {
  switch (item.kind) {
    case "integer":
      return typeof item.value === "number" ? item.value : String(item.value);
    case "bytes":
      return Buffer.from(item.value).toString("base64");
    case "text":
      return item.value;
    case "simple":
      return item.value ?? null;
    case "unassigned":
      return item.value;
    case "float":
      return Number.isFinite(item.value) ? item.value : String(item.value);
    case "tag":
      return itemToJson(item.item);
    case "array":
      return item.items.map(itemToJson);
    case "map":
      return Object.fromEntries(item.entries.map(([key, value]) => [String(itemToJson(key)), itemToJson(value)]));
  }
}

function writeJson(writer: CborWriter, json: Json): void {
  if (json === null) writer.null();
  else if (typeof json === "boolean") writer.boolean(json);
  else if (typeof json === "string") writer.text(json);
  else if (typeof json === "number") {
    if (Number.isSafeInteger(json)) writer.integer(json);
    else writer.float(json);
  } else if (Array.isArray(json)) {
    writer.array(json.length);
    for (const item of json as readonly Json[]) writeJson(writer, item);
  } else {
    const members = Object.entries(json as JsonObject);
    writer.map(members.length);
    for (const [name, value] of members) {
      writer.text(name);
      writeJson(writer, value);
    }
  }
}
