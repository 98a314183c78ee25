/**
 * Shorter forms of an image, and one that is checked on the way.
 *
 * `makePatch(from, to)` and `compressImage(to)` write what the decoder of detools applies; `new PatchReader({from, size, write})`
 * with `push(piece)` and `end()` applies it as it comes; `applyPatch(from, patch)` in memory. `chainBlocks(data)` and
 * `new ChainReader(chain, length)` are the two ends of chained block digests; what the reader gives out is fed to the patch.
 */
export { applyPatch, sizeIn } from "./apply-patch.ts";
export {
  CHAIN_GROUP,
  type ChainDigests,
  ChainReader,
  chainBlocks,
  chainDigests,
  chainedLength,
  chainedSlice,
} from "./chain.ts";
export type { HeatshrinkBits } from "./format.ts";
export { compressImage, DEFAULT_BITS, makePatch } from "./make-patch.ts";
export { type OldImage, PatchReader, type PatchTarget } from "./patch-reader.ts";
