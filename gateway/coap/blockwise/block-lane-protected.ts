/**
 * The quick form of the block lane under a security context: the request is opened where it stands, the answer written
 * and sealed where it is kept for a copy. What it does not know, it leaves to the general form.
 */
import { OPTION } from "../../wire/coap/index.ts";
import type { QuickSecurity } from "../requests/security.ts";
import type { FastBlockLane } from "./block-lane-fast.ts";

/** RFC 7252 §3: version 1 with the types, shifted as in the first byte. */
const CON = 0x40;
const ACK = 0x60;
const POST = 0x02;
const CHANGED = 0x44;
/** RFC 8613 §5.2: an answer under the request's nonce has an empty OSCORE option. */
const EMPTY_OSCORE_OPTION = OPTION.oscore << 4;
const PAYLOAD_MARKER = 0xff;

export class ProtectedBlockLane {
  readonly #lane: FastBlockLane;
  readonly #security: QuickSecurity;

  constructor(lane: FastBlockLane, security: QuickSecurity) {
    this.#lane = lane;
    this.#security = security;
  }

  /** A glance: worth trying? */
  mayBe(datagram: Uint8Array): boolean {
    return datagram[1] === POST && (datagram[0]! & 0xf0) === CON;
  }

  /** Writes the answer to `datagram` into `frame` from `at` and returns its length; 0 = not for the quick form. */
  answer(datagram: Uint8Array, frame: Uint8Array, at: number): number {
    const first = datagram[0]!;
    const tokenLength = first & 0x0f;
    const optionAt = 4 + tokenLength;
    // One option, the payload marker, and at least a Code and a tag.
    if (tokenLength > 8 || datagram.length < optionAt + 6) return 0;
    const head = datagram[optionAt]!;
    const size = head & 0x0f;
    if (head >> 4 !== OPTION.oscore || size > 12) return 0;
    const payloadAt = optionAt + 1 + size;
    if (datagram[payloadAt] !== PAYLOAD_MARKER) return 0;
    const security = this.#security;
    if (!security.open(datagram, optionAt + 1, payloadAt)) return 0;

    const start = at + optionAt + 2;
    const { plaintext } = security;
    const end = this.#lane.answerInside(plaintext, security.start, security.end, frame, start);
    if (end === 0) return 0;
    frame[at] = ACK | tokenLength;
    frame[at + 1] = CHANGED;
    for (let i = 2; i < optionAt; i++) frame[at + i] = datagram[i]!; // message id and token
    frame[at + optionAt] = EMPTY_OSCORE_OPTION;
    frame[at + optionAt + 1] = PAYLOAD_MARKER;
    return security.seal(frame, start, end) - at;
  }
}
