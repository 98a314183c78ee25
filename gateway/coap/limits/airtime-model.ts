/**
 * What a datagram costs on the radio of a constrained network: IEEE 802.15.4 at 250 kbit/s under 6LoWPAN (RFC 4944 §5.3,
 * RFC 6282). Pure arithmetic about one hop without losses; the figures are those of a secured Thread-like network.
 */

/** Microseconds of the channel. */
export type Micros = number & { readonly __unit: "us" };
export const micros = (n: number): Micros => n as Micros;

/** "down" is to the node: its parent is mains powered and need not listen long before it sends. */
export type Direction = "up" | "down";

/** The longest frame that IEEE 802.15.4 carries in the 2.4 GHz band. */
export const FRAME_BYTES_15_4 = 127;
/** Short addresses, auxiliary security header, 4-byte MIC (security level 5), frame check sequence. */
export const MAC_BYTES = 21;
/** Preamble, start of frame, length. */
export const PHY_BYTES = 6;
/** IPv6 and UDP with both addresses elided (RFC 6282). */
export const COMPRESSED_HEADERS = 12;
const MICROS_PER_BYTE = 32;
/** An acknowledgement frame, and the turnaround before it. */
const ACK_MICROS = 352 + 192;
/** Mean back-off and channel assessment before a frame. */
const CSMA_MICROS: Readonly<Record<Direction, number>> = { up: 1120, down: 300 };

// RFC 4944 §5.3: fragments carry 8-byte units of the uncompressed datagram, whose headers are whole units.
const FRAG1_BYTES = 4;
const FRAGN_BYTES = 5;
const wholeUnits = (bytes: number): number => bytes - (bytes % 8);
const FRAME_PAYLOAD = FRAME_BYTES_15_4 - MAC_BYTES;
const FIRST_FRAGMENT = wholeUnits(FRAME_PAYLOAD - FRAG1_BYTES - COMPRESSED_HEADERS);
const NEXT_FRAGMENT = wholeUnits(FRAME_PAYLOAD - FRAGN_BYTES);

/** Bytes of CoAP that go in one frame: 94. */
export const SINGLE_FRAME_COAP = FRAME_PAYLOAD - COMPRESSED_HEADERS;

/** Frames that a CoAP message of this many bytes takes. */
export function framesOf(coapBytes: number): number {
  if (coapBytes <= SINGLE_FRAME_COAP) return 1;
  return 1 + Math.ceil((coapBytes - FIRST_FRAGMENT) / NEXT_FRAGMENT);
}

/** Bytes on the air, from the first preamble on; acknowledgements apart. */
export function radioBytesOf(coapBytes: number): number {
  const frames = framesOf(coapBytes);
  const fragmentation = frames === 1 ? 0 : FRAG1_BYTES + (frames - 1) * FRAGN_BYTES;
  return coapBytes + COMPRESSED_HEADERS + fragmentation + frames * (MAC_BYTES + PHY_BYTES);
}

/** How long the channel is taken: back-off, bytes, acknowledgements. */
export function airtimeOf(coapBytes: number, direction: Direction): Micros {
  const perFrame = ACK_MICROS + CSMA_MICROS[direction];
  return micros(radioBytesOf(coapBytes) * MICROS_PER_BYTE + framesOf(coapBytes) * perFrame);
}

/** A sleepy node fetches each downlink frame from its parent by a data request of 23 bytes. */
const POLL_BYTES = 23 + PHY_BYTES;
export const POLL_MICROS = micros(POLL_BYTES * MICROS_PER_BYTE + ACK_MICROS + CSMA_MICROS.up);

/** Millijoules of a radio that draws `milliwatts` in reception and in transmission alike. */
export const energyOf = (radioOn: Micros, milliwatts = 18): number => (radioOn / 1e6) * milliwatts;
