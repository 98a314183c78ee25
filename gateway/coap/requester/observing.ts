/**
 * RFC 7641 §3 — one observation of ours: registered, kept fresh, told of each newer state, ended by either side. Large
 * states come as their first block; the rest is fetched (RFC 7959 §2.6), and dropped when a newer state comes meanwhile.
 */
import { type Clock, type Closable, type Millis, millis, type Random, seconds, type Timer } from "../../base/index.ts";
import { encodeUint, OPTION, type OptionValue } from "../../wire/coap/index.ts";
import { type Answer, isSuccess, type ReadAnswer } from "./answer.ts";
import { isNewer, type Notified } from "./freshness.ts";
import { DEFAULT_MAX_AGE, FAREWELL_DEADLINE, RENEWAL_DEADLINE, REREGISTER_AFTER, REREGISTER_SPREAD } from "./limits.ts";
import type { Question } from "./question.ts";
import { type Ask, fetchAfter, type Part, type TransferOptions, transfer } from "./transfer.ts";

export interface ObservationListener {
  /** The newest state. */
  notified(answer: Answer): void;
  /** Nothing comes any more: the peer said so by this answer, or it cannot be reached. Not called after `close`. */
  ended(why: { readonly answer: Answer } | { readonly error: unknown }): void;
}

/** What an observation needs of the requester that made it. */
export interface ObservingParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly question: Question;
  readonly transfer: TransferOptions;
  readonly listener: ObservationListener;
  /** One message, if need be under the token of the observation; when it registers, what follows goes to `notified`. */
  readonly send: (part: Part, how: SendHow) => Promise<ReadAnswer>;
  /** From now on notifications are reset. */
  readonly forget: () => void;
  readonly gone: () => void;
  /** The listener threw: its own affair, and not the peer's. */
  readonly failed: (error: unknown) => void;
}

export interface SendHow {
  readonly underToken: boolean;
  readonly registers: boolean;
  readonly notified: (answer: ReadAnswer) => void;
  readonly until: Millis;
  readonly signal: AbortSignal | undefined;
}

export class Observing implements Closable {
  readonly #parts: ObservingParts;
  readonly #stop = new AbortController();
  /** By us: then the listener hears nothing more. */
  #closed = false;
  #last: Notified | undefined;
  /** What came last and is not delivered yet. */
  #newest: ReadAnswer | undefined;
  #fetching: AbortController | undefined;
  #delivering = false;
  #registering = false;
  #renewal: Timer | undefined;
  /** Notifications that were newer than what was known. */
  #arrivals = 0;

  constructor(parts: ObservingParts) {
    this.#parts = parts;
  }

  /** Asks for the state and to be told of the next ones; the listener gets them all, this one included. */
  async register(until: Millis, signal: AbortSignal | undefined): Promise<void> {
    const both = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    const { question, transfer: options } = this.#parts;
    const before = this.#arrivals;
    this.#registering = true;
    try {
      const answer = await transfer(question, options, this.#ask(0, until, both));
      if (this.#stop.signal.aborted) return;
      if (this.#arrivals === before) this.#tell(answer);
      else this.#renewAfter(answer); // a newer state has come while the rest of this one was fetched
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      this.#registering = false;
    }
  }

  /** §3.6: the peer is told; whether it hears that or not, nothing is delivered from now on. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#end()) return;
    const { clock, question, transfer: options } = this.#parts;
    const until = millis(clock.now() + FAREWELL_DEADLINE);
    try {
      await transfer(question, options, this.#ask(1, until, undefined));
    } catch {
      // A peer that did not hear it learns it from the RST that its next notification gets.
    }
  }

  /** Without a word to the peer. */
  drop(): void {
    this.#closed = true;
    this.#end();
  }

  /** The message with the Observe option is the request itself; blocks before it and after it go without (RFC 7959 §2.6). */
  #ask(observe: 0 | 1, until: Millis, signal: AbortSignal | undefined): Ask {
    const option: OptionValue = { number: OPTION.observe, value: encodeUint(observe) };
    const how = { notified: (answer: ReadAnswer) => this.#arrived(answer), until, signal };
    return async (part) => {
      if (part.phase !== "request") return this.#parts.send(part, { ...how, underToken: false, registers: false });
      const asked = { ...part, options: [...part.options, option] };
      const answer = await this.#parts.send(asked, { ...how, underToken: true, registers: observe === 0 });
      if (observe === 0) this.#remember(answer);
      return answer;
    };
  }

  /** §3.4: true = newer than what is known. */
  #remember({ observe, ordered }: ReadAnswer): boolean {
    if (observe === undefined || ordered) return true;
    const next = { sequence: observe, at: this.#parts.clock.now() };
    if (this.#last !== undefined && !isNewer(next, this.#last)) return false;
    this.#last = next;
    return true;
  }

  #arrived(answer: ReadAnswer): void {
    if (this.#stop.signal.aborted || !this.#remember(answer)) return;
    this.#arrivals += 1;
    this.#newest = answer;
    this.#fetching?.abort(); // the rest of an older state is of no use
    if (!this.#delivering) void this.#deliver();
  }

  async #deliver(): Promise<void> {
    this.#delivering = true;
    for (let first = this.#takeNewest(); first !== undefined; first = this.#takeNewest()) {
      try {
        const answer = await this.#whole(first);
        if (this.#stop.signal.aborted) break;
        this.#tell(answer);
      } catch {
        if (this.#stop.signal.aborted) break;
        // Dropped for a newer state; or this one changed while it was fetched, and is asked for as a whole.
        if (this.#newest === undefined) this.#renew();
      }
    }
    this.#delivering = false;
  }

  #takeNewest(): ReadAnswer | undefined {
    const newest = this.#newest;
    this.#newest = undefined;
    return newest;
  }

  #whole(first: ReadAnswer): Promise<Answer> {
    const { clock, question, transfer: options } = this.#parts;
    this.#fetching = new AbortController();
    const signal = AbortSignal.any([this.#fetching.signal, this.#stop.signal]);
    const until = millis(clock.now() + RENEWAL_DEADLINE);
    return fetchAfter(question, first, options, this.#ask(0, until, signal));
  }

  #tell(answer: Answer): void {
    // §4.2: an error, or a state without a sequence number, is the last that comes.
    if (answer.observe === undefined || !isSuccess(answer.code)) {
      if (this.#end()) this.#guard((listener) => listener.ended({ answer }));
      return;
    }
    this.#renewAfter(answer);
    this.#guard((listener) => listener.notified(answer));
  }

  #guard(call: (listener: ObservationListener) => void): void {
    try {
      call(this.#parts.listener);
    } catch (error) {
      this.#parts.failed(error);
    }
  }

  /** §3.3.1: when a state outlives its Max-Age, the peer may have forgotten us: registered anew, under the same token. */
  #renewAfter({ maxAge }: Answer): void {
    const { clock, random } = this.#parts;
    const fresh = maxAge === undefined ? DEFAULT_MAX_AGE : seconds(maxAge);
    const due = millis(clock.now() + fresh + REREGISTER_AFTER + random.next() * REREGISTER_SPREAD);
    this.#renewAt(due);
  }

  #renewAt(due: Millis): void {
    const { clock } = this.#parts;
    this.#renewal?.cancel();
    this.#renewal = clock.after(millis(due - clock.now()), () => {
      if (clock.now() < due) this.#renewAt(due);
      else this.#renew();
    });
  }

  #renew(): void {
    if (this.#stop.signal.aborted || this.#registering) return;
    this.register(millis(this.#parts.clock.now() + RENEWAL_DEADLINE), undefined).catch((error: unknown) => {
      if (!this.#closed) this.#guard((listener) => listener.ended({ error }));
    });
  }

  /** False = it had ended before. */
  #end(): boolean {
    if (this.#stop.signal.aborted) return false;
    this.#stop.abort();
    this.#renewal?.cancel();
    this.#parts.forget();
    this.#parts.gone();
    return true;
  }
}
