/** CBOR sequences (RFC 8742) by their bytes: no schema is needed to tell where an item ends. */
import { readItem } from "./item.ts";
import { type CborPolicy, CORECONF } from "./policy.ts";
import { CborReader } from "./reader.ts";

/** Each item as it stands, in bytes of its own. Throws WireError `cbor.*`. */
export function sequenceItems(sequence: Uint8Array, policy: CborPolicy = CORECONF): readonly Uint8Array[] {
  const reader = new CborReader(sequence, policy);
  const items: Uint8Array[] = [];
  while (!reader.done) {
    const start = reader.offset;
    readItem(reader);
    items.push(reader.copy(start, reader.offset));
  }
  return items;
}
