/**
 * The quick form of block-lane.ts: reads the plain block request straight from the datagram and writes the answer into
 * the transport's frame, without a message object, an option list or a view in between. It knows the options Uri-Path,
 * ETag, Accept and Block2 in their shortest encoding and success; whatever else it meets, it leaves to the general form.
 */
import { CONTENT_FORMAT, MAX_SZX, OPTION } from "../../wire/coap/index.ts";
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
/** An option that is not there. */
const NONE = -1;

/** Recently asked ids as strings: making a string from bytes costs more than the rest of the lookup. */
interface KnownId {
  readonly bytes: Uint8Array;
  readonly text: string;
}

export class FastBlockLane {
  readonly #lane: BlockLane;
  readonly #prefix: Uint8Array;
  readonly #ids: Array<KnownId | undefined> = new Array<KnownId | undefined>(ID_SLOTS).fill(undefined);

  // Of the request read last, and of the answer to it; read by the engine right after `answer`.
  id = "";
  offset = 0;
  length = 0;
  #source: BlockSource | undefined;
  #accept = NONE;
  #num = 0;
  #szx: number = MAX_SZX;

  constructor(lane: BlockLane) {
    this.#lane = lane;
    this.#prefix = new TextEncoder().encode(lane.prefix);
  }

  /**
   * Writes the answer to `datagram` into `frame` and returns its length; 0 = not for the quick form. A message id of
   * our own is taken only for the answer to a NON request (RFC 7252 §5.2.3).
   */
  answer(datagram: Uint8Array, frame: Uint8Array, ids: MessageIds, remote: Remote): number {
    if (datagram.length < 7) return 0;
    const first = datagram[0]!;
    const tokenLength = first & 0x0f;
    const type = first & 0xf0;
    if ((type !== CON && type !== NON) || tokenLength > 8 || datagram[1] !== GET) return 0;
    if (!this.#read(datagram, 4 + tokenLength, datagram.length)) return 0;

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
    return this.#write(frame, 4 + tokenLength);
  }

  /**
   * The same for what stands inside of a protected message (RFC 8613 §5.3): Code and options from `start` to `end`.
   * Writes Code, options and block into `frame` from `at` and returns where they end.
   */
  answerInside(plaintext: Uint8Array, start: number, end: number, frame: Uint8Array, at: number): number {
    if (plaintext[start] !== GET || !this.#read(plaintext, start + 1, end)) return 0;
    frame[at] = CONTENT;
    return this.#write(frame, at + 1);
  }

  /** Options from `at` to `end`; true = a request for a block that there is, in the form that is read here. */
  #read(bytes: Uint8Array, start: number, end: number): boolean {
    let number = 0;
    let segments = 0;
    let idStart = 0;
    let idEnd = 0;
    let idHash = 0;
    let etagStart = 0;
    let etagLength = 0;
    let accept = NONE;
    let block = NONE;
    let at = start;
    while (at < end) {
      const head = bytes[at]!;
      const delta = head >> 4;
      const size = head & 0x0f;
      if (delta > 12 || size > 12) return false; // also the payload marker
      number += delta;
      const from = at + 1;
      at = from + size;
      if (at > end) return false;
      switch (number) {
        case OPTION.etag:
          if (etagLength !== 0 || size === 0 || size > 8) return false;
          etagStart = from;
          etagLength = size;
          break;
        case OPTION.uriPath:
          if (segments === 0) {
            if (!hasBytes(bytes, from, size, this.#prefix)) return false;
          } else if (segments === 1) {
            idStart = from;
            idEnd = at;
            for (let i = from; i < at; i++) {
              const byte = bytes[i]!;
              if (byte >= 0x80) return false;
              idHash = (Math.imul(idHash, 31) + byte) | 0;
            }
          } else return false;
          segments += 1;
          break;
        case OPTION.accept:
          if (accept !== NONE || size > 2) return false;
          accept = size === 0 ? 0 : size === 1 ? bytes[from]! : (bytes[from]! << 8) | bytes[from + 1]!;
          break;
        case OPTION.block2:
          if (block !== NONE || size > 3) return false;
          block = 0;
          for (let i = from; i < at; i++) block = (block << 8) | bytes[i]!;
          break;
        default:
          return false;
      }
    }
    if (segments !== 2 || (accept !== NONE && accept !== CONTENT_FORMAT.octetStream)) return false;
    const szx = block === NONE ? MAX_SZX : block & 7;
    if (szx === 7) return false;
    const num = block === NONE ? 0 : block >>> 4;

    const id = this.#idAt(bytes, idStart, idEnd, idHash);
    const source = this.#lane.find(id);
    if (source === undefined) return false;
    const offset = num * (16 << szx);
    if (num > 0 ? offset >= source.size : etagLength !== 0 && hasBytes(bytes, etagStart, etagLength, source.etag))
      return false;
    this.id = id;
    this.offset = offset;
    this.length = Math.min(source.size - offset, 16 << szx);
    this.#source = source;
    this.#accept = accept;
    this.#num = num;
    this.#szx = szx;
    return true;
  }

  #write(frame: Uint8Array, at: number): number {
    const source = this.#source!;
    const more = this.offset + this.length < source.size;
    const written = putOptions(frame, at, source, this.#accept, this.#num, more, this.#szx);
    if (this.length === 0) return written;
    frame[written] = 0xff;
    frame.set(source.slice(this.offset, this.length), written + 1);
    return written + 1 + this.length;
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
  if (accept === NONE) {
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
