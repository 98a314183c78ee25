/** RFC 8613 §5.3 — the plaintext: Code, inner options, payload; and §4.2 — the codes that show outside. */
import { EMPTY } from "../../../base/index.ts";
import {
  codeOf,
  type DottedCode,
  decodeMessage,
  type Message,
  messageLength,
  OPTION,
  type OptionValue,
  writeMessage,
} from "../../../wire/coap/index.ts";

export interface Plaintext {
  readonly code: number;
  /** Ascending. */
  readonly options: readonly OptionValue[];
  readonly payload: Uint8Array;
}

/** A plaintext is a message without type, id and token: with 3 bytes in front the codec of messages reads and writes it. */
export const PLAINTEXT_OFFSET = 3;

const FIRST_BYTE = 0x40; // version 1, CON, no token

const asMessage = ({ code, options, payload }: Plaintext): Message => ({
  type: "CON",
  code,
  messageId: 0,
  token: EMPTY,
  options,
  payload,
});

export const plaintextLength = (plaintext: Plaintext): number => messageLength(asMessage(plaintext)) - PLAINTEXT_OFFSET;

/** `bytes` holds the message with PLAINTEXT_OFFSET bytes in front; the plaintext is what follows them. */
export function writePlaintext(plaintext: Plaintext, bytes: Uint8Array): void {
  writeMessage(asMessage(plaintext), bytes);
  bytes[PLAINTEXT_OFFSET] = plaintext.code;
}

/**
 * Reads the plaintext that stands in `bytes` behind PLAINTEXT_OFFSET bytes of room, which it overwrites. The values are
 * views. Throws a WireError of the message codec.
 */
export function readPlaintext(bytes: Uint8Array): Plaintext {
  if (bytes.length > PLAINTEXT_OFFSET) {
    bytes[1] = bytes[PLAINTEXT_OFFSET]!;
    bytes[0] = FIRST_BYTE;
    bytes[2] = 0;
    bytes[PLAINTEXT_OFFSET] = 0;
  }
  return decodeMessage(bytes);
}

/** §4.2: POST, or FETCH where those between must understand Observe; the answers go with them. */
export const OUTER_REQUEST = { plain: codeOf("POST"), observe: codeOf("FETCH") } as const;
export const outerReplyCode = (outerRequestCode: number): DottedCode =>
  outerRequestCode === OUTER_REQUEST.observe ? "2.05" : "2.04";

export const findOption = (options: readonly OptionValue[], number: number): Uint8Array | undefined =>
  options.find((option) => option.number === number)?.value;

export const withoutOption = (options: readonly OptionValue[], number: number): readonly OptionValue[] =>
  options.some((option) => option.number === number) ? options.filter((option) => option.number !== number) : options;

export const oscoreOption = (value: Uint8Array): OptionValue => ({ number: OPTION.oscore, value });
