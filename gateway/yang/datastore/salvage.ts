/**
 * Stored data against a schema that has changed since: a module was removed, a type was narrowed. What still fits is
 * kept, member by member of the root map; what does not is named, so that a log can tell it. Members go by SID or by
 * name (content format 340): a module may have got its .sid file since, or never had one.
 */
import { WireError } from "../../base/index.ts";
import { CborReader, CORECONF, MAJOR, readItem } from "../../wire/cbor/index.ts";
import { readValue } from "../codec/decode.ts";
import { Fault } from "../codec/fault.ts";
import { located } from "../codec/instance-id.ts";
import { memberNamed } from "../codec/names.ts";
import { planOf } from "../codec/plan.ts";
import type { Plan, PlanNode } from "../codec/plan-node.ts";
import { isLocal, type Schema, type Sid } from "../schema.ts";
import type { MutableTree, Tree, Value } from "../tree.ts";

export interface Salvaged {
  readonly tree: Tree;
  readonly dropped: readonly Dropped[];
}

export interface Dropped {
  /** Undefined when the member went by a name that nobody has now. */
  readonly sid: Sid | undefined;
  readonly reason: string;
  /** Key and value, as they stand in a root map. */
  readonly bytes: Uint8Array;
}

/** Throws WireError `cbor.*` when the bytes are no map by SIDs and names: then nothing of them can be believed. */
export function salvageTree(bytes: Uint8Array, schema: Schema): Salvaged {
  const plan = planOf(schema, "any");
  const reader = new CborReader(bytes, CORECONF);
  const tree: MutableTree = new Map();
  const dropped: Dropped[] = [];
  const seen = new Set<Sid | string>();
  for (let left = reader.next(reader.map()); left >= 0; left = reader.next(left)) {
    const start = reader.offset;
    const key = reader.major() === MAJOR.text ? reader.text() : Number(reader.integer());
    const node = nodeOf(key, plan);
    // The same node by number and by name is there twice as well.
    const identity = node?.sid ?? key;
    if (seen.has(identity)) throw new WireError("cbor.duplicate-key", { offset: start });
    seen.add(identity);
    const found = readMember(reader, key, node, plan);
    if ("value" in found) tree.set(found.sid, found.value);
    else dropped.push({ ...found, bytes: reader.copy(start, reader.offset) });
  }
  reader.finish();
  return { tree, dropped };
}

/** Local numbers were never stored. */
function nodeOf(key: Sid | string, plan: Plan): PlanNode | undefined {
  if (typeof key === "string") return memberNamed(plan.root, key, plan);
  return isLocal(key) ? undefined : plan.nodes.get(key);
}

/** One member; the reader stands behind it, whether it fits or not. */
function readMember(
  reader: CborReader,
  key: Sid | string,
  node: PlanNode | undefined,
  plan: Plan,
): { readonly sid: Sid; readonly value: Value } | Pick<Dropped, "sid" | "reason"> {
  const { offset, depth } = reader;
  const sid = node?.sid ?? (typeof key === "number" ? key : undefined);
  try {
    if (node === undefined) throw new Fault("yang.unknown-element", `there is no node ${key}`);
    if (!node.free) throw new Fault("yang.unknown-element", `${node.schema.name} cannot stand by itself`);
    // RFC 9254 §3.2: deltas in a map that stands under a name begin at 0 again.
    const reference = typeof key === "string" ? 0 : node.reference;
    return { sid: node.sid, value: readValue(reader, node, plan, reference) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    reader.offset = offset;
    reader.depth = depth;
    readItem(reader);
    const told = located(error.place(sid), plan);
    return { sid, reason: told instanceof WireError ? told.message : error.what };
  }
}
