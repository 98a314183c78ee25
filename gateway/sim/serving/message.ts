/** RFC 7252 §3 — one CoAP message as a node that serves needs it: head, token, and options and payload as inside OSCORE. */
import { concatBytes } from "../../base/index.ts";
import { decodeInner, encodeInner, type InnerMessage } from "../speech/inner-message.ts";

export const TYPES = ["CON", "NON", "ACK", "RST"] as const;

export interface CoapMessage extends InnerMessage {
  readonly type: (typeof TYPES)[number];
  readonly id: number;
  readonly token: Uint8Array;
}

const VERSION = 1;
const HEAD = 4;
const LONGEST_TOKEN = 8;

export function encodeCoap(message: CoapMessage): Buffer {
  const { type, id, token } = message;
  const inner = encodeInner(message);
  const head = Uint8Array.of(
    (VERSION << 6) | (TYPES.indexOf(type) << 4) | token.length,
    inner[0] ?? 0,
    id >>> 8,
    id & 0xff,
  );
  return Buffer.from(concatBytes([head, token, inner.subarray(1)]));
}

/** Undefined for what is no message of this version. */
export function decodeCoap(bytes: Uint8Array): CoapMessage | undefined {
  const [first = 0, code = 0, high = 0, low = 0] = bytes;
  const type = TYPES[(first >>> 4) & 3];
  const length = first & 15;
  if (bytes.length < HEAD + length || first >>> 6 !== VERSION || length > LONGEST_TOKEN || type === undefined)
    return undefined;
  const inner = decodeInner(concatBytes([Uint8Array.of(code), bytes.subarray(HEAD + length)]));
  return inner && { ...inner, type, id: high * 256 + low, token: bytes.subarray(HEAD, HEAD + length) };
}

export const EMPTY_CODE = "0.00";
export const OPTION = {
  etag: 4,
  observe: 6,
  oscore: 9,
  uriPath: 11,
  contentFormat: 12,
  uriQuery: 15,
  echo: 252,
} as const;

export const optionIn = ({ options }: Pick<InnerMessage, "options">, number: number): Uint8Array | undefined =>
  options.find((option) => option.number === number)?.value;

export const pathIn = ({ options }: InnerMessage): string =>
  options
    .flatMap(({ number, value }) => (number === OPTION.uriPath ? [new TextDecoder().decode(value)] : []))
    .join("/");

export const uintOf = (value: Uint8Array): number => value.reduce((sum, byte) => sum * 256 + byte, 0);
export const uint = (value: number): Uint8Array => {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
};
