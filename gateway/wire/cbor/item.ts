/** CBOR items as a tree with offsets, for tools that read without a schema: anyxml, diagnostics, tests. */
import { WireError } from "../../base/index.ts";
import type { CborPolicy } from "./policy.ts";
import { CborReader, MAJOR } from "./reader.ts";

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
    | { readonly kind: "float"; readonly value: number }
  );

/** Tags may nest as deep as anything else; they open no map or array, so the reader does not count them. */
const MAX_TAGS = 4;

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
      if (tags >= MAX_TAGS) throw new WireError("cbor.too-deep", { limit: MAX_TAGS, offset: start });
      const item = readItem(reader, tags + 1);
      return { kind: "tag", tag, item, start, end: reader.offset };
    }
    default: {
      const initial = reader.peek();
      if (initial >= 0xf9 && initial <= 0xfb) {
        const value = reader.float();
        return { kind: "float", value, start, end: reader.offset };
      }
      const value = reader.simple();
      return { kind: "simple", value, start, end: reader.offset };
    }
  }
}

function readEntries(reader: CborReader): Array<readonly [CborItem, CborItem]> {
  const entries: Array<readonly [CborItem, CborItem]> = [];
  const seen = new Set<string>();
  for (let left = reader.next(reader.map()); left >= 0; left = reader.next(left)) {
    const key = readItem(reader);
    const print = fingerprint(key);
    if (seen.has(print)) throw new WireError("cbor.duplicate-key", { offset: key.start });
    seen.add(print);
    entries.push([key, readItem(reader)]);
  }
  return entries;
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
    case "tag":
      return `${item.tag}(${formatItem(item.item)})`;
    case "array":
      return `[${item.items.map(formatItem).join(", ")}]`;
    case "map":
      return `{${item.entries.map(([key, value]) => `${formatItem(key)}: ${formatItem(value)}`).join(", ")}}`;
  }
}
