/** Firmware to nodes: `GET /f/{id}` is a pure slice of an accepted image. */
import { type Clock, fromHex } from "../../base/index.ts";
import type { BlockLane, BlockSource } from "../../coap/index.ts";
import type { ImageInfo, Images } from "../../service/images/index.ts";
import type { Registry } from "../../service/registry/index.ts";

/** First path segment of an offer's URI. */
export const IMAGE_PREFIX = "f";
const ETAG_BYTES = 4;

export const imageUri = (id: string): string => `${IMAGE_PREFIX}/${id}`;

/** The lane over the image library; sources are kept, as a download asks for the same image thousands of times. */
export function imageLane(images: Images, registry: Registry, clock: Clock): BlockLane {
  const sources = new Map<string, { readonly info: ImageInfo; readonly source: BlockSource }>();
  return {
    prefix: IMAGE_PREFIX,
    served: (peer) => registry.heard(peer, clock.now()),
    find: (id) => {
      const info = images.byId(id);
      const known = sources.get(id);
      if (known !== undefined && known.info === info) return known.source;
      sources.delete(id); // it was removed
      if (info === undefined) return undefined;
      const etag = (fromHex(info.digest) ?? new Uint8Array(ETAG_BYTES)).subarray(0, ETAG_BYTES);
      const source: BlockSource = {
        size: info.size,
        etag,
        slice: (offset, length) => images.open(info).slice(offset, length),
      };
      sources.set(id, { info, source });
      return source;
    },
  };
}
