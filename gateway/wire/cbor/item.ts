/** CBOR items as a tree with offsets, for tools that read without a schema: anyxml, diagnostics, tests. */
import { WireError } from "../../base/index.ts";
import { type CborPolicy, MAX_NESTED_TAGS } from "./policy.ts";
import { CborReader, MAJOR } from "./reader.ts";
import { CborWriter } from "./writer.ts";

interface Extent {
  readonly start: number;
  readonly end: number;
}
export type CborItem = Extent &
  (
    | { readonly kind: "integer"; readonly value: number | bigint }
    | { readonly kind: "bytes"; readonly value: Uint8Array }
    | { readonly kind: "text"; readonly value: string }
    | { readonly kind: "array"; readonly items: readonly CborItem[] }
    | { readonly kind: "map"; readonly entries: ReadonlyArray<readonly [key: CborItem, value: CborItem]> }
    | { readonly kind: "tag"; readonly tag: number; readonly item: CborItem }
    | { readonly kind: "simple"; readonly value: boolean | null | undefined }
    /** A simple value that nobody has given a meaning (RFC 8949 §3.3). */
    | { readonly kind: "unassigned"; readonly value: number }
    | { readonly kind: "float"; readonly value: number }
  );

/** Reads the next item whole, with its duplicate keys refused. */
export function readItem(reader: CborReader, tags = 0): CborItem {
  const start = reader.offset;
  switch (reader.major()) {
    case MAJOR.uint:
    case MAJOR.negative: {
      const value = reader.integer();
      return { kind: "integer", value, start, end: reader.offset };
    }
    case MAJOR.bytes: {
      const value = reader.byteString();
      return { kind: "bytes", value, start, end: reader.offset };
    }
    case MAJOR.text: {
      const value = reader.text();
      return { kind: "text", value, start, end: reader.offset };
    }
    case MAJOR.array: {
      const items: CborItem[] = [];
      for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) items.push(readItem(reader));
      return { kind: "array", items, start, end: reader.offset };
    }
    case MAJOR.map: {
      const entries = readEntries(reader);
      return { kind: "map", entries, start, end: reader.offset };
    }
    case MAJOR.tag: {
      const tag = reader.tag();
      if (tags >= MAX_NESTED_TAGS) throw new WireError("cbor.too-deep", { limit: MAX_NESTED_TAGS, offset: start });
      const item = readItem(reader, tags + 1);
      return { kind: "tag", tag, item, start, end: reader.offset };
    }
    default: {
      const initial = reader.peek();
      if (initial >= 0xf9 && initial <= 0xfb) {
        const value = reader.float();
        return { kind: "float", value, start, end: reader.offset };
      }
      if (initial < 0xf4 || initial === 0xf8) {
        const value = reader.unassigned();
        return { kind: "unassigned", value, start, end: reader.offset };
      }
      const value = reader.simple();
      return { kind: "simple", value, start, end: reader.offset };
    }
  }
}

function readEntries(reader: CborReader): Array<readonly [CborItem, CborItem]> {
  const entries: Array<readonly [CborItem, CborItem]> = [];
  const seen = new Set<string>();
  let last: CborItem | undefined;
  for (let left = reader.next(reader.map()); left >= 0; left = reader.next(left)) {
    const key = readItem(reader);
    const print = fingerprint(key);
    if (seen.has(print)) throw new WireError("cbor.duplicate-key", { offset: key.start });
    seen.add(print);
    if (reader.policy.sorted && last !== undefined) checkKeyOrder(reader.bytes, last, key);
    last = key;
    entries.push([key, readItem(reader)]);
  }
  return entries;
}

/** RFC 8949 §4.2.1: the key from `key.start` on stands after the one before it, and is another one. */
export function checkKeyOrder(bytes: Uint8Array, before: Extent, key: Extent): void {
  const order = Buffer.compare(bytes.subarray(before.start, before.end), bytes.subarray(key.start, key.end));
  if (order === 0) throw new WireError("cbor.duplicate-key", { offset: key.start });
  if (order > 0) throw new WireError("cbor.key-order", { offset: key.start });
}

/** Equal keys give equal texts, however they were encoded. */
function fingerprint(item: CborItem): string {
  switch (item.kind) {
    case "integer":
      return `i${item.value}`;
    case "bytes":
      return `b${Buffer.from(item.value).toString("hex")}`;
    case "text":
      return `t${JSON.stringify(item.value)}`;
    case "array":
      return `[${item.items.map(fingerprint).join()}]`;
    case "map":
      return `{${item.entries
        .map(([key, value]) => `${fingerprint(key)}:${fingerprint(value)}`)
        .sort()
        .join()}}`;
    case "tag":
      return `${item.tag}(${fingerprint(item.item)})`;
    case "float":
    case "simple":
    case "unassigned":
      return `${item.kind}${Object.is(item.value, -0) ? "-0" : item.value}`;
  }
}

/** Exactly one item. */
export function decodeItem(bytes: Uint8Array, policy: CborPolicy): CborItem {
  const reader = new CborReader(bytes, policy);
  const item = readItem(reader);
  reader.finish();
  return item;
}

/** A CBOR sequence (RFC 8742); zero bytes are the empty sequence. */
export function decodeItems(bytes: Uint8Array, policy: CborPolicy): readonly CborItem[] {
  const reader = new CborReader(bytes, policy);
  const items: CborItem[] = [];
  while (!reader.done) items.push(readItem(reader));
  return items;
}

/** CBOR diagnostic notation (RFC 8949 §8) on one line. */
export function formatItem(item: CborItem): string {
  switch (item.kind) {
    case "integer":
      return String(item.value);
    case "float":
      return Number.isInteger(item.value) ? item.value.toFixed(1) : String(item.value);
    case "bytes":
      return `h'${Buffer.from(item.value).toString("hex")}'`;
    case "text":
      return JSON.stringify(item.value);
    case "simple":
      return String(item.value);
    case "unassigned":
      return `simple(${item.value})`;
    case "tag":
      return `${item.tag}(${formatItem(item.item)})`;
    case "array":
      return `[${item.items.map(formatItem).join(", ")}]`;
    case "map":
      return `{${item.entries.map(([key, value]) => `${formatItem(key)}: ${formatItem(value)}`).join(", ")}}`;
  }
}

/** The item as RFC 8949 §4.2.1 wants it: definite lengths, shortest heads and floats, keys in the order of their bytes. */
export function writeItem(writer: CborWriter, item: CborItem): void {
  switch (item.kind) {
    case "integer":
      writer.integer(item.value);
      break;
    case "bytes":
      writer.byteString(item.value);
      break;
    case "text":
      writer.text(item.value);
      break;
    case "array":
      writer.array(item.items.length);
      for (const inner of item.items) writeItem(writer, inner);
      break;
    case "map":
      writer.map(item.entries.length);
      for (const [key, value] of inKeyOrder(item.entries)) {
        writer.raw(key);
        writeItem(writer, value);
      }
      break;
    case "tag":
      writer.tag(item.tag);
      writeItem(writer, item.item);
      break;
    case "float":
      writer.shortestFloat(item.value);
      break;
    case "unassigned":
      writer.simple(item.value);
      break;
    case "simple":
      writer.simple(SIMPLE_VALUES.indexOf(item.value) + FIRST_SIMPLE);
  }
}

const SIMPLE_VALUES: ReadonlyArray<boolean | null | undefined> = [false, true, null, undefined];
const FIRST_SIMPLE = 20;

function inKeyOrder(entries: ReadonlyArray<readonly [CborItem, CborItem]>): Array<readonly [Uint8Array, CborItem]> {
  const encoded = entries.map(([key, value]) => {
    const writer = new CborWriter();
    writeItem(writer, key);
    return [writer.finish(), value] as const;
  });
  return encoded.sort(([a], [b]) => Buffer.compare(a, b));
}
