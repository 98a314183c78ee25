/** RFC 7959 §2.4 from the node's side: blocks taken one by one, over any number of sleeps. */
import type { Offer } from "../speech/check-in.ts";

/** 7 is reserved over UDP (RFC 7959 §2.2). */
export const SZX = [0, 1, 2, 3, 4, 5, 6] as const;
export type Szx = (typeof SZX)[number];
export const blockSize = (szx: Szx): number => 1 << (szx + 4);

/** What survives a sleep. */
export interface Download {
  readonly offer: Offer;
  /** Hex; undefined until the first block. */
  readonly etag: string | undefined;
  readonly received: number;
  readonly szx: Szx;
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
  /** The image is longer or shorter than the offer said. */
  | { readonly kind: "wrong-size" }
  /** Not the block that was asked for: ask again. */
  | { readonly kind: "not-asked" };

export const beginDownload = (offer: Offer, szx: Szx): Download => ({ offer, etag: undefined, received: 0, szx });

/** The number of the next block. The size only ever shrinks, so what was received is a multiple of it. */
export const nextNum = (download: Download): number => download.received / blockSize(download.szx);

export function takeBlock(download: Download, block: Block): Taken {
  const size = blockSize(block.szx);
  const { offer, received } = download;
  if (block.szx > download.szx || block.num * size !== received) return { kind: "not-asked" };
  if (download.etag !== undefined && block.etag !== download.etag) {
    return { kind: "restart", download: beginDownload(offer, download.szx) };
  }
  const whole = block.more ? block.bytes.length === size : block.bytes.length > 0 && block.bytes.length <= size;
  if (!whole) return { kind: "not-asked" };
  const after = received + block.bytes.length;
  if (after > offer.size || block.more === (after === offer.size)) return { kind: "wrong-size" };
  return {
    kind: "stored",
    download: { ...download, etag: block.etag, received: after, szx: block.szx },
    offset: received,
    last: !block.more,
  };
}
