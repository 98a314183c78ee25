/**
 * What was denied (RFC 8341 §3.4, the counters; §3.5.1): counted, the last ones kept, and a line in the log. A manager can
 * cause them at any rate, so lines and memory are bounded, and what has no line is counted.
 */
import { type Clock, type Logger, type Millis, minutes } from "../../base/index.ts";
import type { Denial } from "./guard.ts";

const SPAN = minutes(1);
/** In a span, over all users; the same denial has one. */
const LINES = 60;
/** Denials remembered. */
const KEPT = 20;

export interface DenialCounts {
  /** Calls. */
  readonly operations: number;
  readonly writes: number;
  readonly notifications: number;
  readonly reads: number;
}

export interface PastDenial extends Denial {
  readonly at: Millis;
}

export class Denials {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #last: PastDenial[] = [];
  readonly #told = new Set<string>();
  #counts: DenialCounts = { operations: 0, writes: 0, notifications: 0, reads: 0 };
  #since: Millis;
  #untold = 0;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
    this.#since = clock.now();
  }

  get counts(): DenialCounts {
    return this.#counts;
  }

  /** Newest first. */
  last(): readonly PastDenial[] {
    return [...this.#last].reverse();
  }

  /** Left out of what was heard: counted alone, for nobody has asked for it by name. */
  unheard(): void {
    this.#counts = { ...this.#counts, notifications: this.#counts.notifications + 1 };
  }

  take(denial: Denial): void {
    const at = this.#clock.now();
    const kind = denial.operation === "exec" ? "operations" : denial.operation === "read" ? "reads" : "writes";
    this.#counts = { ...this.#counts, [kind]: this.#counts[kind] + 1 };
    this.#last.push({ ...denial, at });
    if (this.#last.length > KEPT) this.#last.shift();
    this.#tell(denial, at);
  }

  #tell({ user, operation, path }: Denial, at: Millis): void {
    if (at - this.#since >= SPAN || at < this.#since) this.#beginSpan(at);
    const line = `${user}\n${operation}\n${path}`;
    if (this.#told.has(line) || this.#told.size >= LINES) {
      this.#untold += 1;
      return;
    }
    this.#told.add(line);
    this.#log.info("access.denied", { user, operation, path });
  }

  #beginSpan(at: Millis): void {
    if (this.#untold > 0) {
      this.#log.info("access.denied-more", { count: this.#untold, seconds: (at - this.#since) / 1000 });
    }
    this.#since = at;
    this.#told.clear();
    this.#untold = 0;
  }
}
