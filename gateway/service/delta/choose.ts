/** In which form an image travels: pure, by what was measured of the pair. */

/**
 * A patch costs a node more work than a compressed image does, and needs its running image to be whole: it must be shorter than
 * this share of the compressed one.
 */
export const PATCH_SHARE = 0.8;
/** Unpacking costs a node memory and time: below this share of the image that pays. */
export const COMPRESSED_SHARE = 0.95;

export interface Lengths {
  readonly plain: number;
  /** undefined = the node does not take it, or it could not be made. */
  readonly compressed?: number | undefined;
  readonly patch?: number | undefined;
}

export function chooseForm({
  plain,
  compressed = Infinity,
  patch = Infinity,
}: Lengths): "plain" | "patch" | "compressed" {
  const unpatched = compressed <= plain * COMPRESSED_SHARE ? compressed : plain;
  // The compressed image is known only where the node takes it; else the patch is held against the image.
  if (patch <= unpatched * PATCH_SHARE) return "patch";
  return unpatched === plain ? "plain" : "compressed";
}
