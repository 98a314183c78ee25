/**
 * RFC 7252 §4.4 — message ids of what we send first (NON, separate CON, notifications, requests). One counter for all
 * peers would wrap within EXCHANGE_LIFETIME on a busy gateway, one per peer would grow with the peers; so peers share
 * 1024 counters. An id that a CON still waits on is held: no peer of its counter is given it again before it is let go.
 */
import type { Random } from "../../base/index.ts";
import type { Remote } from "../transport/transport.ts";

const COUNTERS = 1024;

export class MessageIds {
  readonly #next = new Uint16Array(COUNTERS);
  /** Counter and id in one number. */
  readonly #held = new Set<number>();

  constructor(random: Random) {
    for (let i = 0; i < COUNTERS; i++) this.#next[i] = Math.floor(random.next() * 0x10000);
  }

  next(remote: Remote): number {
    const counter = counterOf(remote);
    let id = this.#next[counter]!;
    if (this.#held.size > 0) while (this.#held.has((counter << 16) | id)) id = (id + 1) & 0xffff;
    this.#next[counter] = id + 1;
    return id;
  }

  hold(remote: Remote, id: number): void {
    this.#held.add((counterOf(remote) << 16) | id);
  }

  release(remote: Remote, id: number): void {
    this.#held.delete((counterOf(remote) << 16) | id);
  }
}

/** Neighbours differ at the end of their address. */
function counterOf({ address, port }: Remote): number {
  const length = address.length;
  const mixed = port + address.charCodeAt(length - 1) * 31 + (length > 1 ? address.charCodeAt(length - 2) * 331 : 0);
  return mixed & (COUNTERS - 1);
}
