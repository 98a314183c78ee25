/**
 * Calls of one rpc, itself by its SID (draft-ietf-core-comi-21 §3.5): the way of the check-in lane, from bytes to a checked tree and
 * back in one pass each.
 */
import { BugError } from "../base/index.ts";
import { CborReader, CORECONF, MAJOR } from "../wire/cbor/index.ts";
import { readOperation } from "./codec/decode.ts";
import { writeMembers } from "./codec/encode.ts";
import { Fault } from "./codec/fault.ts";
import type { Form } from "./codec/form.ts";
import { located } from "./codec/instance-id.ts";
import { planOf } from "./codec/plan.ts";
import type { Schema, Sid } from "./schema.ts";
import { EMPTY_TREE, type Tree } from "./tree.ts";
import { checkTree } from "./validate/check-tree.ts";

/**
 * The input of a request that calls the one rpc `rpcSid`, with its mandatory leaves. This is the way of the check-in
 * lane: one pass, nothing but the tree is made.
 */
export function decodeInputOf(bytes: Uint8Array, schema: Schema, rpcSid: Sid, form?: Form): Tree {
  const plan = planOf(schema, form);
  const input = plan.nodes.get(rpcSid)?.input;
  if (input === undefined) throw new BugError("yang.bug", { what: `SID ${rpcSid} is no rpc with an input` });
  const reader = new CborReader(bytes, CORECONF);
  try {
    if (reader.major() !== MAJOR.map) throw new Fault("yang.malformed-message", "expected {rpc: input}");
    let left = reader.next(reader.map());
    if (left < 0 || reader.major() !== MAJOR.uint || reader.integer() !== rpcSid) {
      throw new Fault("yang.malformed-message", `expected the rpc with the SID ${rpcSid}`);
    }
    const tree = readOperation(reader, input, plan) ?? EMPTY_TREE;
    left = reader.next(left);
    if (left >= 0) throw new Fault("yang.malformed-message", "one pair in each map (draft-ietf-core-comi-21 §3.5)");
    reader.finish();
    checkTree(tree, input, plan);
    return tree;
  } catch (error) {
    if (error instanceof Fault) error.place(rpcSid);
    throw located(error, plan);
  }
}

/** {rpcSid: output}; an empty output is null (draft-ietf-core-comi-21 §3.5). */
export function encodeOutputOf(output: Tree, schema: Schema, rpcSid: Sid): Uint8Array {
  const plan = planOf(schema);
  const node = plan.nodes.get(rpcSid)?.output;
  const writer = plan.writer.restart();
  writer.map(1);
  writer.integer(rpcSid);
  if (output.size === 0) writer.null();
  else if (node === undefined) throw new BugError("yang.bug", { what: `SID ${rpcSid} is no rpc with an output` });
  else {
    try {
      writeMembers(writer, node, output, plan);
    } catch (error) {
      throw located(error, plan);
    }
  }
  return writer.finish();
}
