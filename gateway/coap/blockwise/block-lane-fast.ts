/**
 * The quick form of block-lane.ts: reads the plain block request straight from the datagram and writes the answer into
 * the transport's frame, without a message object, an option list or a view in between. It knows the options Uri-Path,
 * ETag, Accept and Block2 in their shortest encoding and success; whatever else it meets, it leaves to the general form.
 */
import { CONTENT_FORMAT, OPTION } from "../../wire/coap/index.ts";
import type { MessageIds } from "../messages/message-ids.ts";
import type { BlockLane, BlockSource } from "../request-port.ts";
import type { Remote } from "../transport/transport.ts";

/** RFC 7252 §3: version 1 with the types, shifted as in the first byte. */
const CON = 0x40;
const NON = 0x50;
const ACK = 0x60;
const GET = 0x01;
const CONTENT = 0x45;
const ID_SLOTS = 256;

/** Recently asked ids as strings: making a string from bytes costs more than the rest of the lookup. */
interface KnownId {
  readonly bytes: Uint8Array;
  readonly text: string;
}

export class FastBlockLane {
  readonly #lane: BlockLane;
  readonly #prefix: Uint8Array;
  readonly #ids: Array<KnownId | undefined> = new Array<KnownId | undefined>(ID_SLOTS).fill(undefined);

  // Of the answer written last; read by the engine right after `answer`.
  id = "";
  offset = 0;
  length = 0;

  constructor(lane: BlockLane) {
    this.#lane = lane;
    this.#prefix = new TextEncoder().encode(lane.prefix);
  }

  /**
   * Writes the answer to `datagram` into `frame` and returns its length; 0 = not for the quick form. A message id of
   * our own is taken only for the answer to a NON request (RFC 7252 §5.2.3).
   */
  answer(datagram: Uint8Array, frame: Uint8Array, ids: MessageIds, remote: Remote): number {
    const end = datagram.length;
    if (end < 7) return 0;
    const first = datagram[0]!;
    const tokenLength = first & 0x0f;
    const type = first & 0xf0;
    if ((type !== CON && type !== NON) || tokenLength > 8 || datagram[1] !== GET) return 0;

    let number = 0;
    let segments = 0;
    let idStart = 0;
    let idEnd = 0;
    let idHash = 0;
    let etagStart = 0;
    let etagLength = 0;
    let accept = -1;
    let block = -1;
    let at = 4 + tokenLength;
    while (at < end) {
      const head = datagram[at]!;
      const delta = head >> 4;
      const size = head & 0x0f;
      if (delta > 12 || size > 12) return 0; // also the payload marker
      number += delta;
      const start = at + 1;
      at = start + size;
      if (at > end) return 0;
      switch (number) {
        case OPTION.etag:
          if (etagLength !== 0 || size === 0 || size > 8) return 0;
          etagStart = start;
          etagLength = size;
          break;
        case OPTION.uriPath:
          if (segments === 0) {
            const prefix = this.#prefix;
            if (size !== prefix.length) return 0;
            for (let i = 0; i < size; i++) if (datagram[start + i] !== prefix[i]) return 0;
          } else if (segments === 1) {
            idStart = start;
            idEnd = at;
            for (let i = start; i < at; i++) {
              const byte = datagram[i]!;
              if (byte >= 0x80) return 0;
              idHash = (Math.imul(idHash, 31) + byte) | 0;
            }
          } else return 0;
          segments += 1;
          break;
        case OPTION.accept:
          if (accept !== -1 || size > 2) return 0;
          accept = size === 0 ? 0 : size === 1 ? datagram[start]! : (datagram[start]! << 8) | datagram[start + 1]!;
          break;
        case OPTION.block2:
          if (block !== -1 || size > 3) return 0;
          block = 0;
          for (let i = start; i < at; i++) block = (block << 8) | datagram[i]!;
          break;
        default:
          return 0;
      }
    }
    if (segments !== 2 || (accept !== -1 && accept !== CONTENT_FORMAT.octetStream)) return 0;
    const szx = block === -1 ? 6 : block & 7;
    if (szx === 7) return 0;
    const num = block === -1 ? 0 : block >>> 4;

    const id = this.#idAt(datagram, idStart, idEnd, idHash);
    const source = this.#lane.find(id);
    if (source === undefined) return 0;
    const blockBytes = 16 << szx;
    const offset = num * blockBytes;
    if (num > 0 ? offset >= source.size : etagLength !== 0 && hasBytes(datagram, etagStart, etagLength, source.etag))
      return 0;
    const rest = source.size - offset;
    const length = Math.min(rest, blockBytes);
    this.id = id;
    this.offset = offset;
    this.length = length;

    frame[0] = (type === CON ? ACK : NON) | tokenLength;
    frame[1] = CONTENT;
    if (type === CON) {
      frame[2] = datagram[2]!;
      frame[3] = datagram[3]!;
    } else {
      const messageId = ids.next(remote);
      frame[2] = messageId >> 8;
      frame[3] = messageId;
    }
    for (let i = 4; i < 4 + tokenLength; i++) frame[i] = datagram[i]!;
    const written = putOptions(frame, 4 + tokenLength, source, accept, num, rest > blockBytes, szx);
    if (length === 0) return written;
    frame[written] = 0xff;
    frame.set(source.slice(offset, length), written + 1);
    return written + 1 + length;
  }

  #idAt(datagram: Uint8Array, start: number, end: number, hash: number): string {
    const slot = hash & (ID_SLOTS - 1);
    const known = this.#ids[slot];
    if (known !== undefined && hasBytes(datagram, start, end - start, known.bytes)) return known.text;
    const bytes = datagram.slice(start, end);
    // checked above to be ASCII
    const text = String.fromCharCode(...bytes);
    this.#ids[slot] = { bytes: Uint8Array.from(bytes), text };
    return text;
  }
}

/** ETag 4, Content-Format 12 when asked for, Block2 23, Size2 28 in block 0; returns where the options end. */
function putOptions(
  frame: Uint8Array,
  start: number,
  source: BlockSource,
  accept: number,
  num: number,
  more: boolean,
  szx: number,
): number {
  let at = start;
  const { etag } = source;
  frame[at++] = (OPTION.etag << 4) | etag.length;
  for (let i = 0; i < etag.length; i++) frame[at++] = etag[i]!;
  const value = (num << 4) | (more ? 8 : 0) | szx;
  if (accept === -1) {
    frame[at++] = 0xd0 | widthOf(value); // delta 19 is written as 13 + 6
    frame[at++] = OPTION.block2 - OPTION.etag - 13;
  } else {
    frame[at++] = ((OPTION.contentFormat - OPTION.etag) << 4) | 1;
    frame[at++] = accept;
    frame[at++] = ((OPTION.block2 - OPTION.contentFormat) << 4) | widthOf(value);
  }
  at = putUint(frame, at, value);
  if (num !== 0) return at;
  frame[at++] = ((OPTION.size2 - OPTION.block2) << 4) | widthOf(source.size);
  return putUint(frame, at, source.size);
}

const widthOf = (value: number): number =>
  value === 0 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x1000000 ? 3 : 4;

function putUint(frame: Uint8Array, start: number, value: number): number {
  const end = start + widthOf(value);
  for (let at = end - 1, rest = value; at >= start; at--, rest >>>= 8) frame[at] = rest;
  return end;
}

function hasBytes(datagram: Uint8Array, start: number, length: number, wanted: Uint8Array): boolean {
  if (wanted.length !== length) return false;
  for (let i = 0; i < length; i++) if (datagram[start + i] !== wanted[i]) return false;
  return true;
}
