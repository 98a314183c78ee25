/**
 * A foreign datastore as far as the schema knows it: a node may run a newer firmware than its module set tells. What is
 * not known, or does not fit its type, is passed over by itself; RFC 9254 §8 would have all of it refused.
 */
import { isCoded } from "../../base/index.ts";
import { type CborItem, CborReader, CORECONF, decodeItem, YANG_TAG } from "../../wire/cbor/index.ts";
import { decodeTree } from "../codec/codec.ts";
import { readValue } from "../codec/decode.ts";
import { DataError, Fault } from "../codec/fault.ts";
import type { Form } from "../codec/form.ts";
import { memberNamed } from "../codec/names.ts";
import { planOf } from "../codec/plan.ts";
import type { Plan, PlanNode } from "../codec/plan-node.ts";
import type { Schema } from "../schema.ts";
import { EMPTY_TREE, type MutableTree, type Tree, type Value } from "../tree.ts";
import { merge } from "./merge.ts";

export interface PassedOver {
  /** The SID or name, behind those of the nodes around it. */
  readonly path: string;
  readonly reason: string;
}

export interface KnownTree {
  readonly tree: Tree;
  readonly passedOver: readonly PassedOver[];
}

/** Throws WireError `cbor.*`, or DataError when the bytes are no map at all: then nothing of them can be believed. */
export function decodeKnown(bytes: Uint8Array, schema: Schema, form: Form = "any"): KnownTree {
  try {
    return { tree: merge(EMPTY_TREE, decodeTree(bytes, schema, form), schema), passedOver: [] };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const item = decodeItem(bytes, CORECONF);
    if (item.kind !== "map") throw error;
    const walk: Walk = { plan: planOf(schema, form), bytes, passedOver: [] };
    return { tree: placed(membersOf(item, walk.plan.root, 0, "", walk), schema, walk), passedOver: walk.passedOver };
  }
}

interface Walk {
  readonly plan: Plan;
  readonly bytes: Uint8Array;
  readonly passedOver: PassedOver[];
}

/** What stands at the top may lie deeper in the schema. */
function placed(top: Tree, schema: Schema, { passedOver }: Walk): Tree {
  let tree = EMPTY_TREE;
  for (const [sid, value] of top) {
    try {
      tree = merge(tree, new Map([[sid, value]]), schema);
    } catch (error) {
      if (!isCoded(error)) throw error;
      passedOver.push({ path: `/${sid}`, reason: error.message });
    }
  }
  return tree;
}

type MapItem = Extract<CborItem, { readonly kind: "map" }>;

function membersOf({ entries }: MapItem, node: PlanNode, reference: number, path: string, walk: Walk): MutableTree {
  const tree: MutableTree = new Map();
  for (const [key, item] of entries) {
    const { said, child } = childAt(key, node, reference, walk.plan);
    const place = `${path}/${child?.schema.name ?? said}`;
    if (child === undefined || !(node.open ? child.free : child.parent === node)) {
      walk.passedOver.push({ path: place, reason: "no node of the module set" });
      continue;
    }
    const value = valueIn(item, child, key.kind === "text" ? 0 : child.reference, place, walk);
    if (value !== undefined) tree.set(child.sid, value);
  }
  return tree;
}

/** RFC 9254 §4.2.1, §4.2.2: a delta, an absolute SID with tag 47, or a name. */
function childAt(key: CborItem, node: PlanNode, reference: number, plan: Plan) {
  if (key.kind === "text") return { said: key.value, child: memberNamed(node, key.value, plan) };
  const absolute = key.kind === "tag" && key.tag === YANG_TAG.absoluteSid ? key.item : undefined;
  const number = absolute ?? key;
  if (number.kind !== "integer") return { said: key.kind, child: undefined };
  const sid = Number(number.value) + (absolute === undefined ? reference : 0);
  return { said: String(sid), child: sid < 1 ? undefined : plan.nodes.get(sid) };
}

function valueIn(item: CborItem, node: PlanNode, reference: number, path: string, walk: Walk): Value | undefined {
  if (node.kind === "container" && item.kind === "map") return membersOf(item, node, reference, path, walk);
  if (node.kind === "list" && item.kind === "array") {
    return item.items.flatMap((entry) => entryOf(entry, node, reference, path, walk));
  }
  try {
    return readValue(new CborReader(walk.bytes, CORECONF, item.start, item.end), node, walk.plan, reference);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    walk.passedOver.push({ path, reason: error.what });
    return undefined;
  }
}

function entryOf(item: CborItem, list: PlanNode, reference: number, path: string, walk: Walk): readonly Tree[] {
  const entry = item.kind === "map" ? membersOf(item, list, reference, path, walk) : undefined;
  if (entry !== undefined && list.keys.every(({ sid }) => entry.has(sid))) return [entry];
  walk.passedOver.push({ path, reason: "an entry without its keys" });
  return [];
}
