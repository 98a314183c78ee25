/**
 * Trees ⇄ JSON (RFC 7951): names instead of SIDs, 64-bit numbers and decimals as strings. Of a document that nests as
 * deep as our CBOR may, no more is read. Metadata annotations (RFC 7952) are read over: our trees have no place for them.
 */
import { ANYTHING, type CborItem, CborWriter, CORECONF, decodeItem, writeItem } from "../wire/cbor/index.ts";
import type { Json, JsonObject } from "./api.ts";
import { Fault } from "./codec/fault.ts";
import { located } from "./codec/instance-id.ts";
import { wrongType } from "./codec/leaf.ts";
import { memberName, memberNamed, qualifiedName } from "./codec/names.ts";
import { planNode, planOf } from "./codec/plan.ts";
import type { Plan, PlanNode } from "./codec/plan-node.ts";
import { entriesIn, keysOf, leavesIn, treeIn } from "./codec/value.ts";
import type { Schema, SchemaNode, Sid } from "./schema.ts";
import { EMPTY_TREE, type LeafValue, type MutableTree, type Tree, type Value } from "./tree.ts";

/**
 * RFC 7951 §4: names are module-qualified at the top and wherever the module changes. With a scope `tree` is the contents
 * of that node, and the document has one member: {"module:input": …} and {"module:output": …} as RFC 8040 §3.6 has them
 * for operations, the node's own name for notifications and structures.
 */
export function toJson(tree: Tree, schema: Schema, scope?: SchemaNode): JsonObject {
  const plan = planOf(schema);
  if (scope === undefined) return membersToJson(tree, plan.root, plan);
  const node = planNode(plan, scope);
  return { [qualifiedName(node)]: membersToJson(tree, node, plan) };
}

/** With a scope it takes the name of the rpc in place of "input" and "output" too, as yanglint writes it. */
export function fromJson(json: Json, schema: Schema, scope?: SchemaNode): Tree {
  const plan = planOf(schema);
  try {
    if (scope === undefined) return membersFromJson(json, { node: plan.root, plan, depth: 1 });
    const node = planNode(plan, scope);
    return membersFromJson(contentsOf(json, node), { node, plan, depth: 2 });
  } catch (error) {
    throw located(error, plan);
  }
}

function contentsOf(json: Json, node: PlanNode): Json {
  const names = [qualifiedName(node)];
  if (node.kind === "input" || node.kind === "output") names.push(...(node.parent ? [qualifiedName(node.parent)] : []));
  const [[name, contents] = [], another] = isObject(json) ? Object.entries(json) : [];
  if (name === undefined || contents === undefined || another !== undefined || !names.includes(name)) {
    throw new Fault("yang.malformed-message", `expected an object with '${names.join("' or '")}' alone`, node.sid);
  }
  return contents;
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
    const place: Place = { node, plan, depth: 1 };
    if (node.kind === "list" && isObject(json)) return membersFromJson(json, place);
    return parseValue(json, place);
  } catch (error) {
    if (error instanceof Fault) error.place(sid);
    throw located(error, plan);
  }
}

function membersToJson(tree: Tree, node: PlanNode, plan: Plan): JsonObject {
  const members: Array<readonly [name: string, value: Json]> = [];
  for (const [sid, value] of tree) {
    const child = plan.nodes.get(sid);
    if (child !== undefined) members.push([memberName(child, node), valueJson(value, child, plan)]);
  }
  // Not by assignment: `__proto__` is a good name in YANG.
  return Object.fromEntries(members);
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
      return value instanceof Uint8Array ? itemToJson(decodeItem(value, ANYTHING)) : null;
    default:
      return membersToJson(treeIn(value) ?? EMPTY_TREE, node, plan);
  }
}

const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json);

/** A node whose JSON is read, and how many objects and arrays stand around its contents. */
interface Place {
  readonly node: PlanNode;
  readonly plan: Plan;
  readonly depth: number;
}

function checkDepth(depth: number): void {
  const limit = CORECONF.maxDepth;
  if (depth > limit) throw new Fault("yang.malformed-message", `objects and arrays nest deeper than ${limit}`);
}

function membersFromJson(json: Json, place: Place): MutableTree {
  const { node, plan, depth } = place;
  if (!isObject(json)) throw wrongType("an object");
  checkDepth(depth);
  const tree: MutableTree = new Map();
  for (const [name, value] of Object.entries(json)) {
    if (name.startsWith("@")) {
      checkAnnotation(name, value, place);
      continue;
    }
    const child = memberNamed(node, name, plan);
    if (child === undefined) throw unknownName(name, node);
    try {
      if (tree.has(child.sid)) throw new Fault("yang.duplicate", `'${name}' is there under two names`);
      tree.set(child.sid, parseValue(value, { node: child, plan, depth: depth + 1 }));
    } catch (error) {
      throw error instanceof Fault ? error.place(child.sid) : error;
    }
  }
  return tree;
}

const unknownName = (name: string, node: PlanNode): Fault =>
  new Fault("yang.unknown-element", `there is no '${name}' here`).place(node.sid);

/** RFC 7952 §5.2: "@" annotates the object around it, "@name" a sibling, the values of a leaf-list one by one. */
function checkAnnotation(name: string, json: Json, { node, plan }: Place): void {
  const target = name === "@" ? node : memberNamed(node, name.slice(1), plan);
  if (target === undefined) throw unknownName(name, node);
  const each = target.kind === "leaf-list" && Array.isArray(json) ? (json as readonly Json[]) : [json];
  if (each.every((one) => isObject(one) || (one === null && one !== json))) return;
  throw wrongType("an object of metadata annotations").place(target.sid);
}

function parseValue(json: Json, place: Place): Value {
  const { node, depth } = place;
  switch (node.kind) {
    case "leaf":
      return node.leaf!.fromJson(json);
    case "leaf-list":
      if (!Array.isArray(json)) throw wrongType("an array");
      return json.map((value: Json) => node.leaf!.fromJson(value));
    case "list":
      if (!Array.isArray(json)) throw wrongType("an array of objects");
      return json.map((entry: Json) => entryFromJson(entry, { ...place, depth: depth + 1 }));
    case "anyxml":
      return jsonToItem(json, depth);
    case "rpc":
    case "action":
    case "input":
    case "output":
      throw new Fault("yang.unknown-element", "an operation is no data");
    default:
      return membersFromJson(json, place);
  }
}

function entryFromJson(json: Json, place: Place): Tree {
  const { node } = place;
  try {
    const entry = membersFromJson(json, place);
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
      entry.set(key.sid, key.leaf!.fromJson(json[key.schema.name] ?? json[qualifiedName(key)] ?? null));
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

/** In its canonical form, as the codec keeps every anyxml. */
function jsonToItem(json: Json, depth: number): Uint8Array {
  const plain = new CborWriter();
  writeJson(plain, json, depth);
  const canonical = new CborWriter();
  writeItem(canonical, decodeItem(plain.finish(), ANYTHING));
  return canonical.finish();
}

function writeJson(writer: CborWriter, json: Json, depth: number): void {
  if (json === null) writer.null();
  else if (typeof json === "boolean") writer.boolean(json);
  else if (typeof json === "string") writer.text(json);
  else if (typeof json === "number") {
    if (Number.isSafeInteger(json)) writer.integer(json);
    else writer.float(json);
  } else {
    checkDepth(depth);
    if (Array.isArray(json)) {
      writer.array(json.length);
      for (const item of json as readonly Json[]) writeJson(writer, item, depth + 1);
    } else {
      const members = Object.entries(json as JsonObject);
      writer.map(members.length);
      for (const [name, value] of members) {
        writer.text(name);
        writeJson(writer, value, depth + 1);
      }
    }
  }
}
