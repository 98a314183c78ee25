/**
 * What a block costs on the air: frames, bytes, radio time and energy over IEEE 802.15.4 (2.4 GHz O-QPSK, 250 kbit/s) with
 * 6LoWPAN (RFC 6282 headers, RFC 4944 §5.3 fragments), one hop. Pure.
 */

/** Bytes of a whole frame, of its PHY header, and of a MAC header with short addresses, security level 5 and checksum. */
const FRAME = 127;
const PHY = 6;
const MAC = 21;
/** IPv6 and UDP compressed (RFC 6282), and as fragments count them (RFC 4944 §5.3: offsets of the uncompressed datagram). */
const HEADERS = 12;
const UNCOMPRESSED = 48;
const FRAGMENT_1 = 4;
const FRAGMENT_N = 5;
const UNIT = 8;
/** Milliseconds: a byte at 250 kbit/s, the acknowledgement of the MAC (11 bytes) and the turnaround before it. */
const BYTE = 0.032;
const ACK = 0.352;
const TURNAROUND = 0.192;
/** Mean wait for a free channel: a node's (BE 3), and a router's with an empty queue. */
const CSMA_UP = 1.12;
const CSMA_DOWN = 0.3;
/** The receiver is on before an answer comes. */
const LISTEN = 5;
/** A sleepy end device asks for each frame that waits: a data request of 23 bytes. */
const POLL_BYTES = PHY + 23;
const POLL = CSMA_UP + POLL_BYTES * BYTE + ACK + TURNAROUND;
/** While an answer is missing it asks as often as OpenThread does by default, for the mean of RFC 7252 §4.8's first timeout. */
const POLL_EVERY = 188;
const FIRST_TIMEOUT = 2500;
/** mW, in reception and transmission alike: 6 mA at 3 V. */
const RADIO_POWER = 18;
/** A report about an update and its answer, as sidgate-node has them under OSCORE. */
const REPORT = { up: 80, down: 60 } as const;

export interface Link {
  readonly oscore: boolean;
  /** Of the Uri-Path options of a request for a block. */
  readonly path: number;
  /** The node is a sleepy end device (Thread), and polls. */
  readonly polls: boolean;
}

/** As our own offers lead to: `f/` and six characters. */
export const USUAL_LINK: Link = { oscore: true, path: 9, polls: true };

export interface Cost {
  readonly frames: number;
  /** With the headers of all layers; the MAC's acknowledgements not counted. */
  readonly bytes: number;
  /** Milliseconds that the node's radio is on. */
  readonly radio: number;
  /** Milliseconds that nobody else in the mesh can send. */
  readonly airtime: number;
  /** Millijoule. */
  readonly energy: number;
}

const cost = (frames: number, bytes: number, radio: number): Cost => ({
  frames,
  bytes,
  radio,
  airtime: bytes * BYTE + frames * ACK,
  energy: (radio * RADIO_POWER) / 1000,
});

const scaled = (each: Cost, by: number): Cost => cost(each.frames * by, each.bytes * by, each.radio * by);
const sum = (a: Cost, b: Cost): Cost => cost(a.frames + b.frames, a.bytes + b.bytes, a.radio + b.radio);

/** Frames that a CoAP message needs; every fragment but the last holds whole units of 8 bytes (RFC 4944 §5.3). */
export function framesOf(coap: number): number {
  if (coap <= FRAME - MAC - HEADERS) return 1;
  const first = wholeUnits(UNCOMPRESSED + FRAME - MAC - FRAGMENT_1 - HEADERS) - UNCOMPRESSED;
  return 1 + Math.ceil((coap - first) / wholeUnits(FRAME - MAC - FRAGMENT_N));
}
const wholeUnits = (bytes: number): number => Math.floor(bytes / UNIT) * UNIT;

const bytesOf = (coap: number, frames: number): number =>
  coap + HEADERS + frames * (PHY + MAC) + (frames === 1 ? 0 : FRAGMENT_1 + (frames - 1) * FRAGMENT_N);

/** A request and its answer. */
function exchange(up: number, down: number, { polls }: Link): Cost {
  const [asking, answering] = [framesOf(up), framesOf(down)];
  const bytes = bytesOf(up, asking) + bytesOf(down, answering);
  const waits = asking * (CSMA_UP + ACK + TURNAROUND) + answering * (CSMA_DOWN + ACK + TURNAROUND) + LISTEN;
  const whole = cost(asking + answering, bytes, waits + bytes * BYTE);
  return polls ? sum(whole, scaled(cost(1, POLL_BYTES, POLL), answering)) : whole;
}

/** RFC 7252 §3, RFC 7959 §2.1, RFC 8613 §5: token of 2 bytes, ETag of 4; a Partial IV counts like the block. */
function blockExchange(num: number, payload: number, link: Link): Cost {
  const option = num < 0x10 ? 1 : num < 0x1000 ? 2 : 3;
  const partialIv = num < 0x100 ? 1 : num < 0x10000 ? 2 : 3;
  const sealed = link.oscore ? { up: 13 + partialIv, down: 11 } : { up: 0, down: 0 };
  const head = 4 + 2;
  const request = head + link.path + 1 + option + sealed.up;
  const answer = head + 5 + 2 + option + 1 + payload + sealed.down;
  return exchange(request, answer, link);
}

/** A whole download, nothing lost. */
export function downloadCost(bytes: number, blockSize: number, link: Link = USUAL_LINK): Cost {
  let whole = cost(0, 0, 0);
  const blocks = Math.ceil(bytes / blockSize);
  // Blocks whose numbers are equally long cost the same.
  for (let from = 0; from < blocks; ) {
    const until = Math.min(blocks, LENGTHS.find((end) => end > from) ?? blocks);
    whole = sum(whole, scaled(blockExchange(from, blockSize, link), until - from));
    from = until;
  }
  return whole;
}
/** Where the Block option or the Partial IV grows by a byte. */
const LENGTHS = [0x10, 0x100, 0x1000, 0x10000];

/** `loss`: share of the exchanges that are lost and repeated, each after a timeout. */
export function withRepeats(download: Cost, blocks: number, loss: number, link: Link = USUAL_LINK): Cost {
  const repeated = Math.min(MOST_REPEATS, loss / (1 - Math.min(loss, 1 - 1e-9)));
  const waiting = link.polls ? (FIRST_TIMEOUT / POLL_EVERY) * POLL : FIRST_TIMEOUT;
  return sum(scaled(download, 1 + repeated), cost(0, 0, waiting * blocks * repeated));
}
/** RFC 7252 §4.8, MAX_RETRANSMIT: after so many the node gives up for this wake. */
export const MOST_REPEATS = 4;

/** One more report in a wake. */
export const reportCost = (link: Link = USUAL_LINK): Cost => exchange(REPORT.up, REPORT.down, link);
