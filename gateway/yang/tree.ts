/**
 * The data tree in memory. Containers, list entries, inputs, outputs and notifications are `Tree`: a map from the
 * absolute SID of a child to its value. Trees are never changed in place once they are shared: edits copy the path.
 */
import type { Sid } from "./schema.ts";

/** RFC 9254 §6.13.1: a SID and, inside lists, the keys from the outermost list inwards. */
export interface InstanceId {
  readonly sid: Sid;
  readonly keys: readonly LeafValue[];
}

/**
 * A leaf's value, normal form by YANG type:
 * int8-32, uint8-32 → number · int64, uint64 → bigint · decimal64 → bigint, scaled by 10^fraction-digits ·
 * string → string · boolean → boolean · enumeration → number (the enum's value) · bits → string, names in order of
 * position, one blank between · binary → Uint8Array · empty → null · identityref → number (SID of the identity) ·
 * instance-identifier → InstanceId · leafref → as its target · union → UnionValue.
 */
export type LeafValue = number | bigint | string | boolean | null | Uint8Array | InstanceId | UnionValue;

/** The value of a union leaf: which member type took it (index into LeafType.members) and its normal form. */
export interface UnionValue {
  readonly member: number;
  readonly value: LeafValue;
}

export type Tree = ReadonlyMap<Sid, Value>;
export type MutableTree = Map<Sid, Value>;
/** Leaf → LeafValue; leaf-list → array of LeafValue; container, anydata → Tree; list → array of Tree. */
export type Value = LeafValue | Tree | readonly LeafValue[] | readonly Tree[];

/** One instance of a CBOR sequence (content format 142). A value of `undefined` stands for CBOR null: absent in a
 * FETCH answer, delete in an iPATCH. */
export interface Instance {
  readonly id: InstanceId;
  readonly value: Value | undefined;
}

export const EMPTY_TREE: Tree = new Map();

/** A tree that may be changed. By keys: copying a Map as such makes an array of each entry, and takes three times as long. */
export function copyTree(tree: Tree): MutableTree {
  const copy: MutableTree = new Map();
  for (const sid of tree.keys()) copy.set(sid, tree.get(sid)!);
  return copy;
}
export const isTree = (value: Value | undefined): value is Tree => value instanceof Map;
