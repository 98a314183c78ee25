/**
 * What is kept of a context while it is not in use, in few bytes: there is one for each node that ever spoke.
 *
 *   serial 4 | window known 1 | top + 1 of the window 6 | its bits 4 | Sender Key | Recipient Key | Common IV
 */
import type { AlgorithmRow } from "../crypto/algorithms.ts";
import type { DerivedKeys } from "../crypto/derive.ts";
import type { ReplayWindow } from "./window.ts";

export interface ContextRecord {
  readonly serial: number;
  readonly window: ReplayWindow | undefined;
  readonly keys: DerivedKeys;
}

const KEYS_AT = 15;

export function encodeRecord({ serial, window, keys }: ContextRecord): Uint8Array {
  const { senderKey, recipientKey, commonIv } = keys;
  const bytes = Buffer.alloc(KEYS_AT + senderKey.length + recipientKey.length + commonIv.length);
  bytes.writeUInt32BE(serial, 0);
  if (window !== undefined) {
    bytes[4] = 1;
    bytes.writeUIntBE(window.top + 1, 5, 6);
    bytes.writeUInt32BE(window.seen, 11);
  }
  bytes.set(senderKey, KEYS_AT);
  bytes.set(recipientKey, KEYS_AT + senderKey.length);
  bytes.set(commonIv, KEYS_AT + senderKey.length + recipientKey.length);
  return bytes;
}

/** The fields are copies; `row` gives the lengths. */
export function decodeRecord(bytes: Uint8Array, { keyBytes, nonceBytes }: AlgorithmRow): ContextRecord {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ivAt = KEYS_AT + 2 * keyBytes;
  const window = view[4] === 1 ? { top: view.readUIntBE(5, 6) - 1, seen: view.readUInt32BE(11) } : undefined;
  const keys = {
    senderKey: bytes.slice(KEYS_AT, KEYS_AT + keyBytes),
    recipientKey: bytes.slice(KEYS_AT + keyBytes, ivAt),
    commonIv: bytes.slice(ivAt, ivAt + nonceBytes),
  };
  return { serial: view.readUInt32BE(0), window, keys };
}

export const serialOf = (bytes: Uint8Array): number =>
  ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
