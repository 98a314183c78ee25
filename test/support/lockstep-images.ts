/** Images and lanes for scripts: bytes that tell their place, so that a wrong slice is seen at once. */
import type { BlockLane, BlockSource } from "../../gateway/coap/index.ts";

export const ETAG = Uint8Array.of(0xd1, 0x6e, 0x57, 0x01);

/** Byte i mixes all bytes of its place. */
export const imageOf = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8) * 13 + (i >> 16) * 29) & 0xff);

export const sourceOf = (image: Uint8Array, etag: Uint8Array = ETAG): BlockSource => ({
  size: image.length,
  etag,
  slice: (offset, length) => image.subarray(offset, offset + length),
});

export const laneOf = (images: Readonly<Record<string, BlockSource>>): BlockLane => ({
  prefix: "f",
  find: (id) => (Object.hasOwn(images, id) ? images[id] : undefined),
});
