/**
 * RFC 7252 §5.2, §5.3 — the requests of ours that wait for an answer: matched by the peer they were sent to and their
 * token, a piggybacked answer by its message id too. Drives the machine of `exchange.ts`.
 */
import { randomBytes } from "node:crypto";
import {
  type Clock,
  EMPTY,
  isCoded,
  type Millis,
  millis,
  type Timer,
  toHex,
  UsageError,
  WireError,
} from "../../base/index.ts";
import { encodeMessage, type Message, type MessageType } from "../../wire/coap/index.ts";
import { ACKNOWLEDGED_REPEAT, DedupTable } from "../messages/dedup.ts";
import type { Link, Outlet } from "../messages/outlet.ts";
import type { Sending, Settled } from "../messages/reliable.ts";
import type { OpenedResponse, PlainRequest } from "../oscore/client/protected-request.ts";
import { type ReadAnswer, readAnswer } from "./answer.ts";
import { type ExchangeEvent, type ExchangeState, isOver, step } from "./exchange.ts";
import type { RequesterLimits } from "./limits.ts";
import type { PeerTimes } from "./peer-times.ts";
import type { Meant } from "./question.ts";

/** RFC 7252 §5.3.1: 32 random bits keep strangers from answering in a peer's name; more would cost air on each block. */
const TOKEN_BYTES = 4;

export interface ExchangeOptions {
  /** Moment at which the caller gives up. */
  readonly until: Millis;
  readonly signal?: AbortSignal | undefined;
  /** Default: a new one. */
  readonly token?: Uint8Array | undefined;
  /** Opens what answers a protected request. */
  readonly open?: ((message: Message) => OpenedResponse) | undefined;
  /** RFC 7641: after a first answer with Observe, what else comes under this token. */
  readonly notified?: ((answer: ReadAnswer) => void) | undefined;
}

/** What became of one message. */
export type Outcome =
  | { readonly kind: "answer"; readonly answer: ReadAnswer }
  /** The security context wants this request sent anew. */
  | { readonly kind: "again"; readonly request: PlainRequest }
  /** Not protected as the request was: somebody says why, nobody knows who. */
  | { readonly kind: "unverified"; readonly answer: ReadAnswer };

interface Waiting {
  readonly id: string;
  readonly link: Link;
  readonly messageId: number;
  readonly options: ExchangeOptions;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
  readonly onAbort: () => void;
  state: ExchangeState;
  sending: Sending | undefined;
  /** Of the deadline. */
  timer: Timer | undefined;
}

export interface ExchangeParts {
  readonly clock: Clock;
  readonly outlet: Outlet;
  readonly times: PeerTimes;
  readonly limits: RequesterLimits;
}

export class Exchanges {
  readonly #parts: ExchangeParts;
  readonly #waiting = new Map<string, Waiting>();
  readonly #perPeer = new Map<string, number>();
  /** Separate responses that were acknowledged: a copy says that the ACK was lost (§4.5). */
  readonly #remembered: DedupTable;
  #closed = false;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    const { rememberedPerPeer: dedupPerPeer, rememberedTotal: dedupTotal } = parts.limits;
    this.#remembered = new DedupTable({ dedupPerPeer, dedupTotal });
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** A token that nothing under way to this peer has. */
  newToken({ path }: Link): Uint8Array {
    for (;;) {
      const token = new Uint8Array(randomBytes(TOKEN_BYTES));
      if (!this.#waiting.has(idOf(path, token))) return token;
    }
  }

  /** Sends one confirmable request and gives its one answer. Rejects with the `request.*` errors. */
  send(link: Link, meant: Meant, options: ExchangeOptions): Promise<Outcome> {
    const token = options.token ?? this.newToken(link);
    const id = idOf(link.path, token);
    const { signal } = options;
    const refusal = this.#refusal(id, link, options);
    if (refusal !== undefined) return Promise.reject(refusal);
    this.forget(link, token); // an observation that is registered anew keeps its token
    const messageId = this.#parts.outlet.freshMessageId(link);
    const { code, options: coapOptions, payload } = meant;
    const bytes = encodeMessage({ type: "CON", code, messageId, token, options: coapOptions, payload });
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        id,
        link,
        messageId,
        options,
        resolve,
        reject,
        onAbort: () => this.#happened(waiting, "abort"),
        state: "waiting-ack",
        sending: undefined,
        timer: undefined,
      };
      this.#keep(waiting);
      this.#armDeadline(waiting, options.until);
      signal?.addEventListener("abort", waiting.onAbort, { once: true });
      waiting.sending = this.#parts.outlet.sendRequest(link, messageId, bytes, (outcome) =>
        this.#happened(waiting, EVENT_OF[outcome]),
      );
      if (waiting.sending === undefined) this.#end(waiting, queueFull(link));
    });
  }

  /** What comes under this token is not wanted any more: a notification gets a RST from now on (RFC 7641 §3.6). */
  forget({ path }: Link, token: Uint8Array): void {
    const waiting = this.#waiting.get(idOf(path, token));
    if (waiting !== undefined && isOver(waiting.state)) this.#remove(waiting);
  }

  /** A response came in; false when no request of ours waits for it. */
  receive(link: Link, message: Message): boolean {
    const { type, messageId } = message;
    if (type === "CON" && this.#isRemembered(link, messageId)) {
      this.#parts.outlet.sendEmpty(link, "ACK", messageId);
      return true;
    }
    const waiting = this.#waiting.get(idOf(link.path, message.token));
    if (waiting === undefined) return false;
    // §5.3.2: a piggybacked answer has the message id of the request, and comes once.
    if (type === "ACK" && (messageId !== waiting.messageId || isOver(waiting.state))) return true;
    this.#take(waiting, message);
    return true;
  }

  purge(now: Millis): void {
    this.#remembered.purge(now);
  }

  close(): void {
    this.#closed = true;
    for (const waiting of this.#waiting.values()) {
      this.#end(waiting, new UsageError("request.aborted", { peer: waiting.link.path, what: "the gateway closes" }));
    }
  }

  #refusal(id: string, link: Link, { signal, until }: ExchangeOptions): Error | undefined {
    const { path: peer } = link;
    const { limits, clock } = this.#parts;
    if (this.#closed) return new UsageError("request.aborted", { peer, what: "the gateway closes" });
    if (signal?.aborted === true) return aborted(peer);
    if (until <= clock.now()) return new WireError("request.timeout", { peer, what: "the deadline had passed" });
    if (this.#waiting.has(id)) return undefined;
    const ofPeer = this.#perPeer.get(peer) ?? 0;
    return ofPeer >= limits.requestsPerPeer || this.#waiting.size >= limits.requestsTotal ? queueFull(link) : undefined;
  }

  #take(waiting: Waiting, message: Message): void {
    const { link, options } = waiting;
    const { type, messageId } = message;
    let outcome: Outcome | "late" | undefined;
    try {
      outcome = meaningOf(message, options.open);
    } catch (error) {
      if (!isCoded(error)) throw error;
      if (type === "CON") this.#parts.outlet.sendEmpty(link, "RST", messageId); // §4.2: rejected
      this.#settle(waiting, type);
      this.#end(waiting, error);
      return;
    }
    if (outcome === undefined) return; // RFC 8613 §8.4: dropped, the true answer may still come
    if (type === "CON") this.#acknowledge(link, messageId);
    if (outcome === "late") return;
    if (!isOver(waiting.state)) this.#answered(waiting, type, outcome);
    else if (outcome.kind === "answer") options.notified?.(outcome.answer);
  }

  #answered(waiting: Waiting, type: MessageType, outcome: Outcome): void {
    waiting.state = step(waiting.state, "response");
    this.#settle(waiting, type);
    this.#letGo(waiting);
    const goesOn = outcome.kind === "answer" && outcome.answer.observe !== undefined;
    if (!goesOn || waiting.options.notified === undefined) this.#remove(waiting);
    waiting.resolve(outcome);
  }

  /** Only a piggybacked answer says how long the way is; a separate one took the time of the work as well. */
  #settle({ link, messageId }: Waiting, type: MessageType): void {
    this.#parts.outlet.settle(link.path, messageId, type === "ACK" ? "ack" : "response");
  }

  #acknowledge(link: Link, messageId: number): void {
    const { clock, times, outlet } = this.#parts;
    const until = millis(clock.now() + times.derived(link.path).EXCHANGE_LIFETIME);
    this.#remembered.record(link.path, messageId, until).repeat = ACKNOWLEDGED_REPEAT;
    outlet.sendEmpty(link, "ACK", messageId);
  }

  #isRemembered({ path }: Link, messageId: number): boolean {
    return this.#remembered.find(path, messageId, this.#parts.clock.now()) !== undefined;
  }

  #happened(waiting: Waiting, event: ExchangeEvent): void {
    const before = waiting.state;
    if (isOver(before)) return;
    waiting.state = step(before, event);
    if (waiting.state === "acknowledged") this.#awaitSeparate(waiting);
    else if (isOver(waiting.state)) this.#end(waiting, failureOf(waiting.state, before, waiting.link.path));
  }

  /** §4.8.2: after EXCHANGE_LIFETIME nobody will answer any more, whatever the deadline says. */
  #awaitSeparate(waiting: Waiting): void {
    const { clock, times } = this.#parts;
    const over = clock.now() + times.derived(waiting.link.path).EXCHANGE_LIFETIME;
    if (over >= waiting.options.until) return;
    waiting.timer?.cancel();
    this.#armDeadline(waiting, millis(over));
  }

  #armDeadline(waiting: Waiting, until: Millis): void {
    const { clock } = this.#parts;
    waiting.timer = clock.after(millis(until - clock.now()), () => {
      if (clock.now() < until) this.#armDeadline(waiting, until);
      else this.#happened(waiting, "deadline");
    });
  }

  #end(waiting: Waiting, error: Error): void {
    if (!isOver(waiting.state)) waiting.state = "aborted";
    this.#letGo(waiting);
    this.#remove(waiting);
    waiting.reject(error); // does nothing to an observation, whose first answer has resolved
  }

  #letGo(waiting: Waiting): void {
    waiting.sending?.cancel();
    waiting.timer?.cancel();
    waiting.options.signal?.removeEventListener("abort", waiting.onAbort);
  }

  #keep(waiting: Waiting): void {
    const { path } = waiting.link;
    this.#waiting.set(waiting.id, waiting);
    this.#perPeer.set(path, (this.#perPeer.get(path) ?? 0) + 1);
  }

  #remove(waiting: Waiting): void {
    if (this.#waiting.get(waiting.id) !== waiting) return;
    this.#waiting.delete(waiting.id);
    const { path } = waiting.link;
    const left = (this.#perPeer.get(path) ?? 1) - 1;
    if (left === 0) this.#perPeer.delete(path);
    else this.#perPeer.set(path, left);
  }
}

/**
 * undefined = it proves nothing; "late" = it is the peer's, and was overtaken or came before. Throws the WireError of an
 * answer that must be rejected.
 */
function meaningOf(message: Message, open: ExchangeOptions["open"]): Outcome | "late" | undefined {
  if (open === undefined) return { kind: "answer", answer: readAnswer(message) };
  const opened = open(message);
  switch (opened.kind) {
    case "response": {
      const { code, options, payload, notificationNumber } = opened;
      return { kind: "answer", answer: readAnswer({ code, options, payload }, notificationNumber !== undefined) };
    }
    case "again":
      return opened;
    case "unverified":
      return { kind: "unverified", answer: readAnswer({ ...opened, payload: EMPTY }) };
    case "refused":
      return opened.why === "old" || opened.why === "replay" ? "late" : undefined;
  }
}

const EVENT_OF: Readonly<Record<Settled, ExchangeEvent>> = {
  acknowledged: "ack",
  reset: "rst",
  lost: "given-up",
};

function failureOf(state: ExchangeState, before: ExchangeState, peer: string): Error {
  switch (state) {
    case "lost":
      return new WireError("request.timeout", { peer, what: "nothing was acknowledged" });
    case "reset":
      return new WireError("request.reset", { peer });
    case "overdue": {
      const what = before === "acknowledged" ? "it acknowledged the request only" : "the deadline passed";
      return new WireError("request.timeout", { peer, what });
    }
    default:
      return aborted(peer);
  }
}

const aborted = (peer: string): Error =>
  new UsageError("request.aborted", { peer, what: "nobody waits for the answer" });
const queueFull = ({ path }: Link): Error => new UsageError("request.queue-full", { peer: path });

const idOf = (path: string, token: Uint8Array): string => `${toHex(token)} ${path}`;
