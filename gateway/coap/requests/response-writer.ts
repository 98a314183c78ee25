/** From a handler's response to code, options and payload: validation by ETag (RFC 7252 §5.10.6.2) and the slice (Block2). */
import { EMPTY, equalBytes, type Millis } from "../../base/index.ts";
import {
  type BlockOption,
  blockSize,
  CONTENT_FORMATS,
  type DottedCode,
  decodeBlockOption,
  encodeBlockOption,
  encodeUint,
  MAX_SZX,
  OPTION,
  type OptionValue,
  sortOptions,
} from "../../wire/coap/index.ts";
import { bodyEtag, type SnapshotTable, sliceBody } from "../blockwise/block2.ts";
import type { Response } from "../request-port.ts";
import { type ReadRequest, transferKey } from "./request-reader.ts";

export interface Reply {
  readonly code: DottedCode;
  /** Ascending. */
  readonly options: readonly OptionValue[];
  readonly payload: Uint8Array;
}

export interface Asked {
  readonly block2: BlockOption | undefined;
  readonly etags: readonly Uint8Array[];
  /** Of the final block of a Block1 body, to be named in the response (RFC 7959 §2.3). */
  readonly block1: BlockOption | undefined;
  /** Sequence number of an observation (RFC 7641 §3.4). */
  readonly observe: number | undefined;
}

export const ASKED_NOTHING: Asked = { block2: undefined, etags: [], block1: undefined, observe: undefined };

export const bareReply = (code: DottedCode, ...options: OptionValue[]): Reply => ({
  code,
  options: sortOptions(options),
  payload: EMPTY,
});

/** A response that does not fit one block gets an ETag, so that the blocks of two states cannot be mixed up. */
export function withBlockEtag(response: Response, block2: BlockOption | undefined): Response {
  const { payload, etag } = response;
  if (payload === undefined || etag !== undefined || !isSuccess(response)) return response;
  if (block2 === undefined && fitsOneBlock(payload)) return response;
  return sliceBody(payload, block2 && { ...block2, num: 0 })?.block2?.more
    ? { ...response, etag: bodyEtag(payload) }
    : response;
}

/** Without Block2 in the request it goes whole. */
const fitsOneBlock = (body: Uint8Array): boolean => body.length <= blockSize(MAX_SZX);

const NO_BLOCKS: readonly OptionValue[] = [];

export const isSuccess = ({ code }: Response): boolean => code.startsWith("2.");

/** One block of several. */
export function isPartOfMore({ options }: Reply): boolean {
  const block2 = options.find(({ number }) => number === OPTION.block2);
  if (block2 === undefined) return false;
  const { num, more } = decodeBlockOption(block2.value);
  return more || num > 0;
}

/** The reply is a part of the response: its other blocks will come from this very state. */
export function keepIfSliced(
  snapshots: SnapshotTable,
  path: string,
  read: ReadRequest,
  response: Response,
  reply: Reply,
  now: Millis,
): void {
  const whole = response.payload?.length ?? 0;
  if (reply.payload.length === 0 || reply.payload.length === whole) return;
  snapshots.keep(path, transferKey(read), read.request.payload, response, now);
}

/** One datagram's worth of the response. */
export function writeReply(response: Response, asked: Asked): Reply {
  const { etag } = response;
  const firstBlock = (asked.block2?.num ?? 0) === 0;
  const known = etag !== undefined && asked.etags.some((candidate) => equalBytes(candidate, etag));
  if (response.code === "2.05" && firstBlock && known) return reply({ ...response, code: "2.03" }, EMPTY, asked, []);
  const body = response.payload ?? EMPTY;
  if (asked.block2 === undefined && fitsOneBlock(body)) return reply(response, body, asked, NO_BLOCKS);
  const slice = sliceBody(body, asked.block2);
  if (slice === undefined) {
    // A block past the end; an error has no blocks and goes whole.
    if (isSuccess(response)) return bareReply("4.02");
    return reply(response, body, asked, []);
  }
  const blocks: OptionValue[] = [];
  if (slice.block2 !== undefined && body.length > 0) {
    blocks.push({ number: OPTION.block2, value: encodeBlockOption(slice.block2) });
  }
  if (slice.size2 !== undefined) blocks.push({ number: OPTION.size2, value: encodeUint(slice.size2) });
  return reply(response, slice.payload, asked, blocks);
}

function reply(response: Response, payload: Uint8Array, asked: Asked, blocks: readonly OptionValue[]): Reply {
  const options: OptionValue[] = blocks.length === 0 ? [] : [...blocks];
  const put = (number: number, value: Uint8Array): void => {
    options.push({ number, value });
  };
  const { code, etag, contentFormat, maxAge, locationPath, hint } = response;
  if (etag !== undefined) put(OPTION.etag, etag);
  if (asked.observe !== undefined) put(OPTION.observe, encodeUint(asked.observe));
  for (const segment of locationPath ?? []) put(OPTION.locationPath, new TextEncoder().encode(segment));
  // A representation of no bytes has its format too: that of all notifications (RFC 7641 §4.2).
  if (contentFormat !== undefined && (payload.length > 0 || code === "2.05")) {
    put(OPTION.contentFormat, formatValue(contentFormat));
  }
  if (maxAge !== undefined) put(OPTION.maxAge, encodeUint(maxAge));
  if (asked.block1 !== undefined) put(OPTION.block1, encodeBlockOption(asked.block1));
  // Said once: in a later block of the same body its bytes could cost the node another frame.
  if (hint !== undefined && (asked.block2?.num ?? 0) === 0) put(OPTION.pending, encodeUint(hint));
  return { code, options: options.length > 1 ? sortOptions(options) : options, payload };
}

/** Nearly every answer names one of these. */
const FORMAT_VALUES: ReadonlyMap<number, Uint8Array> = new Map(
  CONTENT_FORMATS.map(({ number }) => [number, encodeUint(number)]),
);
const formatValue = (format: number): Uint8Array => FORMAT_VALUES.get(format) ?? encodeUint(format);
