/** RFC 7252 §5.2 — a request and its way to an answer: piggybacked, separate after an empty ACK, or NON for NON. */
import { type Clock, type Millis, millis, type Peer, type Timer } from "../../base/index.ts";
import { type BlockOption, codeClass, codeOf, type DottedCode, type Message } from "../../wire/coap/index.ts";
import { type Allowance, replyLength } from "../limits/allowance.ts";
import type { Reply } from "../requests/response-writer.ts";
import type { ResponseSecurity } from "../requests/security.ts";
import type { EngineStats } from "../stats.ts";
import { ACKNOWLEDGED_REPEAT, type DedupEntry, type DedupTable, SILENT_REPEAT } from "./dedup.ts";
import type { Link, Outlet } from "./outlet.ts";

export interface Exchange {
  readonly link: Link;
  /** Once it was opened: as the peer meant it, under the type, id and token of the datagram. */
  message: Message;
  /** Whose tables it uses: a security context, or without one the path. */
  key: string;
  /** Known once the request was opened. */
  peer: Peer | undefined;
  security: ResponseSecurity | undefined;
  /** What may be sent to a stranger for this request; undefined = it is none. */
  allowance: Allowance | undefined;
  /** undefined for a block request: it is recomputed, not remembered. */
  readonly entry: DedupEntry | undefined;
  noResponse: number;
  finalBlock1: BlockOption | undefined;
  /** No entry once it is answered: a check-in, whose copies the node's reply slot answers; a request that proved nothing. */
  forgetful: boolean;
  state: "open" | "acknowledged" | "answered";
  /** Message id of the answer that left last. */
  answeredBy: number | undefined;
}

export const newExchange = (link: Link, message: Message, entry: DedupEntry | undefined): Exchange => ({
  link,
  message,
  key: link.path,
  peer: undefined,
  security: undefined,
  allowance: undefined,
  entry,
  noResponse: 0,
  finalBlock1: undefined,
  forgetful: false,
  state: "open",
  answeredBy: undefined,
});

const EMPTY_MESSAGE_BYTES = 4;

/** RFC 7967 §2.1: a bit per class of response that the client does not want. */
export const isUnwanted = (code: DottedCode, noResponse: number): boolean =>
  (noResponse & (1 << (codeClass(codeOf(code)) - 1))) !== 0;

export class Answering {
  readonly #outlet: Outlet;
  readonly #dedup: DedupTable;
  readonly #stats: EngineStats;
  readonly #clock: Clock;
  readonly #ackDelay: Millis;
  /** Exchanges that wait for their handler, in order of arrival: all have the same delay, so one timer serves them. */
  #waiting: Array<{ readonly exchange: Exchange; readonly due: Millis }> = [];
  #head = 0;
  #timer: Timer | undefined;

  constructor(outlet: Outlet, dedup: DedupTable, stats: EngineStats, clock: Clock, ackDelay: Millis) {
    this.#outlet = outlet;
    this.#dedup = dedup;
    this.#stats = stats;
    this.#clock = clock;
    this.#ackDelay = ackDelay;
  }

  /** The one answer of an exchange; a second one is ignored. */
  reply(exchange: Exchange, reply: Reply): void {
    const { link, message, entry, state, forgetful } = exchange;
    if (state === "answered") return;
    if (entry !== undefined && forgetful) this.#dedup.forget(entry);
    const isCon = message.type === "CON";
    if (isUnwanted(reply.code, exchange.noResponse)) {
      exchange.state = "answered";
      if (isCon && state === "open") this.#outlet.sendEmpty(link, "ACK", message.messageId);
      if (entry !== undefined) entry.repeat = isCon ? ACKNOWLEDGED_REPEAT : SILENT_REPEAT;
      return;
    }
    if (link.group) {
      exchange.state = "answered";
      const affordable = exchange.allowance?.spend(replyLength(reply, message.token)) ?? true;
      if (affordable) this.#outlet.sendAtLeisure(link, message.token, reply);
      return;
    }
    const outer = this.#outerOf(exchange, reply);
    if (outer === undefined) return; // nothing can be said just now; the peer asks again
    const piggybacked = isCon && state === "open";
    const messageId = piggybacked ? message.messageId : this.#outlet.freshMessageId(link);
    const type = piggybacked ? "ACK" : message.type;
    const remembered = isCon && !forgetful ? entry : undefined; // §4.5: a repeated NON is ignored
    // The copies of a CON would be counted too, so a stranger's separate answer goes once.
    if (isCon && !piggybacked && exchange.allowance !== undefined)
      this.#outlet.sendOnce(link, "NON", messageId, message.token, outer);
    else if (isCon && !piggybacked) this.#replySeparately(exchange, messageId, outer);
    else if (remembered === undefined) this.#outlet.sendOnce(link, type, messageId, message.token, outer);
    else remembered.repeat = this.#outlet.sendKept(link, type, messageId, message.token, outer);
    exchange.state = "answered";
    exchange.answeredBy = messageId;
  }

  /** Says nothing now, and a copy of the request is another request. */
  ignore(exchange: Exchange): void {
    exchange.state = "answered";
    if (exchange.entry !== undefined) this.#dedup.forget(exchange.entry);
  }

  /** One more answer to a request that has one already, as NON with its token (RFC 9177 §4.4); false = none can go. */
  another(exchange: Exchange, reply: Reply): boolean {
    const { link, message, security, noResponse } = exchange;
    if (isUnwanted(reply.code, noResponse)) return false;
    const outer = security === undefined ? reply : security.protectFresh(reply);
    if (outer === undefined) return false; // no datagram of a burst may go unprotected
    exchange.answeredBy = this.#outlet.freshMessageId(link);
    this.#outlet.sendOnce(link, "NON", exchange.answeredBy, message.token, outer);
    return true;
  }

  #outerOf({ security, allowance, message }: Exchange, reply: Reply): Reply | undefined {
    const outer = security === undefined ? reply : security.protect(reply);
    return allowance === undefined ? outer : allowance.fit(outer, message.token);
  }

  /** §5.2.2: a CON of its own, sent until it is acknowledged. */
  #replySeparately({ link, message, entry, forgetful }: Exchange, messageId: number, reply: Reply): void {
    const bytes = this.#outlet.encode("CON", messageId, message.token, reply);
    if (entry !== undefined && !forgetful) entry.repeat = this.#outlet.keep(bytes);
    this.#stats.separateResponses += 1;
    this.#outlet.sendConfirmable(link, messageId, bytes, () => undefined);
  }

  /** §5.2.2: when the answer takes long, an empty ACK keeps the peer from asking again. */
  acknowledgeLater(exchange: Exchange): void {
    if (exchange.message.type !== "CON") return;
    this.#dropAnswered();
    this.#waiting.push({ exchange, due: millis(this.#clock.now() + this.#ackDelay) });
    this.#timer ??= this.#clock.after(this.#ackDelay, () => this.#acknowledgeDue());
  }

  close(): void {
    this.#timer?.cancel();
    this.#waiting = [];
    this.#head = 0;
  }

  #acknowledgeDue(): void {
    const now = this.#clock.now();
    this.#dropAnswered();
    for (
      let next = this.#waiting[this.#head];
      next !== undefined && next.due <= now;
      next = this.#waiting[this.#head]
    ) {
      this.#acknowledge(next.exchange);
      this.#head += 1;
      this.#dropAnswered();
    }
    const next = this.#waiting[this.#head];
    this.#timer = next && this.#clock.after(millis(next.due - now), () => this.#acknowledgeDue());
  }

  #acknowledge(exchange: Exchange): void {
    exchange.state = "acknowledged";
    exchange.allowance?.spend(EMPTY_MESSAGE_BYTES);
    if (exchange.entry !== undefined) exchange.entry.repeat = ACKNOWLEDGED_REPEAT;
    this.#outlet.sendEmpty(exchange.link, "ACK", exchange.message.messageId);
  }

  /** Lets go of what was answered in time, so that a busy second does not hold all its exchanges. */
  #dropAnswered(): void {
    while (this.#waiting[this.#head]?.exchange.state === "answered") this.#head += 1;
    if (this.#head < 64 || this.#head * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#head);
    this.#head = 0;
  }
}
