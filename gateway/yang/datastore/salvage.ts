/**
 * Stored data against a schema that has changed since: a module was removed, a type was narrowed. What still fits is
 * kept, member by member of the root map (content format 140); what does not is named, so that a log can tell it.
 */
import { WireError } from "../../base/index.ts";
import { CborReader, CORECONF, readItem } from "../../wire/cbor/index.ts";
import { readValue } from "../codec/decode.ts";
import { Fault } from "../codec/fault.ts";
import { located } from "../codec/instance-id.ts";
import { planOf } from "../codec/plan.ts";
import type { Plan } from "../codec/plan-node.ts";
import { isLocal, type Schema, type Sid } from "../schema.ts";
import type { MutableTree, Tree, Value } from "../tree.ts";

export interface Salvaged {
  readonly tree: Tree;
  readonly dropped: ReadonlyArray<{ readonly sid: Sid; readonly reason: string }>;
}

/** Throws WireError `cbor.*` when the bytes are no map by SIDs: then nothing of them can be believed. */
export function salvageTree(bytes: Uint8Array, schema: Schema): Salvaged {
  const plan = planOf(schema);
  const reader = new CborReader(bytes, CORECONF);
  const tree: MutableTree = new Map();
  const dropped: Array<{ readonly sid: Sid; readonly reason: string }> = [];
  const seen = new Set<Sid>();
  for (let left = reader.next(reader.map()); left >= 0; left = reader.next(left)) {
    const start = reader.offset;
    const sid = Number(reader.integer());
    if (seen.has(sid)) throw new WireError("cbor.duplicate-key", { offset: start });
    seen.add(sid);
    const found = readMember(reader, sid, plan);
    if ("value" in found) tree.set(sid, found.value);
    else dropped.push({ sid, reason: found.reason });
  }
  reader.finish();
  return { tree, dropped };
}

/** One member; the reader stands behind it, whether it fits or not. */
function readMember(reader: CborReader, sid: Sid, plan: Plan): { readonly value: Value } | { readonly reason: string } {
  const { offset, depth } = reader;
  try {
    const node = plan.nodes.get(sid);
    if (node === undefined || isLocal(sid)) throw new Fault("yang.unknown-element", `no node has the SID ${sid}`);
    if (!node.free) throw new Fault("yang.unknown-element", `${node.schema.name} cannot stand by itself`);
    return { value: readValue(reader, node, plan) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    reader.offset = offset;
    reader.depth = depth;
    readItem(reader);
    const told = located(error.place(sid), plan);
    return { reason: told instanceof WireError ? told.message : error.what };
  }
}
