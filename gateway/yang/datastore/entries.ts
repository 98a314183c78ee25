/**
 * List entries by their keys (RFC 7950 §7.8.2). Beside the array of a long list stands an index from keys to positions,
 * which is handed on when an edit copies the array, so that finding an entry costs the same in a list of any length.
 */

import type { PlanNode } from "../codec/plan-node.ts";
import { equalLeaf, keysOf } from "../codec/value.ts";
import { EMPTY_TREE, type LeafValue, type Tree } from "../tree.ts";
import { handOnTables } from "./entry-values.ts";

/** Keys in a form that a Map can tell apart; the types of a list's keys are always the same. */
export type KeyText = string | number | bigint | boolean;

/** Up to here comparing one entry after the other is faster. */
const SHORT = 12;
/** Keys that refused edits have left in an index; beyond it the index is made anew. */
const SPARE = 64;

interface Index {
  /**
   * Shared by an array and its descendants, and written once: a position never changes. So a key of one of the arrays
   * has its right position here, and a position at which the array has something else tells that the key is not in it.
   */
  readonly positions: Map<KeyText, number>;
  /** How much of the array is in it. */
  size: number;
}

/** A memo: arrays of entries are not changed once they are shared, but for entries that are added at the end. */
const INDEXES = new WeakMap<readonly Tree[], Index>();

/** Index of the first entry with these keys, or -1. */
export function findEntry(entries: readonly Tree[], list: PlanNode, keys: readonly LeafValue[]): number {
  if (entries.length <= SHORT) return entries.findIndex((entry) => hasKeys(entry, list, keys));
  const position = indexOf(entries, list).positions.get(keyText(keys));
  const entry = position === undefined ? undefined : entries[position];
  return entry !== undefined && hasKeys(entry, list, keys) ? position! : -1;
}

/** The array with the entry in the place of another one with its keys, or as the last one for a position below 0. */
export function withEntry(entries: readonly Tree[], position: number, entry: Tree): readonly Tree[] {
  const copy = copyEntries(entries);
  const place = position < 0 ? entries.length : position;
  copy[place] = entry;
  handOnTables(entries, copy, place);
  return copy;
}

/** A copy in which entries may be replaced by others with their keys, and to which others may be added at the end. */
export function copyEntries(entries: readonly Tree[]): Tree[] {
  const copy = entries.slice();
  const index = INDEXES.get(entries);
  if (index !== undefined && index.positions.size <= 2 * entries.length + SPARE) {
    INDEXES.set(copy, { positions: index.positions, size: index.size });
  }
  return copy;
}

/** An entry that has its keys only, as far as they are known. */
export const entryOf = (list: PlanNode, keys: readonly LeafValue[]): Tree =>
  new Map(list.keys.slice(0, keys.length).map((key, index) => [key.sid, keys[index]!]));

/** The keys of an entry as one value; undefined when one is missing. */
export function entryText(entry: Tree, list: PlanNode): KeyText | undefined {
  for (const key of list.keys) if (!entry.has(key.sid)) return undefined;
  return textOf(entry, list);
}

function hasKeys(entry: Tree, list: PlanNode, keys: readonly LeafValue[]): boolean {
  for (let at = 0; at < list.keys.length; at++) {
    if (!equalLeaf((entry.get(list.keys[at]!.sid) ?? null) as LeafValue, keys[at]!)) return false;
  }
  return true;
}

function indexOf(entries: readonly Tree[], list: PlanNode): Index {
  const index = INDEXES.get(entries);
  if (index !== undefined && extend(index, entries, list)) return index;
  const made: Index = { positions: new Map(), size: 0 };
  extend(made, entries, list);
  INDEXES.set(entries, made);
  return made;
}

/** False when a relative of this array has one of the new keys at another position. */
function extend(index: Index, entries: readonly Tree[], list: PlanNode): boolean {
  for (; index.size < entries.length; index.size += 1) {
    const text = textOf(entries[index.size]!, list);
    const known = index.positions.get(text);
    if (known === undefined) index.positions.set(text, index.size);
    else if (known !== index.size && !isAt(known, text, index.size, entries, list)) return false;
  }
  return true;
}

/** The same keys twice in one array: the first entry has the word. */
const isAt = (position: number, text: KeyText, end: number, entries: readonly Tree[], list: PlanNode): boolean =>
  position < end && textOf(entries[position]!, list) === text;

const textOf = (entry: Tree, list: PlanNode): KeyText => {
  if (list.keys.length === 1) return leafText((entry.get(list.keys[0]!.sid) ?? null) as LeafValue);
  return keyText(list.keys.map((key) => (entry.get(key.sid) ?? null) as LeafValue));
};

const keyText = (keys: readonly LeafValue[]): KeyText =>
  keys.length === 1 ? leafText(keys[0]!) : JSON.stringify(keys.map((key) => String(leafText(key))));

/** Equal for equal values of one type, and only for those. */
export function leafText(value: LeafValue): KeyText {
  if (typeof value !== "object") return value;
  if (value === null) return "";
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
  }
  if ("sid" in value) return `${value.sid} ${JSON.stringify(value.keys.map((key) => String(leafText(key))))}`;
  return `${value.member} ${String(leafText(value.value))}`;
}

/** The entry of `entries` with the keys of `like`. */
export const entryIn = (entries: readonly Tree[], like: Tree, list: PlanNode): Tree | undefined =>
  entries[findEntry(entries, list, keysOf(like, list) ?? [])];

/** Keys of an entry's instance: those of the lists around it, and its own. */
export const entryKeys = (entry: Tree, list: PlanNode, around: readonly LeafValue[]): readonly LeafValue[] => [
  ...around,
  ...(keysOf(entry, list) ?? []),
];

/** Those that stay come first and in the same order: what telling the others one by one makes of them. */
export function isOrderKept(was: readonly Tree[], is: readonly Tree[], list: PlanNode): boolean {
  const staying = was.filter((entry) => entryIn(is, entry, list) !== undefined);
  return staying.every((entry, at) => entryText(entry, list) === entryText(is[at] ?? EMPTY_TREE, list));
}
