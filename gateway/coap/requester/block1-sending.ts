/** RFC 7959 §2.3, §2.9 — a request body sent in blocks (Block1): what goes next after each answer. Pure. */
import { type BlockOption, blockOffset, blockSize, type Szx } from "../../wire/coap/index.ts";
import { isSuccess, type ReadAnswer } from "./answer.ts";

export interface Upload {
  readonly total: number;
  readonly szx: Szx;
  /** First byte of the block under way. */
  readonly offset: number;
}

export interface UploadBlock {
  readonly block: BlockOption;
  readonly end: number;
}

/** undefined: the body fits one message. */
export const newUpload = (total: number, szx: Szx): Upload | undefined =>
  total <= blockSize(szx) ? undefined : { total, szx, offset: 0 };

export function uploadBlock({ total, szx, offset }: Upload): UploadBlock {
  const end = Math.min(offset + blockSize(szx), total);
  return { block: { num: offset / blockSize(szx), more: end < total, szx }, end };
}

export type UploadStep =
  | { readonly kind: "next"; readonly upload: Upload }
  /** From the start, under a new Request-Tag. */
  | { readonly kind: "anew"; readonly upload: Upload }
  /** The answer to the request as a whole. */
  | { readonly kind: "final" }
  | { readonly kind: "wrong"; readonly what: string };

type AnswerToBlock = Pick<ReadAnswer, "code" | "block1">;

export function afterBlock(upload: Upload, { code, block1 }: AnswerToBlock): UploadStep {
  const { block, end } = uploadBlock(upload);
  // §2.9.2: the server has lost, or never had, what came before.
  if (code === "4.08") return { kind: "anew", upload: { ...upload, offset: 0 } };
  // §2.9.3: the Block1 of a 4.13 names the size that would do.
  if (code === "4.13") return smallerOf(upload.total, upload.szx, block1) ?? { kind: "final" };
  if (!isSuccess(code) || !block.more) {
    return code === "2.31" ? { kind: "wrong", what: "2.31 to the last block" } : { kind: "final" };
  }
  // §2.3: a server that acts on each block names the block in a final code; without it the answer is to the whole.
  if (block1 === undefined) return code === "2.31" ? { kind: "wrong", what: "2.31 without Block1" } : { kind: "final" };
  if (blockOffset(block1) !== upload.offset && block1.num !== block.num) {
    return { kind: "wrong", what: `Block1 ${block1.num} where ${block.num} was sent` };
  }
  // §2.3: a smaller size asked for holds from the next block on; a larger one is not followed.
  const szx = Math.min(block1.szx, upload.szx) as Szx;
  return { kind: "next", upload: { ...upload, szx, offset: end } };
}

/** A body that was sent in one message, or in blocks of `szx`, and refused with 4.13: once more in smaller blocks. */
export function smallerOf(
  total: number,
  szx: Szx | undefined,
  block1: BlockOption | undefined,
): UploadStep | undefined {
  if (block1 === undefined || (szx !== undefined && block1.szx >= szx)) return undefined;
  const upload = newUpload(total, block1.szx);
  return upload && { kind: "anew", upload };
}
