/** RFC 7252 §4.2 — messages of ours that want an acknowledgement: retransmission with exponential back-off. */
import { type Clock, type Millis, millis, type Random, type Timer } from "../../base/index.ts";
import type { TransmissionParameters } from "../parameters.ts";
import type { Remote, Transport } from "../transport/transport.ts";

export type Transmission =
  | { readonly state: "waiting"; readonly retransmissions: number; readonly timeout: Millis }
  | { readonly state: "acknowledged" }
  | { readonly state: "reset" }
  | { readonly state: "lost" };
export type Settled = Exclude<Transmission["state"], "waiting">;
type TransmissionEvent = "timeout" | "ack" | "rst";

/** §4.2: the first timeout is random between ACK_TIMEOUT and ACK_TIMEOUT * ACK_RANDOM_FACTOR. */
export const begin = (parameters: TransmissionParameters, random: Random): Waiting => ({
  state: "waiting",
  retransmissions: 0,
  timeout: millis(parameters.ACK_TIMEOUT * (1 + random.next() * (parameters.ACK_RANDOM_FACTOR - 1))),
});

type Waiting = Extract<Transmission, { state: "waiting" }>;

export function step(now: Transmission, event: TransmissionEvent, parameters: TransmissionParameters): Transmission {
  if (now.state !== "waiting") return now;
  switch (event) {
    case "ack":
      return { state: "acknowledged" };
    case "rst":
      return { state: "reset" };
    case "timeout":
      if (now.retransmissions >= parameters.MAX_RETRANSMIT) return { state: "lost" };
      return { state: "waiting", retransmissions: now.retransmissions + 1, timeout: millis(now.timeout * 2) };
  }
}

interface Outstanding {
  transmission: Transmission;
  timer: Timer;
  readonly settled: (outcome: Settled) => void;
}

export interface Confirmable {
  readonly transport: Transport;
  readonly remote: Remote;
  readonly path: string;
  readonly messageId: number;
  /** Retransmitted unchanged: under OSCORE a second ciphertext would be a second message. */
  readonly bytes: Uint8Array;
}

/** The driver: all CON messages that are not settled yet, by path and message id. */
export class Confirmables {
  readonly #outstanding = new Map<string, Outstanding>();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #parameters: TransmissionParameters;
  readonly #onRetransmit: (bytes: number) => void;

  constructor(clock: Clock, random: Random, parameters: TransmissionParameters, onRetransmit: (bytes: number) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#parameters = parameters;
    this.#onRetransmit = onRetransmit;
  }

  get size(): number {
    return this.#outstanding.size;
  }

  isOutstanding(path: string, messageId: number): boolean {
    return this.#outstanding.has(key(path, messageId));
  }

  send(message: Confirmable, settled: (outcome: Settled) => void): void {
    const id = key(message.path, message.messageId);
    const transmission = begin(this.#parameters, this.#random);
    const outstanding: Outstanding = { transmission, timer: this.#arm(id, message, transmission), settled };
    this.#outstanding.set(id, outstanding);
    message.transport.send(message.bytes, message.remote);
  }

  /** An ACK or RST arrived; false when nothing waits for it. */
  settle(path: string, messageId: number, event: "ack" | "rst"): boolean {
    return this.#advance(key(path, messageId), event) !== undefined;
  }

  close(): void {
    for (const { timer } of this.#outstanding.values()) timer.cancel();
    this.#outstanding.clear();
  }

  #advance(id: string, event: TransmissionEvent): Transmission | undefined {
    const outstanding = this.#outstanding.get(id);
    if (outstanding === undefined) return undefined;
    outstanding.transmission = step(outstanding.transmission, event, this.#parameters);
    if (outstanding.transmission.state !== "waiting") {
      outstanding.timer.cancel();
      this.#outstanding.delete(id);
      outstanding.settled(outstanding.transmission.state);
    }
    return outstanding.transmission;
  }

  #arm(id: string, message: Confirmable, { timeout }: Waiting): Timer {
    return this.#clock.after(timeout, () => {
      const next = this.#advance(id, "timeout");
      const outstanding = this.#outstanding.get(id);
      if (next?.state !== "waiting" || outstanding === undefined) return;
      message.transport.send(message.bytes, message.remote);
      this.#onRetransmit(message.bytes.length);
      outstanding.timer = this.#arm(id, message, next);
    });
  }
}

const key = (path: string, messageId: number): string => `${messageId} ${path}`;
