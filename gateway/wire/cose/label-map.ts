/** RFC 9052 §1.5, §3, §7 — maps whose keys are labels (int / tstr): headers and keys, read leniently and written sorted. */
import { UsageError, WireError } from "../../base/index.ts";
import { type CborItem, type CborPolicy, CborReader, CborWriter, HEADER, MAJOR, readItem } from "../cbor/index.ts";

export type Label = number | string;
export type LabelMap = ReadonlyMap<Label, CborItem>;

/** Definite lengths only; the order and the length of heads are the peer's; duplicate labels are refused. */
export const COSE: CborPolicy = { ...HEADER, indefinite: false, maxLength: 1 << 24 };

export const malformed = (what: string): WireError => new WireError("cose.malformed", { what });
export const unmakeable = (reason: string): UsageError => new UsageError("cose.usage", { reason });

/** The next item, which must be a map of labels. */
export function readLabelMap(reader: CborReader, what: string): LabelMap {
  if (reader.major() !== MAJOR.map) throw malformed(`${what} is not a map`);
  return labelMapOf(readItem(reader), what);
}

export function labelMapOf(item: CborItem, what: string): LabelMap {
  if (item.kind !== "map") throw malformed(`${what} is not a map`);
  return new Map(item.entries.map(([key, value]) => [labelOf(key, what), value]));
}

/** The map that these bytes are, whole. */
export function decodeLabelMap(bytes: Uint8Array, what: string): LabelMap {
  const reader = new CborReader(bytes, COSE);
  const map = readLabelMap(reader, what);
  reader.finish();
  return map;
}

/** RFC 9052 §1.5: label = int / tstr. */
export function labelOf(item: CborItem, what: string): Label {
  if (item.kind === "text") return item.value;
  if (item.kind === "integer" && typeof item.value === "number") return item.value;
  throw malformed(`${what} has a label that is neither a small integer nor text`);
}

/** What we write into headers and keys. */
export type Value = number | string | boolean | Uint8Array | readonly Value[] | ValueMap;
export type ValueMap = ReadonlyMap<Label, Value>;

/** RFC 8949 §4.2.1: shortest heads, labels in the order of their bytes. */
export function writeValue(writer: CborWriter, value: Value): void {
  if (typeof value === "number") writer.integer(value);
  else if (typeof value === "string") writer.text(value);
  else if (typeof value === "boolean") writer.boolean(value);
  else if (value instanceof Uint8Array) writer.byteString(value);
  else if ("size" in value) {
    writer.map(value.size);
    for (const [label, inner] of inByteOrder(value)) {
      writer.raw(label);
      writeValue(writer, inner);
    }
  } else {
    writer.array(value.length);
    for (const inner of value) writeValue(writer, inner);
  }
}

export function encodeValue(value: Value): Uint8Array {
  const writer = new CborWriter();
  writeValue(writer, value);
  return writer.finish();
}

const inByteOrder = (map: ValueMap): Array<readonly [Uint8Array, Value]> =>
  [...map].map(([label, value]) => [encodeValue(label), value] as const).sort(([a], [b]) => Buffer.compare(a, b));
