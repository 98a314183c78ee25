/**
 * RFC 7252 §4.4 — message ids of what we send first (NON, separate CON, notifications). One counter for all peers would
 * wrap within EXCHANGE_LIFETIME on a busy gateway, one per peer would grow with the peers; so peers share 1024 counters.
 */
import type { Random } from "../../base/index.ts";
import type { Remote } from "../transport/transport.ts";

const COUNTERS = 1024;

export class MessageIds {
  readonly #next = new Uint16Array(COUNTERS);

  constructor(random: Random) {
    for (let i = 0; i < COUNTERS; i++) this.#next[i] = Math.floor(random.next() * 0x10000);
  }

  next({ address, port }: Remote): number {
    // Neighbours differ at the end of their address.
    const length = address.length;
    const mixed = port + address.charCodeAt(length - 1) * 31 + (length > 1 ? address.charCodeAt(length - 2) * 331 : 0);
    const counter = mixed & (COUNTERS - 1);
    const id = this.#next[counter]!;
    this.#next[counter] = id + 1;
    return id;
  }
}
