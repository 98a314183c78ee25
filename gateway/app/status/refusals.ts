/**
 * Protected requests that were not let in, for whoever asks why a node stays silent: a line in the log, and the last of
 * each kid. Anybody can cause them at any rate, so lines and memory are bounded, and what has no line is counted.
 */
import { type Clock, type Logger, type Millis, minutes, RecentMap, toHex } from "../../base/index.ts";
import type { Refusal } from "../../coap/index.ts";

/** A kid has one line for each reason in this time, and all kids together so many. */
const SPAN = minutes(1);
const LINES = 60;
/** Kids remembered. */
const KIDS = 1024;

export interface LastRefusal {
  readonly at: Millis;
  readonly why: Refusal["why"];
  readonly path: string;
}

export class Refusals {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #last = new RecentMap<string, LastRefusal>(KIDS);
  /** With a line in this span. */
  readonly #told = new Set<string>();
  #since: Millis;
  #untold = 0;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
    this.#since = clock.now();
  }

  take({ why, kid, path }: Refusal): void {
    const at = this.#clock.now();
    const name = kid === undefined ? undefined : toHex(kid);
    if (name !== undefined) this.#last.set(name, { at, why, path });
    if (at - this.#since >= SPAN || at < this.#since) this.#beginSpan(at);
    const line = `${why} ${name}`;
    if (this.#told.size >= LINES || this.#told.has(line)) {
      this.#untold += 1;
      return;
    }
    this.#told.add(line);
    this.#log.info("oscore.refused", { why, ...(name === undefined ? {} : { kid: name }), path });
  }

  /** Of a peer by the kid of its requests; undefined when there was none, or too long ago. */
  last(kid: Uint8Array): LastRefusal | undefined {
    return this.#last.get(toHex(kid));
  }

  #beginSpan(at: Millis): void {
    if (this.#untold > 0)
      this.#log.info("oscore.refused-more", { count: this.#untold, seconds: (at - this.#since) / 1000 });
    this.#since = at;
    this.#told.clear();
    this.#untold = 0;
  }
}
