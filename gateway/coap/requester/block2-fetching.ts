/** RFC 7959 §2.4 — an answer that comes in blocks (Block2): each block checked against those before it. Pure. */
import { equalBytes } from "../../base/index.ts";
import { type BlockOption, blockOffset, blockSize, type Szx } from "../../wire/coap/index.ts";
import { isSuccess, type ReadAnswer } from "./answer.ts";

export interface Download {
  readonly received: number;
  /** Of the next block to ask for; the peer may make it smaller. */
  readonly szx: Szx;
  readonly code: string;
  readonly etag: Uint8Array | undefined;
}

export type DownloadStep =
  | { readonly kind: "more"; readonly download: Download }
  | { readonly kind: "whole" }
  /** The blocks are those of two states of the resource, or the peer has forgotten the transfer. */
  | { readonly kind: "changed" }
  | { readonly kind: "too-large"; readonly size: number }
  /** An answer of its own that ends the transfer: the resource is gone, say. */
  | { readonly kind: "refused" }
  | { readonly kind: "wrong"; readonly what: string };

type BlockAnswer = Pick<ReadAnswer, "code" | "block2" | "etag" | "size2"> & { readonly length: number };

export const nextBlock = ({ received, szx }: Download): BlockOption => ({
  num: received / blockSize(szx),
  more: false,
  szx,
});

/** The first answer to a request; `from` is the block that was asked for, if one was. */
export function beginDownload(answer: BlockAnswer, limit: number): DownloadStep {
  const { code, etag, block2 } = answer;
  if (block2 === undefined || !isSuccess(code)) {
    return answer.length > limit ? { kind: "too-large", size: answer.length } : { kind: "whole" };
  }
  return take({ received: 0, szx: block2.szx, code, etag }, answer, block2, limit);
}

export function afterBlock(download: Download, answer: BlockAnswer, limit: number): DownloadStep {
  const { code, etag, block2 } = answer;
  if (code === "4.08") return { kind: "changed" };
  if (!isSuccess(code)) return { kind: "refused" };
  if (block2 === undefined) return { kind: "changed" }; // the resource now fits one message
  if (code !== download.code) return { kind: "changed" };
  // §2.4: all blocks of a body carry the same ETag, or none does.
  if (!sameTag(download.etag, etag)) return { kind: "changed" };
  return take(download, answer, block2, limit);
}

function take(download: Download, { length, size2 }: BlockAnswer, block2: BlockOption, limit: number): DownloadStep {
  const { received, szx } = download;
  // A size larger than asked for, or another place: a stale or a strange block must not get into the body.
  if (block2.szx > szx || blockOffset(block2) !== received) {
    return { kind: "wrong", what: `Block2 ${block2.num} of ${blockSize(block2.szx)} bytes at byte ${received}` };
  }
  const size = blockSize(block2.szx);
  if (block2.more ? length !== size : length > size) {
    return { kind: "wrong", what: `a block of ${length} bytes where Block2 says ${size}` };
  }
  const whole = received + length;
  const announced = Math.max(whole, block2.more ? (size2 ?? whole) : whole);
  if (announced > limit) return { kind: "too-large", size: announced };
  if (!block2.more) return { kind: "whole" };
  return { kind: "more", download: { ...download, received: whole, szx: block2.szx } };
}

const sameTag = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : equalBytes(a, b);
