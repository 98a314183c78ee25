/** A patch and the old image give the new one, in memory. */
import { EMPTY, WireError } from "../../base/index.ts";
import { LARGEST_SIZE, SizeReader } from "./format.ts";
import { PatchReader } from "./patch-reader.ts";

/** `size`: of the image that must result; without it what the patch says. Throws WireError `delta.*`. */
export function applyPatch(from: Uint8Array, patch: Uint8Array, size = sizeIn(patch)): Uint8Array {
  const to = new Uint8Array(size);
  let written = 0;
  const reader = new PatchReader({
    from: { size: from.length, read: (offset, length) => from.subarray(offset, offset + length) },
    size,
    write: (bytes) => {
      to.set(bytes, written);
      written += bytes.length;
    },
  });
  reader.push(patch);
  reader.end();
  return written === 0 ? EMPTY : to;
}

/** What the patch says of the image that results. Throws WireError `delta.*`. */
export function sizeIn(patch: Uint8Array): number {
  const sizes = new SizeReader();
  for (const byte of patch.subarray(1)) {
    const size = sizes.take(byte, 0);
    if (size === undefined) continue;
    if (size < 0) throw new WireError("delta.size", { size, expected: `0 to ${LARGEST_SIZE}` });
    return size;
  }
  throw new WireError("delta.truncated", { written: 0, size: "an unknown number" });
}
