/** A network in memory that loses, repeats and reorders datagrams, the same way for the same seed. */
import { type Clock, millis, type Random, seededRandom } from "../../gateway/base/index.ts";
import { FRAME_BYTES, pathOf, type Receive, type Remote, type Transport } from "../../gateway/coap/index.ts";

export interface Weather {
  /** Shares of all datagrams, 0 to 1. */
  readonly loss: number;
  readonly duplication: number;
  /** Datagrams that are held up so long that later ones overtake them. */
  readonly reordering: number;
}

export const FAIR_WEATHER: Weather = { loss: 0, duplication: 0, reordering: 0 };
const LATENCY = millis(20);

export class MemoryNetwork {
  readonly #ends = new Map<string, { readonly remote: Remote; readonly receive: Receive }>();
  readonly #clock: Clock;
  readonly #weather: Weather;
  readonly #random: Random;

  constructor(clock: Clock, weather: Weather = FAIR_WEATHER, seed = 1) {
    this.#clock = clock;
    this.#weather = weather;
    this.#random = seededRandom(seed);
  }

  endpoint(at: Remote): MemoryTransport {
    return new MemoryTransport(this, at);
  }

  attach(at: Remote, receive: Receive): void {
    this.#ends.set(pathOf(at), { remote: at, receive });
  }

  detach(at: Remote): void {
    this.#ends.delete(pathOf(at));
  }

  carry(from: Remote, to: Remote, datagram: Uint8Array): void {
    const copy = Uint8Array.from(datagram);
    if (this.#weather === FAIR_WEATHER) {
      this.#ends.get(pathOf(to))?.receive(copy, from);
      return;
    }
    const { loss, duplication, reordering } = this.#weather;
    const copies = this.#random.next() < duplication ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (this.#random.next() < loss) continue;
      const held = this.#random.next() < reordering ? this.#random.next() * 3000 : 0;
      const arrive = (): void => this.#ends.get(pathOf(to))?.receive(Uint8Array.from(copy), from);
      this.#clock.after(millis(LATENCY + held), arrive);
    }
  }
}

export class MemoryTransport implements Transport {
  readonly local: string;
  /** Set on a transport that stands for a group's address. */
  group?: boolean;
  readonly #network: MemoryNetwork;
  readonly #at: Remote;
  readonly #frame = new Uint8Array(FRAME_BYTES);

  constructor(network: MemoryNetwork, at: Remote) {
    this.#network = network;
    this.#at = at;
    this.local = pathOf(at);
  }

  open(receive: Receive): Promise<void> {
    this.#network.attach(this.#at, receive);
    return Promise.resolve();
  }

  send(datagram: Uint8Array, remote: Remote): void {
    this.#network.carry(this.#at, remote, datagram);
  }

  frame(): Uint8Array {
    return this.#frame;
  }

  sendFrame(length: number, remote: Remote): void {
    this.send(this.#frame.subarray(0, length), remote);
  }

  close(): Promise<void> {
    this.#network.detach(this.#at);
    return Promise.resolve();
  }
}
