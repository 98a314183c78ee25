/** RFC 8613 §5.3: the message inside the ciphertext: code, options as in RFC 7252 §3.1, payload. */
import { concatBytes, EMPTY } from "../../base/index.ts";

export interface Option {
  readonly number: number;
  readonly value: Uint8Array;
}

export interface InnerMessage {
  /** Dotted, e.g. "2.05". */
  readonly code: string;
  readonly options: readonly Option[];
  readonly payload: Uint8Array;
}

const MARKER = 0xff;

/** Options in the order of their numbers; those of one number keep theirs. */
export function encodeInner({ code, options, payload }: InnerMessage): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of((Number(code[0]) << 5) | Number(code.slice(2)))];
  let last = 0;
  for (const { number, value } of [...options].sort((a, b) => a.number - b.number)) {
    const delta = nibble(number - last);
    const length = nibble(value.length);
    parts.push(Uint8Array.of((delta.bits << 4) | length.bits, ...delta.extended, ...length.extended), value);
    last = number;
  }
  if (payload.length > 0) parts.push(Uint8Array.of(MARKER), payload);
  return concatBytes(parts);
}

/** Undefined when it is malformed. */
export function decodeInner(bytes: Uint8Array): InnerMessage | undefined {
  const [first] = bytes;
  if (first === undefined) return undefined;
  const code = `${first >>> 5}.${String(first & 0x1f).padStart(2, "0")}`;
  const options: Option[] = [];
  let at = 1;
  let number = 0;
  const extend = (bits: number): number => {
    if (bits < 13) return bits;
    if (bits === 13) return 13 + (bytes[at++] ?? Number.NaN);
    if (bits === 14) return 269 + (bytes[at++] ?? Number.NaN) * 256 + (bytes[at++] ?? Number.NaN);
    return Number.NaN; // 15 is reserved
  };
  while (at < bytes.length) {
    const head = bytes[at++] ?? MARKER;
    if (head === MARKER) {
      return at === bytes.length ? undefined : { code, options, payload: bytes.subarray(at) };
    }
    number += extend(head >>> 4);
    const length = extend(head & 0x0f);
    if (!(at + length <= bytes.length)) return undefined; // NaN too
    options.push({ number, value: bytes.subarray(at, at + length) });
    at += length;
  }
  return Number.isNaN(number) ? undefined : { code, options, payload: EMPTY };
}

function nibble(value: number): { readonly bits: number; readonly extended: readonly number[] } {
  if (value < 13) return { bits: value, extended: [] };
  if (value < 269) return { bits: 13, extended: [value - 13] };
  return { bits: 14, extended: [(value - 269) >>> 8, (value - 269) & 0xff] };
}
