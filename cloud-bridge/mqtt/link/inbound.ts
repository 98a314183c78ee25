/**
 * What comes in on one connection: taken in the order of arrival, several at a time, acknowledged in that order too
 * (MQTT 5.0 §4.6, MQTT 3.1.1 §4.6) and only once it is taken.
 */
import { type Clock, explain, type Logger, StoreError, type Timer } from "../../../gateway/base/index.ts";
import type { Arrival, Inbound } from "./connection.ts";
import { backoff } from "./link-machine.ts";

/** Commands on their way at once; MQTT 5 tells the broker so. */
export const INBOUND_MAXIMUM = 20;

interface Taking {
  readonly arrival: Arrival;
  /** `left`: a fault of ours; the broker has it until the next connection. */
  state: "waiting" | "running" | "taken" | "left";
}

export interface InboundOptions {
  readonly take: (message: Inbound) => Promise<void>;
  readonly realtime: Clock;
  readonly log: Logger;
}

export class InboundLane {
  readonly #options: InboundOptions;
  /** Not acknowledged yet, oldest first. */
  readonly #takings: Taking[] = [];
  readonly #held: Array<() => void> = [];
  #failures = 0;
  #timer: Timer | undefined;
  #opened = false;
  #over = false;

  constructor(options: InboundOptions) {
    this.#options = options;
  }

  /** A promise = no more for now: a broker of MQTT 3.1.1 knows no Receive Maximum, and QoS 0 has none. */
  received(arrival: Arrival): Promise<void> | undefined {
    if (this.#over) return undefined;
    this.#takings.push({ arrival, state: "waiting" });
    this.#takeAll();
    if (this.#takings.length < INBOUND_MAXIMUM) return undefined;
    return new Promise((resolve) => this.#held.push(resolve));
  }

  /** From now on an answer finds its way out. A kept session brings messages together with the CONNACK, and they waited for this. */
  open(): void {
    this.#opened = true;
    this.#takeAll();
  }

  /** The line is gone: what is not acknowledged comes again. */
  close(): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#takings.length = 0;
    for (const resolve of this.#held.splice(0)) resolve();
  }

  #takeAll(): void {
    if (!this.#opened || this.#timer !== undefined) return;
    for (const taking of this.#takings) if (taking.state === "waiting") this.#take(taking);
  }

  #take(taking: Taking): void {
    taking.state = "running";
    this.#options.take(taking.arrival.message).then(
      () => {
        taking.state = "taken";
        this.#failures = 0;
        this.#acknowledge();
      },
      (error: unknown) => this.#failed(taking, error),
    );
  }

  /** Our backing is away: all that wait are tried again, in their order. Anything else a second try would not mend. */
  #failed(taking: Taking, error: unknown): void {
    if (this.#over) return;
    const { topic } = taking.arrival.message;
    const away = error instanceof StoreError;
    this.#options.log[away ? "warn" : "error"]("mqtt.command-not-taken", { topic, error: explain(error) });
    taking.state = away ? "waiting" : "left";
    if (!away) this.#acknowledge();
    else if (this.#timer === undefined) {
      this.#timer = this.#options.realtime.after(backoff(this.#failures++, 1), () => {
        this.#timer = undefined;
        this.#takeAll();
      });
    }
  }

  #acknowledge(): void {
    if (this.#over) return;
    let done = 0;
    for (const { state, arrival } of this.#takings) {
      if (state !== "taken" && state !== "left") break;
      if (state === "taken") arrival.acknowledge();
      done += 1;
    }
    this.#takings.splice(0, done);
    if (this.#takings.length < INBOUND_MAXIMUM) this.#held.shift()?.();
  }
}
