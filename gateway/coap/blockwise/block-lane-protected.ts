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
/** Code, /f/ID, ETag, Accept, Block2 and the tag. A check-in with readings is longer, and need not be tried here. */
const LONGEST_CIPHERTEXT = 34;

export class ProtectedBlockLane {
  readonly #lane: FastBlockLane;
  readonly #security: QuickSecurity;
  // Of the datagram that was glanced at last.
  #optionAt = 0;
  #payloadAt = 0;

  constructor(lane: FastBlockLane, security: QuickSecurity) {
    this.#lane = lane;
    this.#security = security;
  }

  /** A glance, before anything is looked up: a CON POST with one option and a short ciphertext. */
  mayBe(datagram: Uint8Array): boolean {
    const first = datagram[0]!;
    const tokenLength = first & 0x0f;
    if (datagram[1] !== POST || (first & 0xf0) !== CON || tokenLength > 8) return false;
    const optionAt = 4 + tokenLength;
    const head = datagram[optionAt] ?? 0;
    const size = head & 0x0f;
    const payloadAt = optionAt + 1 + size;
    const length = datagram.length - payloadAt - 1;
    this.#optionAt = optionAt;
    this.#payloadAt = payloadAt;
    return (
      head >> 4 === OPTION.oscore &&
      size <= 12 &&
      datagram[payloadAt] === PAYLOAD_MARKER &&
      length > 0 &&
      length <= LONGEST_CIPHERTEXT
    );
  }

  /** For a datagram that may be: writes the answer into `frame` from `at` and returns its length; 0 = not for the quick form. */
  answer(datagram: Uint8Array, frame: Uint8Array, at: number): number {
    const optionAt = this.#optionAt;
    const security = this.#security;
    if (!security.open(datagram, optionAt + 1, this.#payloadAt)) return 0;
    const start = at + optionAt + 2;
    const { plaintext } = security;
    const end = this.#lane.answerInside(plaintext, security.start, security.end, frame, start);
    if (end === 0) return 0;
    frame[at] = ACK | (optionAt - 4);
    frame[at + 1] = CHANGED;
    for (let i = 2; i < optionAt; i++) frame[at + i] = datagram[i]!; // message id and token
    frame[at + optionAt] = EMPTY_OSCORE_OPTION;
    frame[at + optionAt + 1] = PAYLOAD_MARKER;
    return security.seal(frame, start, end) - at;
  }
}
