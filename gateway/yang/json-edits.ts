/**
 * RFC 7951 JSON from the top of a datastore as edits that merge it: what is not named stays, a member that is null goes (as RFC
 * 7396 has it for JSON; only null of a leaf of type empty, `[null]`, is a value of YANG). Each leaf becomes an edit of its own,
 * so that two people who change different leaves of a container do not undo each other's work.
 */
import type { Json, JsonObject } from "./api.ts";
import { Fault } from "./codec/fault.ts";
import { located } from "./codec/instance-id.ts";
import { wrongType } from "./codec/leaf.ts";
import { memberNamed } from "./codec/names.ts";
import { planOf } from "./codec/plan.ts";
import type { Plan, PlanNode } from "./codec/plan-node.ts";
import { select } from "./datastore/select.ts";
import { valueFromJson } from "./json.ts";
import type { Schema } from "./schema.ts";
import type { Instance, LeafValue, Tree } from "./tree.ts";

interface Place {
  readonly node: PlanNode;
  readonly keys: readonly LeafValue[];
  readonly depth: number;
}

interface Around {
  readonly plan: Plan;
  readonly schema: Schema;
  /** What is there: of an entry or a presence container that is new, all is said at once. */
  readonly tree: Tree;
  readonly edits: Instance[];
}

/** As deep as our CBOR may nest. */
const MOST_DEPTH = 64;

/** In the order of the document. Throws DataError `yang.*`. */
export function editsFromJson(json: Json, schema: Schema, tree: Tree): readonly Instance[] {
  const plan = planOf(schema);
  const around: Around = { plan, schema, tree, edits: [] };
  try {
    members(json, { node: plan.root, keys: [], depth: 1 }, around);
  } catch (error) {
    throw located(error, plan);
  }
  return around.edits;
}

const isObject = (json: Json): json is JsonObject => typeof json === "object" && json !== null && !Array.isArray(json);

function members(json: Json, place: Place, around: Around, but: ReadonlySet<PlanNode> = NONE): void {
  const { node, keys, depth } = place;
  if (!isObject(json)) throw wrongType("an object").place(node.sid);
  if (depth > MOST_DEPTH)
    throw new Fault("yang.malformed-message", `objects and arrays nest deeper than ${MOST_DEPTH}`);
  for (const [name, value] of Object.entries(json)) {
    if (name.startsWith("@")) continue; // metadata (RFC 7952) has no place in our trees
    const child = memberNamed(node, name, around.plan);
    if (child === undefined) throw new Fault("yang.unknown-element", `there is no '${name}' here`).place(node.sid);
    if (!but.has(child)) member(value, { node: child, keys, depth: depth + 1 }, around);
  }
}

const NONE: ReadonlySet<PlanNode> = new Set();

function member(json: Json, place: Place, around: Around): void {
  const { node, keys } = place;
  const { schema, tree, edits } = around;
  const id = { sid: node.sid, keys };
  if (json === null) {
    edits.push({ id, value: undefined });
  } else if (node.kind === "container" && (node.schema.presence !== true || select(tree, id, schema) !== undefined)) {
    members(json, place, around);
  } else if (node.kind === "list" && node.keys.length > 0) {
    if (!Array.isArray(json)) throw wrongType("an array of objects").place(node.sid);
    for (const each of json as readonly Json[]) entry(each, place, around);
  } else {
    edits.push({ id, value: valueFromJson(json, node.sid, schema) });
  }
}

function entry(json: Json, { node, keys, depth }: Place, around: Around): void {
  const { schema, tree, edits } = around;
  if (!isObject(json)) throw wrongType("an object").place(node.sid);
  const own = node.keys.map((key): LeafValue => {
    const said = json[key.schema.name] ?? json[`${key.schema.module}:${key.schema.name}`];
    if (said === undefined || said === null) {
      throw new Fault("yang.missing-key", `the key ${key.schema.name} is missing`, node.sid);
    }
    return key.leaf!.fromJson(said);
  });
  const id = { sid: node.sid, keys: [...keys, ...own] };
  if (select(tree, id, schema) === undefined) edits.push({ id, value: valueFromJson(json, node.sid, schema) });
  else members(json, { node, keys: id.keys, depth: depth + 1 }, around, new Set(node.keys));
}
