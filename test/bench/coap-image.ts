/** The image that every server of the coap bench holds: 256 KiB, the same bytes each time. */
import { seededRandom } from "../../gateway/base/index.ts";

export const IMAGE_BYTES = 262_144;

export function benchImage(): Uint8Array {
  const random = seededRandom(7);
  return Uint8Array.from({ length: IMAGE_BYTES }, () => Math.floor(random.next() * 256));
}

/** What a plain GET asks for. */
export const SMALL_RESOURCE = new TextEncoder().encode("22.5 degrees");
