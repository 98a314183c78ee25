/** RFC 7959 §2.4 from the node's side: blocks taken one by one, over any number of sleeps. */
import type { Offer } from "../speech/check-in.ts";
import { beginChain, type Chain, takeChained } from "./chain.ts";

/** 7 is reserved over UDP (RFC 7959 §2.2). */
export const SZX = [0, 1, 2, 3, 4, 5, 6] as const;
export type Szx = (typeof SZX)[number];
export const blockSize = (szx: Szx): number => 1 << (szx + 4);

/** What is fetched, and from where. */
export interface Source {
  /** The image that was offered, the envelope about it, or something else that the manifest wants. */
  readonly what: "image" | "envelope" | "payload";
  /** What the manifest calls it; an envelope has no name. */
  readonly name: string;
  /** A path at the gateway, or with `proxied` somebody else's URI (RFC 7252 §5.7.2). */
  readonly uri: string;
  readonly proxied: boolean;
  /** In bytes, as they travel; `exact` = announced, and neither more nor less. */
  readonly size: number;
  readonly exact: boolean;
}

/** Bytes that the image has in the form in which it is offered. */
export const travelSize = ({ size, length }: Offer): number => length ?? size;

export const imageSource = (offer: Offer, name = offer.uri): Source => ({
  what: "image",
  name,
  uri: offer.uri,
  proxied: false,
  size: travelSize(offer),
  exact: true,
});

/** What survives a sleep. */
export interface Download {
  readonly offer: Offer;
  readonly source: Source;
  /** Hex; undefined until the first block. */
  readonly etag: string | undefined;
  readonly received: number;
  readonly szx: Szx;
  /** Bytes of the offered image that are there when something else is fetched. */
  readonly image: number;
  /** Where the blocks are chained. */
  readonly chain: Chain | undefined;
}

export interface Block {
  readonly num: number;
  readonly szx: Szx;
  readonly more: boolean;
  readonly etag: string;
  readonly bytes: Uint8Array;
}

export type Taken =
  | { readonly kind: "stored"; readonly download: Download; readonly offset: number; readonly last: boolean }
  /** The bytes behind the URI changed: everything fetched so far belongs to another image. */
  | { readonly kind: "restart"; readonly download: Download }
  /** There is more or less of it than was announced. */
  | { readonly kind: "wrong-size" }
  /** Not the block that was asked for: ask again. */
  | { readonly kind: "not-asked" };

export const beginDownload = (offer: Offer, szx: Szx, source = imageSource(offer), image = 0): Download => ({
  offer,
  source,
  etag: undefined,
  received: 0,
  szx,
  image,
  chain: chainOf(offer, source),
});

const chainOf = ({ chain }: Offer, { what }: Source): Chain | undefined =>
  what === "image" && chain !== undefined ? beginChain(chain) : undefined;

/** Of the image that was offered, in the form in which it travels. */
export const imageBytes = ({ source, received, image }: Download): number =>
  source.what === "image" ? received : image;

/** What a node says of it: all of it is there when it has become the image. */
export const toldBytes = (download: Download): number => {
  const bytes = imageBytes(download);
  return bytes === travelSize(download.offer) ? download.offer.size : Math.min(bytes, download.offer.size);
};

/** The number of the next block. The size only ever shrinks, so what was received is a multiple of it. */
export const nextNum = (download: Download): number => download.received / blockSize(download.szx);

export function takeBlock(download: Download, block: Block): Taken {
  const size = blockSize(block.szx);
  const { source, received } = download;
  if (block.szx > download.szx || block.num * size !== received) return { kind: "not-asked" };
  if (download.etag !== undefined && block.etag !== download.etag) {
    return { kind: "restart", download: beginDownload(download.offer, download.szx, source, download.image) };
  }
  const whole = block.more ? block.bytes.length === size : block.bytes.length > 0 && block.bytes.length <= size;
  if (!whole) return { kind: "not-asked" };
  const after = received + block.bytes.length;
  if (after > source.size || (source.exact && block.more === (after === source.size))) return { kind: "wrong-size" };
  return {
    kind: "stored",
    download: { ...download, etag: block.etag, received: after, szx: block.szx },
    offset: received,
    last: !block.more,
  };
}

/** What becomes of the bytes of a block that was taken. */
export type Kept =
  /** `bytes` belong at `offset` of what lies at the URI, digests not counted; perhaps none yet. */
  | { readonly kind: "kept"; readonly download: Download; readonly offset: number; readonly bytes: Uint8Array }
  /** A group is wrong: it is fetched once more. */
  | { readonly kind: "again"; readonly download: Download; readonly offset: number; readonly bytes: Uint8Array }
  /** And wrong again: nothing behind it is worth a block. */
  | { readonly kind: "spoilt" };

export function keep(download: Download, offset: number, bytes: Uint8Array): Kept {
  const { chain, source, szx } = download;
  if (chain === undefined) return { kind: "kept", download, offset, bytes };
  const taken = takeChained(chain, offset, bytes, source.size);
  const kept = { offset: chain.plain, bytes: taken.bytes };
  if (!taken.broken) return { kind: "kept", download: { ...download, chain: taken.chain }, ...kept };
  if (chain.retried && taken.bytes.length === 0) return { kind: "spoilt" };
  // Blocks and groups have no common borders: what is believed already comes with it once more.
  const received = taken.chain.believed - (taken.chain.believed % blockSize(szx));
  return { kind: "again", download: { ...download, received, chain: taken.chain }, ...kept };
}
