/** The transport port of the engine: datagrams in and out. UDP today; a DTLS record layer fits the same shape. */
import type { Closable } from "../../base/index.ts";

/** Where a datagram came from; shaped like the address that node:dgram hands out, so that nothing is copied. */
export interface Remote {
  readonly address: string;
  readonly port: number;
}

/** `datagram` belongs to the receiver from then on. */
export type Receive = (datagram: Uint8Array, remote: Remote) => void;

export interface Transport extends Closable {
  /** `address:port` as bound, for logs and status; undefined until open. */
  readonly local: string | undefined;
  /** What comes in here was sent to a group (RFC 7252 §8). */
  readonly group?: boolean;
  /** Binds and starts to deliver. Throws UsageError `port.taken` or `port.refused`. */
  open(receive: Receive): Promise<void>;
  /** The bytes must not change afterwards. Never throws: a datagram that cannot leave is a lost datagram. */
  send(datagram: Uint8Array, remote: Remote): void;
  /** Room for one datagram that `sendFrame` sends next: answering a block allocates nothing. */
  frame(): Uint8Array;
  sendFrame(length: number, remote: Remote): void;
}

/** A frame holds the largest block answer: header, token, options and 1024 bytes, below the IPv6 minimum MTU. */
export const FRAME_BYTES = 1152;

/** `address:port`, IPv6 in brackets: what `Peer.path` and the tables of the engine are keyed by. */
export const pathOf = ({ address, port }: Remote): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
