/** RFC 7252 §3 — the message format, read strictly and written in its shortest form. */
import { EMPTY, WireError } from "../../base/index.ts";

/** RFC 7252 §3, the T field; the index is the value on the wire. */
export const MESSAGE_TYPES = ["CON", "NON", "ACK", "RST"] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

export interface OptionValue {
  readonly number: number;
  readonly value: Uint8Array;
}

export interface Message {
  readonly type: MessageType;
  /** The Code byte, e.g. 0x45 for 2.05. */
  readonly code: number;
  readonly messageId: number;
  readonly token: Uint8Array;
  /** Ascending by number; equal numbers in the order of the message. */
  readonly options: readonly OptionValue[];
  readonly payload: Uint8Array;
}

const PAYLOAD_MARKER = 0xff;
const MAX_OPTION_NUMBER = 65535;

/**
 * Reads one datagram. The values are views into `bytes`. Throws a WireError for what RFC 7252 §3 calls a message format
 * error, and `coap.version` for what §3 wants ignored in silence.
 */
export function decodeMessage(bytes: Uint8Array): Message {
  const length = bytes.length;
  if (length < 4) throw new WireError("coap.truncated", { offset: length });
  const first = bytes[0]!;
  if (first >> 6 !== 1) throw new WireError("coap.version", { version: first >> 6 });
  const tokenLength = first & 0x0f;
  if (tokenLength > 8) throw new WireError("coap.token-length", { length: tokenLength }); // 9-15 reserved
  const code = bytes[1]!;
  // §4.1: an empty message has its 4 bytes and nothing else
  if (code === 0 && length !== 4) throw new WireError("coap.empty-message", { length });
  const optionsAt = 4 + tokenLength;
  if (optionsAt > length) throw new WireError("coap.truncated", { offset: length });

  const options: OptionValue[] = [];
  let payload: Uint8Array = EMPTY;
  let number = 0;
  let at = optionsAt;
  while (at < length) {
    const head = bytes[at]!;
    at += 1;
    if (head === PAYLOAD_MARKER) {
      if (at === length) throw new WireError("coap.empty-payload", { offset: at });
      payload = bytes.subarray(at);
      break;
    }
    let delta = head >> 4;
    let size = head & 0x0f;
    if (delta === 15 || size === 15) throw new WireError("coap.option-header", { offset: at - 1 }); // §3.1: reserved
    if (delta >= 13) {
      delta = extended(bytes, at, delta);
      at += delta < 269 ? 1 : 2;
    }
    if (size >= 13) {
      size = extended(bytes, at, size);
      at += size < 269 ? 1 : 2;
    }
    number += delta;
    if (number > MAX_OPTION_NUMBER) throw new WireError("coap.option-number", { number });
    if (at + size > length) throw new WireError("coap.truncated", { offset: length });
    options.push({ number, value: bytes.subarray(at, at + size) });
    at += size;
  }
  return {
    type: MESSAGE_TYPES[(first >> 4) & 3]!,
    code,
    messageId: (bytes[2]! << 8) | bytes[3]!,
    token: tokenLength === 0 ? EMPTY : bytes.subarray(4, optionsAt),
    options,
    payload,
  };
}

/** §3.1: nibble 13 = one byte plus 13, nibble 14 = two bytes plus 269. */
function extended(bytes: Uint8Array, at: number, nibble: number): number {
  const width = nibble === 13 ? 1 : 2;
  if (at + width > bytes.length) throw new WireError("coap.truncated", { offset: bytes.length });
  return nibble === 13 ? bytes[at]! + 13 : ((bytes[at]! << 8) | bytes[at + 1]!) + 269;
}

const nibble = (value: number): number => (value < 13 ? value : value < 269 ? 13 : 14);
const extraBytes = (value: number): number => (value < 13 ? 0 : value < 269 ? 1 : 2);

/** The bytes of a message, in a buffer of their own; options must be ascending (`sortOptions`). */
export function encodeMessage(message: Message): Uint8Array {
  const bytes = new Uint8Array(messageLength(message));
  writeMessage(message, bytes);
  return bytes;
}

/** How many bytes the message takes. */
export function messageLength({ token, options, payload }: Message): number {
  let length = 4 + token.length + (payload.length > 0 ? 1 + payload.length : 0);
  let last = 0;
  for (const { number, value } of options) {
    length += 1 + extraBytes(number - last) + extraBytes(value.length) + value.length;
    last = number;
  }
  return length;
}

/** Writes the message to the start of `bytes`, where it must fit. */
export function writeMessage(message: Message, bytes: Uint8Array): void {
  const { token, options, payload } = message;
  bytes[0] = 0x40 | (MESSAGE_TYPES.indexOf(message.type) << 4) | token.length;
  bytes[1] = message.code;
  bytes[2] = message.messageId >> 8;
  bytes[3] = message.messageId;
  bytes.set(token, 4);
  let at = 4 + token.length;
  let last = 0;
  for (const { number, value } of options) {
    const delta = number - last;
    bytes[at] = (nibble(delta) << 4) | nibble(value.length);
    at = putExtended(bytes, at + 1, delta);
    at = putExtended(bytes, at, value.length);
    bytes.set(value, at);
    at += value.length;
    last = number;
  }
  if (payload.length > 0) {
    bytes[at] = PAYLOAD_MARKER;
    bytes.set(payload, at + 1);
  }
}

function putExtended(bytes: Uint8Array, at: number, value: number): number {
  if (value < 13) return at;
  if (value < 269) {
    bytes[at] = value - 13;
    return at + 1;
  }
  bytes[at] = (value - 269) >> 8;
  bytes[at + 1] = value - 269;
  return at + 2;
}

/** Ascending by number; the order of equal numbers stays. */
export const sortOptions = (options: readonly OptionValue[]): OptionValue[] =>
  [...options].sort((a, b) => a.number - b.number);

/** An empty message: ACK, RST, or a CON ping (§4.1, §4.2, §4.3). */
export function encodeEmpty(type: MessageType, messageId: number): Uint8Array {
  return Uint8Array.of(0x40 | (MESSAGE_TYPES.indexOf(type) << 4), 0, messageId >> 8, messageId);
}
