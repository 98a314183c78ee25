/** RFC 8949 §4.2.1, §5.6 — the keys of a map one by one, each once and, where the policy says so, in their order. */
import { WireError } from "../../base/index.ts";
import { checkKeyOrder } from "./item.ts";
import type { CborReader } from "./reader.ts";

/** `for (const key of keysOf(reader, readKey)) …` reads the map that comes next; the body must read exactly the value. */
export function* keysOf<K>(reader: CborReader, readKey: (reader: CborReader) => K): Generator<K, void> {
  const { bytes, policy } = reader;
  const seen = new Set<string>();
  let before = { start: 0, end: 0 };
  for (let left = reader.next(reader.map()); left >= 0; left = reader.next(left)) {
    const start = reader.offset;
    const key = readKey(reader);
    const extent = { start, end: reader.offset };
    if (policy.sorted) checkKeyOrder(bytes, before, extent);
    else {
      const print = Buffer.from(bytes.subarray(start, reader.offset)).toString("hex");
      if (seen.has(print)) throw new WireError("cbor.duplicate-key", { offset: start });
      seen.add(print);
    }
    before = extent;
    yield key;
  }
}
