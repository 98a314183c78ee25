/** RFC 8613 §6.1 — the value of the OSCORE option: flag bits, Partial IV, kid context, kid. */
import { EMPTY, WireError } from "../../../base/index.ts";

export interface OscoreOption {
  /** 1 to 5 bytes, as they came. */
  readonly partialIv: Uint8Array | undefined;
  readonly kidContext: Uint8Array | undefined;
  readonly kid: Uint8Array | undefined;
}

const MAX_PARTIAL_IV_BYTES = 5;
const RESERVED = 0xe0;
const HAS_KID_CONTEXT = 0x10;
const HAS_KID = 0x08;
const PARTIAL_IV_LENGTH = 0x07;

const NOTHING: OscoreOption = { partialIv: undefined, kidContext: undefined, kid: undefined };

/** The fields are views into `bytes`. Throws WireError `oscore.option`, which is answered with 4.02 (§8.2). */
export function decodeOscoreOption(bytes: Uint8Array): OscoreOption {
  if (bytes.length === 0) return NOTHING;
  const flags = bytes[0]!;
  if (flags === 0) throw malformed("flags without a bit set"); // such an option is empty
  if ((flags & RESERVED) !== 0) throw malformed("reserved flag bits");
  const partialIvLength = flags & PARTIAL_IV_LENGTH;
  if (partialIvLength > MAX_PARTIAL_IV_BYTES) throw malformed("a reserved Partial IV length");
  let at = 1 + partialIvLength;
  if (at > bytes.length) throw malformed("it ends in the Partial IV");
  // §6.1: zero bytes in front are removed, only number 0 keeps one
  if (partialIvLength > 1 && bytes[1] === 0) throw malformed("a Partial IV with a zero in front");
  const partialIv = partialIvLength === 0 ? undefined : bytes.subarray(1, at);
  let kidContext: Uint8Array | undefined;
  if ((flags & HAS_KID_CONTEXT) !== 0) {
    const start = at + 1;
    if (start > bytes.length) throw malformed("it ends before the kid context");
    at = start + bytes[at]!;
    if (at > bytes.length) throw malformed("it ends in the kid context");
    kidContext = bytes.subarray(start, at);
  }
  if ((flags & HAS_KID) !== 0) return { partialIv, kidContext, kid: bytes.subarray(at) };
  if (at !== bytes.length) throw malformed("bytes are left");
  return { partialIv, kidContext, kid: undefined };
}

export function encodeOscoreOption({ partialIv, kidContext, kid }: OscoreOption): Uint8Array {
  if (partialIv === undefined && kidContext === undefined && kid === undefined) return EMPTY;
  const ivLength = partialIv?.length ?? 0;
  const contextLength = kidContext === undefined ? 0 : 1 + kidContext.length;
  const bytes = new Uint8Array(1 + ivLength + contextLength + (kid?.length ?? 0));
  bytes[0] = ivLength | (kidContext === undefined ? 0 : HAS_KID_CONTEXT) | (kid === undefined ? 0 : HAS_KID);
  if (partialIv !== undefined) bytes.set(partialIv, 1);
  if (kidContext !== undefined) {
    bytes[1 + ivLength] = kidContext.length;
    bytes.set(kidContext, 2 + ivLength);
  }
  if (kid !== undefined) bytes.set(kid, 1 + ivLength + contextLength);
  return bytes;
}

const malformed = (what: string): WireError => new WireError("oscore.option", { what });
