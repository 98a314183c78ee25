/**
 * RFC 7252 §4.2, §4.7 — messages of ours that want an acknowledgement: retransmission with back-off, one at a time to
 * each peer (NSTART 1), and no more than PROBING_RATE to a peer that does not answer.
 */
import { type Clock, type Millis, millis, type Random, type Timer } from "../../base/index.ts";
import type { Remote, Transport } from "../transport/transport.ts";
import type { MessageIds } from "./message-ids.ts";
import { begin, type Schedule, type Settled, step, type TransmissionEvent, type Waiting } from "./transmission.ts";

export type { Settled } from "./transmission.ts";

/** An acknowledged message: when it was first sent, and how often again. */
export interface Transmitted {
  readonly sentAt: Millis;
  readonly retransmissions: number;
}

/** Where the parameters of a peer come from, and what its acknowledgements teach. */
export interface Pacing {
  schedule(path: string): Schedule;
  acknowledged(path: string, transmitted: Transmitted): void;
}

export interface ConfirmableLimits {
  /** Messages that wait for their turn. */
  readonly queuedPerPeer: number;
  readonly queuedTotal: number;
  /** Peers with a message under way, or silent. */
  readonly peers: number;
}

export const CONFIRMABLE_LIMITS: ConfirmableLimits = { queuedPerPeer: 64, queuedTotal: 8_192, peers: 16_384 };

/** §4.8: bytes per second to a peer that does not respond. */
const PROBING_RATE = 1;

export interface Confirmable {
  readonly transport: Transport;
  readonly remote: Remote;
  readonly path: string;
  readonly messageId: number;
  /** Retransmitted unchanged: under OSCORE a second ciphertext would be a second message. */
  readonly bytes: Uint8Array;
}

export interface ConfirmableParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly pacing: Pacing;
  readonly ids: MessageIds;
  readonly limits: ConfirmableLimits;
  readonly transmitted: (message: Confirmable, again: boolean) => void;
}

interface Outgoing {
  readonly message: Confirmable;
  readonly settled: (outcome: Settled) => void;
  readonly lane: Lane;
  /** Of the wait for a turn, then of the wait for an acknowledgement. */
  timer: Timer | undefined;
}

/** A message that was sent. */
interface Flight {
  readonly outgoing: Outgoing;
  schedule: Schedule;
  readonly sentAt: Millis;
  transmission: Waiting;
}

/** Everything under way to one peer. */
interface Lane {
  readonly path: string;
  flight: Flight | undefined;
  readonly queue: Outgoing[];
  /** Bytes sent since the peer was last heard, and when the last of them left. */
  unheard: { readonly last: Millis; readonly bytes: number } | undefined;
  /** A message was given up: until the peer is heard there is one transmission at a time, at PROBING_RATE. */
  silent: boolean;
  probe: Timer | undefined;
}

/** A message on its way; `cancel` settles nothing. */
export interface Sending {
  cancel(): void;
}

/** The driver: all CON messages that are not settled yet, by path and message id. */
export class Confirmables {
  readonly #parts: ConfirmableParts;
  readonly #lanes = new Map<string, Lane>();
  readonly #byId = new Map<string, Outgoing>();
  #silent = 0;
  #queued = 0;

  constructor(parts: ConfirmableParts) {
    this.#parts = parts;
  }

  /** Queued or sent. */
  get size(): number {
    return this.#byId.size;
  }

  /** Some peer is being waited for: whoever is heard should be told to `heard`. */
  get someSilent(): boolean {
    return this.#silent > 0;
  }

  /**
   * Sends when it is this message's turn; `patience` bounds the wait for it, and after that the message is lost.
   * undefined = the queue is full.
   */
  send(message: Confirmable, settled: (outcome: Settled) => void, patience?: Millis): Sending | undefined {
    const lane = this.#lanes.get(message.path) ?? this.#newLane(message.path);
    if (lane === undefined || !this.#hasRoom(lane)) return undefined;
    const outgoing: Outgoing = { message, settled, lane, timer: undefined };
    this.#byId.set(key(message.path, message.messageId), outgoing);
    this.#parts.ids.hold(message.remote, message.messageId);
    lane.queue.push(outgoing);
    this.#queued += 1;
    this.#move(lane);
    if (patience !== undefined && lane.flight?.outgoing !== outgoing) {
      outgoing.timer = this.#parts.clock.after(patience, () => this.#finish(outgoing, "lost"));
    }
    return { cancel: () => this.#cancel(outgoing) };
  }

  /**
   * An ACK or RST arrived, or a response that implies the ACK and says nothing about the round trip; false when nothing
   * was sent under this id that waits for it.
   */
  settle(path: string, messageId: number, event: "ack" | "rst" | "response"): boolean {
    const outgoing = this.#byId.get(key(path, messageId));
    const flight = outgoing?.lane.flight;
    if (outgoing === undefined || flight === undefined || flight.outgoing !== outgoing) return false;
    if (event === "ack") {
      const { sentAt, transmission } = flight;
      this.#parts.pacing.acknowledged(path, { sentAt, retransmissions: transmission.retransmissions });
    }
    this.#advance(flight, event === "rst" ? "rst" : "ack");
    return true;
  }

  /** A datagram came from this peer: it is there, and gets what waits. */
  heard(path: string): void {
    const lane = this.#lanes.get(path);
    if (lane === undefined || !lane.silent) return;
    this.#setSilent(lane, false);
    if (lane.flight !== undefined) lane.flight.schedule = this.#parts.pacing.schedule(path);
    this.#move(lane);
  }

  /** Forgets silent peers that may be sent to again. */
  purge(now: Millis): void {
    for (const lane of this.#lanes.values()) {
      if (lane.silent && isIdle(lane) && allowedAt(lane) <= now) this.#drop(lane);
    }
  }

  close(): void {
    for (const lane of this.#lanes.values()) lane.probe?.cancel();
    for (const { timer } of this.#byId.values()) timer?.cancel();
    this.#lanes.clear();
    this.#byId.clear();
    this.#queued = 0;
    this.#silent = 0;
  }

  #newLane(path: string): Lane | undefined {
    if (this.#lanes.size >= this.#parts.limits.peers && !this.#dropOneSilent()) return undefined;
    const lane: Lane = { path, flight: undefined, queue: [], unheard: undefined, silent: false, probe: undefined };
    this.#lanes.set(path, lane);
    return lane;
  }

  #dropOneSilent(): boolean {
    if (this.#silent === 0) return false;
    for (const lane of this.#lanes.values()) {
      if (!isIdle(lane)) continue;
      this.#drop(lane);
      return true;
    }
    return false;
  }

  #drop(lane: Lane): void {
    this.#setSilent(lane, false);
    this.#lanes.delete(lane.path);
  }

  #hasRoom(lane: Lane): boolean {
    if (lane.flight === undefined && lane.queue.length === 0) return true;
    const { queuedPerPeer, queuedTotal } = this.#parts.limits;
    return lane.queue.length < queuedPerPeer && this.#queued < queuedTotal;
  }

  /** §4.7: the next message leaves when none is under way, and at the probing rate when the peer is silent. */
  #move(lane: Lane): void {
    if (lane.flight !== undefined) return;
    const next = lane.queue[0];
    if (next === undefined) {
      if (!lane.silent && this.#lanes.get(lane.path) === lane) this.#lanes.delete(lane.path);
      return;
    }
    const wait = lane.silent ? allowedAt(lane) - this.#parts.clock.now() : 0;
    if (wait > 0) {
      lane.probe ??= this.#parts.clock.after(millis(wait), () => {
        lane.probe = undefined;
        this.#move(lane);
      });
      return;
    }
    lane.queue.shift();
    this.#queued -= 1;
    next.timer?.cancel();
    this.#launch(lane, next);
  }

  #launch(lane: Lane, outgoing: Outgoing): void {
    const { clock, pacing, random } = this.#parts;
    const normal = pacing.schedule(lane.path);
    const schedule = lane.silent ? { ...normal, maxRetransmit: 0 } : normal;
    const flight: Flight = { outgoing, schedule, sentAt: clock.now(), transmission: begin(schedule, random) };
    lane.flight = flight;
    this.#transmit(flight, false);
  }

  #transmit(flight: Flight, again: boolean): void {
    const { outgoing, transmission } = flight;
    const { message, lane } = outgoing;
    const { clock, transmitted } = this.#parts;
    lane.unheard = { last: clock.now(), bytes: (lane.unheard?.bytes ?? 0) + message.bytes.length };
    outgoing.timer = clock.after(transmission.timeout, () => this.#advance(flight, "timeout"));
    transmitted(message, again);
    message.transport.send(message.bytes, message.remote);
  }

  #advance(flight: Flight, event: TransmissionEvent): void {
    const next = step(flight.transmission, event, flight.schedule);
    if (next.state !== "waiting") {
      this.#finish(flight.outgoing, next.state);
      return;
    }
    flight.transmission = next;
    this.#transmit(flight, true);
  }

  #finish(outgoing: Outgoing, outcome: Settled): void {
    const { lane, settled } = outgoing;
    const wasSent = this.#remove(outgoing);
    if (outcome !== "lost") {
      lane.unheard = undefined;
      this.#setSilent(lane, false);
    } else if (wasSent) this.#setSilent(lane, true);
    settled(outcome);
    this.#move(lane);
  }

  #cancel(outgoing: Outgoing): void {
    const { message, lane } = outgoing;
    if (this.#byId.get(key(message.path, message.messageId)) !== outgoing) return;
    const unanswered = lane.flight?.outgoing === outgoing && lane.flight.transmission.retransmissions > 0;
    this.#remove(outgoing);
    if (unanswered) this.#setSilent(lane, true);
    this.#move(lane);
  }

  /** True = it had been sent. */
  #remove(outgoing: Outgoing): boolean {
    const { message, lane, timer } = outgoing;
    timer?.cancel();
    this.#byId.delete(key(message.path, message.messageId));
    this.#parts.ids.release(message.remote, message.messageId);
    if (lane.flight?.outgoing === outgoing) {
      lane.flight = undefined;
      return true;
    }
    const at = lane.queue.indexOf(outgoing);
    if (at >= 0) {
      lane.queue.splice(at, 1);
      this.#queued -= 1;
    }
    return false;
  }

  #setSilent(lane: Lane, silent: boolean): void {
    if (lane.silent !== silent) this.#silent += silent ? 1 : -1;
    lane.silent = silent;
    if (silent) return;
    lane.unheard = undefined;
    lane.probe?.cancel();
    lane.probe = undefined;
  }
}

const isIdle = (lane: Lane): boolean => lane.flight === undefined && lane.queue.length === 0;

/** When all that was sent into the dark has been waited off at the probing rate. */
const allowedAt = ({ unheard }: Lane): Millis =>
  millis(unheard === undefined ? 0 : unheard.last + (unheard.bytes / PROBING_RATE) * 1000);

const key = (path: string, messageId: number): string => `${messageId} ${path}`;
