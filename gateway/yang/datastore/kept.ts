/**
 * A stored datastore across changes of its schema. What today's schema does not take is left out of the tree, but kept
 * as it was stored: a module set may be mended, and a node may go back to its former one.
 *
 * Stored form: a root map (content format 140) as long as nothing is left out, else an array of byte strings: the root
 * map first, then what was left out as root maps, newest first.
 */
import { isCoded } from "../../base/index.ts";
import { CborReader, CborWriter, CORECONF, MAJOR } from "../../wire/cbor/index.ts";
import { encodeTree } from "../codec/codec.ts";
import type { Schema } from "../schema.ts";
import { EMPTY_TREE, type Tree } from "../tree.ts";
import { merge } from "./merge.ts";
import { type Salvaged, salvageTree } from "./salvage.ts";

export interface KeptTree {
  readonly tree: Tree;
  /** Root maps that today's schema does not take, newest first. */
  readonly left: readonly Uint8Array[];
}

export const NOTHING_LEFT: readonly Uint8Array[] = [];
export const NOTHING_KEPT: KeptTree = { tree: EMPTY_TREE, left: NOTHING_LEFT };

/** Each change of a schema can add one; beyond this the oldest is let go. */
const MOST_LEFT = 8;
const NO_BYTES = new Uint8Array();

export function encodeKept({ tree, left }: KeptTree, schema: Schema): Uint8Array {
  const bytes = tree.size === 0 ? NO_BYTES : encodeTree(tree, schema, "any");
  if (left.length === 0) return bytes;
  const writer = new CborWriter();
  writer.array(1 + left.length);
  for (const part of [bytes, ...left]) writer.byteString(part);
  return writer.finish();
}

/** Throws WireError `cbor.*` for bytes that `encodeKept` has not made. */
export function readKept(bytes: Uint8Array, schema: Schema): KeptTree & Pick<Salvaged, "dropped"> {
  if (bytes.length === 0) return { ...NOTHING_KEPT, dropped: [] };
  if (bytes[0]! >> 5 !== MAJOR.array) return laidOver(NOTHING_KEPT, bytes, schema);
  return partsOf(bytes)
    .filter((part) => part.length > 0)
    .reduceRight<ReturnType<typeof readKept>>(
      (kept, part) => {
        const next = laidOver(kept, part, schema);
        return { ...next, dropped: [...kept.dropped, ...next.dropped] };
      },
      { ...NOTHING_KEPT, dropped: [] },
    );
}

/** A root map laid over what is there; what today's schema does not take of it is left out and kept. */
export function laidOver(
  { tree, left }: KeptTree,
  rootMap: Uint8Array,
  schema: Schema,
): KeptTree & Pick<Salvaged, "dropped"> {
  const { tree: newer, dropped } = salvageTree(rootMap, schema);
  return {
    tree: tree.size === 0 ? newer : merged(tree, newer, schema),
    left: dropped.length === 0 ? left : [rootMapOf(dropped), ...left].slice(0, MOST_LEFT),
    dropped,
  };
}

function merged(older: Tree, newer: Tree, schema: Schema): Tree {
  try {
    return merge(older, newer, schema);
  } catch (error) {
    if (!isCoded(error)) throw error;
    return new Map([...older, ...newer]); // what a changed schema will not merge: the newer word stands
  }
}

function partsOf(bytes: Uint8Array): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  const reader = new CborReader(bytes, CORECONF);
  for (let more = reader.next(reader.array()); more >= 0; more = reader.next(more)) parts.push(reader.byteString());
  reader.finish();
  return parts;
}

function rootMapOf(members: Salvaged["dropped"]): Uint8Array {
  const writer = new CborWriter();
  writer.map(members.length);
  for (const { bytes } of members) writer.raw(bytes);
  return writer.finish();
}
