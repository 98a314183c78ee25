/** What simulated nodes meet besides answers, for the person at the terminal: each trouble is told once, until it is over. */
import { type Clock, type LogFacts, type Logger, type Millis, SILENT, seconds } from "../../base/index.ts";

/** Less is the weather of the network. */
const SILENCE = seconds(10);

export interface ComplaintsOptions {
  readonly gateway: string;
  readonly clock: Clock;
  tell(text: string): void;
}

export class Complaints {
  readonly #options: ComplaintsOptions;
  /** When the gateway was heard last, whatever it said; at first, since when it is asked. */
  #heard: Millis;
  #told = new Set<string>();

  constructor(options: ComplaintsOptions) {
    this.#options = options;
    this.#heard = options.clock.now();
  }

  /** A node was answered, and not refused. */
  answered(): void {
    this.#heard = this.#options.clock.now();
    this.#told.clear();
  }

  /** For the fleet: its warnings are what this listens to. */
  get log(): Logger {
    return { ...SILENT, warn: (event, facts) => this.#warned(event, facts) };
  }

  #warned(event: string, facts: LogFacts = {}): void {
    const { clock, gateway } = this.#options;
    if (event === "sim.unanswered") {
      const silence = clock.now() - this.#heard;
      if (silence >= SILENCE) {
        this.#once("silence", `no answer from ${gateway} for ${Math.round(silence / 1000)} s: is a gateway there?`);
      }
      return;
    }
    this.#heard = clock.now();
    const { endpoint, code, text } = facts;
    const why = typeof text === "string" && text !== "" ? `: ${text}` : "";
    if (event === "sim.refused") this.#once(`${code}`, `${endpoint} is refused ${code}${why}`);
    if (event === "sim.not-believed") {
      const reason = "the gateway does not know its credentials, or somebody else answers";
      this.#once("unprotected", `${endpoint} is answered ${code} without protection: ${reason}${why}`);
    }
  }

  #once(trouble: string, text: string): void {
    if (this.#told.has(trouble)) return;
    this.#told.add(trouble);
    this.#options.tell(text);
  }
}
