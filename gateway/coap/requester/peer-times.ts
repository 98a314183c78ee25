/** RFC 7252 §4.8.1 — transmission parameters per peer: what its round trips taught, how often it polls, until when it is awake. */
import { type Clock, type Millis, millis } from "../../base/index.ts";
import type { Pacing, Transmitted } from "../messages/reliable.ts";
import type { Schedule } from "../messages/transmission.ts";
import { derivedTimes, type TransmissionParameters } from "../parameters.ts";
import { learn, newRto, pollFloor, type Rto, timeoutsOf } from "./rto.ts";

/** What is known of a peer's radio. */
export interface PeerRhythm {
  /** It asks its parent for datagrams this often. */
  readonly pollPeriod?: Millis | undefined;
  /** Then it sleeps; what is acknowledged later spanned a sleep and teaches nothing. */
  readonly awakeUntil?: Millis | undefined;
}

interface Known {
  readonly rto: Rto;
  readonly rhythm: PeerRhythm;
}

const NO_RHYTHM: PeerRhythm = {};

export class PeerTimes implements Pacing {
  /** Longest unused first. */
  readonly #known = new Map<string, Known>();
  readonly #clock: Clock;
  readonly #parameters: TransmissionParameters;
  readonly #limit: number;

  constructor(clock: Clock, parameters: TransmissionParameters, limit: number) {
    this.#clock = clock;
    this.#parameters = parameters;
    this.#limit = limit;
  }

  get size(): number {
    return this.#known.size;
  }

  note(path: string, rhythm: PeerRhythm): void {
    const known = this.#known.get(path);
    if (known === undefined && rhythm.pollPeriod === undefined && rhythm.awakeUntil === undefined) return;
    this.#keep(path, { rto: known?.rto ?? this.#fresh(), rhythm });
  }

  schedule(path: string): Schedule {
    const { ACK_RANDOM_FACTOR: randomFactor, MAX_RETRANSMIT: maxRetransmit } = this.#parameters;
    const { rto, rhythm } = this.#of(path);
    return { ...timeoutsOf(rto, this.#floor(rhythm), this.#clock.now()), randomFactor, maxRetransmit };
  }

  acknowledged(path: string, { sentAt, retransmissions }: Transmitted): void {
    const now = this.#clock.now();
    const { rto, rhythm } = this.#of(path);
    const spannedSleep = rhythm.awakeUntil !== undefined && rhythm.awakeUntil < now;
    this.#keep(path, { rto: learn(rto, { rtt: millis(now - sentAt), retransmissions, spannedSleep }, now), rhythm });
  }

  /** §4.8.2: the times derived from this peer's own ACK_TIMEOUT, never shorter than those of the default. */
  derived(path: string): ReturnType<typeof derivedTimes> {
    const ACK_TIMEOUT = millis(Math.max(this.schedule(path).first, this.#parameters.ACK_TIMEOUT));
    return derivedTimes({ ...this.#parameters, ACK_TIMEOUT });
  }

  #of(path: string): Known {
    return this.#known.get(path) ?? { rto: this.#fresh(), rhythm: NO_RHYTHM };
  }

  #fresh(): Rto {
    return newRto(this.#parameters.ACK_TIMEOUT, this.#clock.now());
  }

  #floor({ pollPeriod }: PeerRhythm): Millis {
    return pollPeriod === undefined ? millis(0) : pollFloor(pollPeriod);
  }

  #keep(path: string, known: Known): void {
    this.#known.delete(path);
    this.#known.set(path, known);
    if (this.#known.size <= this.#limit) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}
