/** What all readers of SUIT structures share: bounded counts, byte strings with their places, component identifiers. */
import { WireError } from "../../base/index.ts";
import { CborReader, CborWriter, ENVELOPE, HEADER } from "../cbor/index.ts";
import { checkLimit, type SuitLimit } from "./limits.ts";
import type { ComponentId, Wrapped } from "./types.ts";

export const malformed = (where: string, what: string): WireError => new WireError("suit.malformed", { where, what });

/** Of the content of a byte string: exactly one item of a signed structure. */
export function readWhole<T>(bytes: Uint8Array, read: (reader: CborReader) => T): T {
  const reader = new CborReader(bytes, ENVELOPE);
  const value = read(reader);
  reader.finish();
  return value;
}

/** The byte string that comes next, with its head. */
export function readWrapped(reader: CborReader): Wrapped {
  const start = reader.offset;
  const { length } = reader.byteString();
  const item = reader.copy(start, reader.offset);
  return { item, content: item.subarray(item.length - length), offset: reader.offset - length };
}

/** The inside of the byte string that comes next, to be read where it stands; call `finish` on it. */
export function readInside(reader: CborReader): CborReader {
  const content = reader.byteString();
  // A string in chunks lies nowhere in one piece.
  if (reader.policy.indefinite) return new CborReader(content, reader.policy);
  return new CborReader(reader.bytes, reader.policy, reader.offset - content.length, reader.offset);
}

/** An array, item by item, of at most as many as the limit says. */
export function readArray<T>(reader: CborReader, limit: SuitLimit, read: (reader: CborReader) => T): T[] {
  const items: T[] = [];
  for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) {
    checkLimit(limit, items.length + 1);
    items.push(read(reader));
  }
  return items;
}

const INDEFINITE_ARRAY = 0x9f;

/** An array of exactly these items. */
export function readTuple<T>(reader: CborReader, items: number, where: string, read: () => T): T {
  const wrong = (): WireError => malformed(where, `it has not exactly ${items} items`);
  const indefinite = reader.peek() === INDEFINITE_ARRAY;
  const count = reader.array();
  if (count !== items && !indefinite) throw wrong();
  const value = read();
  // How many items an array of indefinite length has is known at its end.
  if (reader.next(indefinite ? count : 0) >= 0) throw wrong();
  return value;
}

/** An integer that fits a label, an index or an algorithm. */
export function readSmall(reader: CborReader): number {
  const start = reader.offset;
  const value = reader.integer();
  if (typeof value === "bigint") throw malformed(`the integer at byte ${start}`, "it is too large");
  return value;
}

export function readUint(reader: CborReader): number {
  const start = reader.offset;
  const value = readSmall(reader);
  if (value < 0) throw malformed(`the integer at byte ${start}`, "it is negative");
  return value;
}

/** Times, sizes and sequence numbers have 64 bits. */
export function readUint64(reader: CborReader, where: string): bigint {
  const value = BigInt(reader.integer());
  if (value < 0n) throw malformed(where, "it is negative");
  return value;
}

/** §8.4.5.1: byte strings, outermost first. */
export const readComponentId = (reader: CborReader): ComponentId =>
  readArray(reader, "identifier", (inner) => inner.byteString());

/** By itself, as a node writes its own: any well-formed CBOR. */
export function decodeComponentId(bytes: Uint8Array): ComponentId {
  const reader = new CborReader(bytes, HEADER);
  const id = readComponentId(reader);
  reader.finish();
  return id;
}

export function writeComponentId(writer: CborWriter, id: ComponentId): void {
  writer.array(id.length);
  for (const part of id) writer.byteString(part);
}

/** Key and value pairs in the order of the keys' bytes (RFC 8949 §4.2.1). */
export function writeSorted(
  writer: CborWriter,
  entries: Iterable<readonly [key: (writer: CborWriter) => void, value: (writer: CborWriter) => void]>,
): void {
  const sorted = [...entries]
    .map(([key, value]) => [encode(key), value] as const)
    .sort(([a], [b]) => Buffer.compare(a, b));
  writer.map(sorted.length);
  for (const [key, value] of sorted) {
    writer.raw(key);
    value(writer);
  }
}

/** The same for keys that are integers. */
export const writeLabelled = (
  writer: CborWriter,
  entries: Iterable<readonly [label: number, value: (writer: CborWriter) => void]>,
): void =>
  writeSorted(
    writer,
    [...entries].map(([label, value]) => [(inner: CborWriter) => inner.integer(label), value] as const),
  );

/** Bytes of what is written. */
export function encode(write: (writer: CborWriter) => void): Uint8Array {
  const writer = new CborWriter();
  write(writer);
  return writer.finish();
}

/** A byte string around what is written. */
export const writeInside = (writer: CborWriter, write: (writer: CborWriter) => void): void =>
  writer.byteString(encode(write));

/** §8.3: a byte string around these bytes, as digests see it. */
export function wrap(content: Uint8Array): Wrapped {
  const item = encode((writer) => writer.byteString(content));
  return { item, content: item.subarray(item.length - content.length), offset: item.length - content.length };
}
