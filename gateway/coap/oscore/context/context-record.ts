/**
 * What is kept of a context while it is not in use, in few bytes: there is one for each node that ever spoke.
 *
 *   serial 4 | 0             |                             10 zero bytes | Sender Key | Recipient Key | Common IV
 *            | 1: window     | top + 1 of the window 6   | its bits 4    |
 *            | 2: challenged | number of the request 6   | second 4      |
 */
import type { AlgorithmRow } from "../crypto/algorithms.ts";
import type { DerivedKeys } from "../crypto/derive.ts";
import type { Challenged } from "./challenge.ts";
import type { ReplayWindow } from "./window.ts";

export interface ContextRecord {
  readonly serial: number;
  readonly window: ReplayWindow | undefined;
  readonly challenged: Challenged | undefined;
  readonly keys: DerivedKeys;
}

const WINDOW = 1;
const CHALLENGED = 2;
const KEYS_AT = 15;

export function encodeRecord({ serial, window, challenged, keys }: ContextRecord): Uint8Array {
  const { senderKey, recipientKey, commonIv } = keys;
  const bytes = Buffer.alloc(KEYS_AT + senderKey.length + recipientKey.length + commonIv.length);
  bytes.writeUInt32BE(serial, 0);
  if (window !== undefined) {
    bytes[4] = WINDOW;
    bytes.writeUIntBE(window.top + 1, 5, 6);
    bytes.writeUInt32BE(window.seen, 11);
  } else if (challenged !== undefined) {
    bytes[4] = CHALLENGED;
    bytes.writeUIntBE(challenged.number, 5, 6);
    bytes.writeUInt32BE(challenged.second, 11);
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
  const [kind, wide, narrow] = [view[4], view.readUIntBE(5, 6), view.readUInt32BE(11)];
  const window = kind === WINDOW ? { top: wide - 1, seen: narrow } : undefined;
  const challenged = kind === CHALLENGED ? { number: wide, second: narrow } : undefined;
  const keys = {
    senderKey: bytes.slice(KEYS_AT, KEYS_AT + keyBytes),
    recipientKey: bytes.slice(KEYS_AT + keyBytes, ivAt),
    commonIv: bytes.slice(ivAt, ivAt + nonceBytes),
  };
  return { serial: view.readUInt32BE(0), window, challenged, keys };
}

export const serialOf = (bytes: Uint8Array): number =>
  ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
