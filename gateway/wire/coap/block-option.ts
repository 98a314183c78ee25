/** RFC 7959 §2.2 — Block1/Block2 option value: NUM (0-20 bits), M (1 bit), SZX (3 bits). */
import { WireError } from "../../base/index.ts";
import { encodeUint } from "./uint-option.ts";

/** Size exponent: a block has 2^(szx+4) bytes. 7 is reserved over UDP. */
export type Szx = 0 | 1 | 2 | 3 | 4 | 5 | 6;

export interface BlockOption {
  readonly num: number;
  readonly more: boolean;
  readonly szx: Szx;
}

export const MAX_SZX = 6;

export const blockSize = (szx: Szx): number => 16 << szx;
/** First byte of the block in the body. */
export const blockOffset = ({ num, szx }: Pick<BlockOption, "num" | "szx">): number => num * blockSize(szx);

/** An empty value means NUM 0, M 0, SZX 0. */
export function decodeBlockOption(bytes: Uint8Array): BlockOption {
  if (bytes.length > 3) throw new WireError("block-option.length", { length: bytes.length });
  let value = 0;
  for (const byte of bytes) value = (value << 8) | byte;
  const szx = value & 0x7;
  if (szx === 7) throw new WireError("block-option.szx");
  return { num: value >>> 4, more: (value & 0x8) !== 0, szx: szx as Szx };
}

export const encodeBlockOption = ({ num, more, szx }: BlockOption): Uint8Array =>
  encodeUint((num << 4) | (more ? 0x8 : 0) | szx);
