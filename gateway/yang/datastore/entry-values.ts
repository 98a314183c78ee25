/**
 * List entries by something else than their keys: what must be unique (RFC 7950 §7.8.3), what leafrefs lead to (§9.9).
 * As the index of keys in entries.ts, a table stands beside the array of a long list and is handed on by edits.
 */
import type { Tree } from "../tree.ts";
import type { KeyText } from "./entries.ts";

/** Made of one entry alone. The function itself is the name of the table, so it must be made once. */
export type EntryValue = (entry: Tree) => KeyText | undefined;

/** Up to here comparing one entry after the other is faster. */
const SHORT = 12;
/** Positions that edits have left behind; beyond it a table is made anew. */
const SPARE = 64;

interface Table {
  readonly valueIn: EntryValue;
  /**
   * Shared by an array and its descendants: all positions at which one of them has, or had, an entry of the value. So
   * each is held against the array that asks.
   */
  readonly positions: Map<KeyText, number | Set<number>>;
  /** How many positions were noted. */
  noted: number;
}

/** A memo, as in entries.ts. */
const TABLES = new WeakMap<readonly Tree[], readonly Table[]>();

/** Has an entry the value, another one than `except`? */
export function hasEntryWith(
  entries: readonly Tree[],
  valueIn: EntryValue,
  value: KeyText,
  except?: Tree | undefined,
): boolean {
  const fits = (entry: Tree | undefined): boolean =>
    entry !== undefined && entry !== except && valueIn(entry) === value;
  if (entries.length <= SHORT) return entries.some(fits);
  const places = tableOf(entries, valueIn).positions.get(value);
  if (typeof places === "number") return fits(entries[places]);
  for (const place of places ?? []) if (fits(entries[place])) return true;
  return false;
}

/** `to` is a copy of `from` with another entry at the position, which may be its end. */
export function handOnTables(from: readonly Tree[], to: readonly Tree[], position: number): void {
  const tables = TABLES.get(from)?.filter(({ noted }) => noted <= 2 * from.length + SPARE);
  if (tables === undefined || tables.length === 0) return;
  for (const table of tables) note(table, to, position);
  TABLES.set(to, tables);
}

function tableOf(entries: readonly Tree[], valueIn: EntryValue): Table {
  const tables = TABLES.get(entries) ?? [];
  const known = tables.find((table) => table.valueIn === valueIn);
  if (known !== undefined) return known;
  const made: Table = { valueIn, positions: new Map(), noted: 0 };
  for (let position = 0; position < entries.length; position++) note(made, entries, position);
  TABLES.set(entries, [...tables, made]);
  return made;
}

function note(table: Table, entries: readonly Tree[], position: number): void {
  const value = table.valueIn(entries[position]!);
  if (value === undefined) return;
  const places = table.positions.get(value);
  if (places === position) return;
  table.noted += 1;
  if (places === undefined) table.positions.set(value, position);
  else if (typeof places === "number") table.positions.set(value, new Set([places, position]));
  else places.add(position);
}
