/**
 * RFC 7959 §2.4 — the block lane: a firmware block as a pure slice of an immutable image, answered without state about
 * the peer, for any SZX, any order, any token, after any pause. Here is the rule; block-lane-fast.ts is its quick form
 * for the plain request, and a test holds the two to identical bytes.
 */
import { EMPTY, equalBytes } from "../../base/index.ts";
import {
  type BlockOption,
  blockOffset,
  blockSize,
  CONTENT_FORMAT,
  codeOf,
  type DottedCode,
  encodeBlockOption,
  encodeUint,
  type Message,
  OPTION,
  type OptionValue,
} from "../../wire/coap/index.ts";
import type { BlockLane } from "../request-port.ts";
import type { ReadRequest } from "../requests/request-reader.ts";
import type { Reply } from "../requests/response-writer.ts";

/** A block that left: for the lane's own books. */
export interface BlockServed {
  readonly id: string;
  readonly offset: number;
  readonly length: number;
}

export interface BlockAnswer extends Reply {
  readonly served: BlockServed | undefined;
}

/** Without Block2 the request means block 0 in our largest size. */
const FIRST_BLOCK: BlockOption = { num: 0, more: false, szx: 6 };

/** What no pure slice can answer; a protected request says what it wants inside, one to the proxy in its own way. */
const CONDITIONS: ReadonlySet<number> = new Set([
  OPTION.uriQuery,
  OPTION.ifMatch,
  OPTION.ifNoneMatch,
  OPTION.block1,
  OPTION.oscore,
  OPTION.proxyUri,
  OPTION.proxyScheme,
]);
const GET = codeOf("GET");

/** Is this a GET of exactly /{prefix}/{id}? Everything else goes through dedup to the request port. */
export function isBlockRequest(message: Message, prefix: Uint8Array): boolean {
  if (message.code !== GET) return false;
  let segments = 0;
  for (const { number, value } of message.options) {
    if (CONDITIONS.has(number)) return false;
    if (number !== OPTION.uriPath) continue;
    segments += 1;
    if (segments === 1 && !equalBytes(value, prefix)) return false;
  }
  return segments === 2;
}

export function answerBlock(lane: BlockLane, { request, block2 }: ReadRequest): BlockAnswer {
  const id = request.path[1] ?? "";
  const source = lane.find(id);
  if (source === undefined) return refusal("4.04");
  const { accept } = request;
  if (accept !== undefined && accept !== CONTENT_FORMAT.octetStream) return refusal("4.06");
  const { num, szx } = block2 ?? FIRST_BLOCK;
  const etag: OptionValue = { number: OPTION.etag, value: source.etag };
  // A block after the first is never answered 2.03: the node asks for bytes (californium #527).
  if (num === 0 && request.etags.some((known) => equalBytes(known, source.etag))) {
    return { code: "2.03", options: [etag], payload: EMPTY, served: undefined };
  }
  const offset = blockOffset({ num, szx });
  // RFC 7959 names no code for a block past the end; the option is what cannot be understood (RFC 7252 §5.9.2.3).
  if (num > 0 && offset >= source.size) return refusal("4.02");
  const length = Math.min(blockSize(szx), source.size - offset);
  const more = offset + length < source.size;
  const options: OptionValue[] = [etag];
  // Our own nodes know what an image is; RFC 7252 §5.5.2 wants the format for whoever asks.
  if (accept !== undefined) options.push({ number: OPTION.contentFormat, value: encodeUint(accept) });
  options.push({ number: OPTION.block2, value: encodeBlockOption({ num, more, szx }) });
  if (num === 0) options.push({ number: OPTION.size2, value: encodeUint(source.size) });
  return { code: "2.05", options, payload: source.slice(offset, length), served: { id, offset, length } };
}

const refusal = (code: DottedCode): BlockAnswer => ({ code, options: [], payload: EMPTY, served: undefined });
