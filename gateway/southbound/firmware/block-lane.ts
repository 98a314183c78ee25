/**
 * Firmware to nodes: `GET /f/{id}` is a pure slice of an accepted image, of another form of it, or of the envelope that goes with
 * it.
 */
import { type Clock, fromHex, type NodeId, RecentMap } from "../../base/index.ts";
import type { BlockLane, BlockSource } from "../../coap/index.ts";
import type { ImageInfo, Images } from "../../service/images/index.ts";
import type { Registry } from "../../service/registry/index.ts";
import type { EnvelopeOffer, EnvelopeSource } from "../../service/trust/index.ts";

/** First path segment of an offer's URI. */
export const IMAGE_PREFIX = "f";
const ETAG_BYTES = 4;

/** Of an image, of another form of one, or of an envelope. */
export const imageUri = (id: string): string => `${IMAGE_PREFIX}/${id}`;

const etagOf = (digest: string): Uint8Array => (fromHex(digest) ?? new Uint8Array(ETAG_BYTES)).subarray(0, ETAG_BYTES);

/** What else is served beside images. */
export interface BesideImages {
  readonly envelopes?: Pick<EnvelopeSource, "find"> | undefined;
  readonly forms?: { find(id: string): BlockSource | undefined } | undefined;
  /** Told of each block that left for a node. */
  readonly books?: BlockBooks;
}

export interface BlockBooks {
  served(node: NodeId, offset: number, length: number): void;
}

export function imageLane(
  images: Images,
  registry: Registry,
  clock: Clock,
  { envelopes, forms, books }: BesideImages = {},
): BlockLane {
  const ofImages = imageSources(images);
  const ofEnvelopes = envelopes && envelopeSources(envelopes);
  return {
    prefix: IMAGE_PREFIX,
    served: (peer, _id, offset, length) => {
      const node = registry.heard(peer, clock.now());
      if (node !== undefined) books?.served(node, offset, length);
    },
    find: (id) => ofImages(id) ?? ofEnvelopes?.(id) ?? forms?.find(id),
  };
}

type Sources = (id: string) => BlockSource | undefined;

/** Sources are kept, as a download asks for the same image thousands of times. */
function imageSources(images: Images): Sources {
  const sources = new Map<string, { readonly info: ImageInfo; readonly source: BlockSource }>();
  return (id) => {
    const info = images.byId(id);
    const known = sources.get(id);
    if (known !== undefined && known.info === info) return known.source;
    sources.delete(id); // it was removed
    if (info === undefined) return undefined;
    const source: BlockSource = {
      size: info.size,
      etag: etagOf(info.digest),
      slice: (offset, length) => images.open(info).slice(offset, length),
    };
    sources.set(id, { info, source });
    return source;
  };
}

/** Envelopes fetched at a time; making a source anew costs less than a datagram. */
const ENVELOPES = 256;

function envelopeSources(envelopes: Pick<EnvelopeSource, "find">): Sources {
  const sources = new RecentMap<string, { readonly offer: EnvelopeOffer; readonly source: BlockSource }>(ENVELOPES);
  return (id) => {
    const offer = envelopes.find(id);
    if (offer === undefined) return undefined;
    const known = sources.get(id);
    if (known?.offer === offer) return known.source;
    const { bytes, digest } = offer;
    const source: BlockSource = {
      size: bytes.length,
      etag: etagOf(digest),
      slice: (offset, length) => bytes.subarray(offset, offset + length),
    };
    sources.set(id, { offer, source });
    return source;
  };
}
