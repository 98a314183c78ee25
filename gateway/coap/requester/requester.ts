/**
 * What the gateway asks its nodes, on the socket that they know (RFC 7252 §5; ARCHITECTURE "One CoAP engine"): requests
 * with their whole answers, and observations. Under a security context each message is protected by itself, blocks too.
 */
import {
  type Clock,
  type Closable,
  type Credential,
  type Millis,
  type Random,
  UsageError,
  WireError,
} from "../../base/index.ts";
import { type Message, OPTION, type Szx, sortOptions } from "../../wire/coap/index.ts";
import type { Link, Outlet } from "../messages/outlet.ts";
import type { OscoreRequester, PlainRequest, ProtectedRequest } from "../oscore/client/protected-request.ts";
import type { Remote } from "../transport/transport.ts";
import type { Answer, ReadAnswer } from "./answer.ts";
import { type ExchangeOptions, Exchanges, type Outcome } from "./exchanges.ts";
import type { RequesterLimits } from "./limits.ts";
import { numericRemote } from "./numeric.ts";
import { type ObservationListener, Observing } from "./observing.ts";
import type { PeerRhythm, PeerTimes } from "./peer-times.ts";
import { type Meant, meantOf, type Question } from "./question.ts";
import { type Part, transfer } from "./transfer.ts";

/** Whom to ask. */
export interface RequestPeer extends PeerRhythm {
  /** A numeric address. */
  readonly remote: Remote;
  /** Which of the engine's transports it is reached by; default: the first. */
  readonly transport?: number;
  /** Requests are protected with it, and only protected answers count. */
  readonly credential?: Credential | undefined;
  /** The largest block it likes: 2^(szx+4) bytes. Default: 1024. */
  readonly szx?: Szx;
}

export interface RequestOptions {
  /** The moment, by the gateway's clock, at which the caller gives up: waiting for a silent peer, too, ends then. */
  readonly deadline: Millis;
  readonly signal?: AbortSignal | undefined;
}

/** The port for services and faces that ask nodes. */
export interface Requests {
  /** The whole answer, an error of the peer (4.04, say) included. Rejects with the `request.*` errors. */
  request(peer: RequestPeer, question: Question, options: RequestOptions): Promise<Answer>;
  /**
   * RFC 7641, GET or FETCH. Resolves when the peer answered; the listener gets that state and all newer ones until
   * `close`, which also tells the peer. A peer that cannot promise more says so: `ended` with the one answer.
   */
  observe(
    peer: RequestPeer,
    question: Question,
    options: RequestOptions,
    listener: ObservationListener,
  ): Promise<Closable>;
}

export interface RequesterParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly outlet: Outlet;
  readonly times: PeerTimes;
  readonly limits: RequesterLimits;
  readonly oscore: OscoreRequester | undefined;
  readonly linkTo: (remote: Remote, transport: number) => Link;
  /** Of a listener that threw. */
  readonly failed: (error: unknown) => void;
}

/** RFC 9175 §2.3: a demand for Echo is met once; RFC 8613 Appendix B.2 takes two more before it. */
const TRIES = 4;

export class Requester implements Requests, Closable {
  readonly #parts: RequesterParts;
  readonly #exchanges: Exchanges;
  readonly #observing = new Set<Observing>();

  constructor(parts: RequesterParts) {
    this.#parts = parts;
    this.#exchanges = new Exchanges(parts);
  }

  /** Requests under way and observations. */
  get size(): number {
    return this.#exchanges.size;
  }

  async request(peer: RequestPeer, question: Question, { deadline, signal }: RequestOptions): Promise<Answer> {
    const link = this.#linkTo(peer);
    const { answerBytes } = this.#parts.limits;
    return transfer(question, { peer: link.path, szx: peer.szx, answerBytes }, (part) =>
      this.#send(link, peer, question, part, { until: deadline, signal }),
    );
  }

  async observe(
    peer: RequestPeer,
    question: Question,
    { deadline, signal }: RequestOptions,
    listener: ObservationListener,
  ): Promise<Closable> {
    const { clock, random, limits, failed } = this.#parts;
    const link = this.#linkTo(peer);
    const token = this.#exchanges.newToken(link);
    const observing: Observing = new Observing({
      clock,
      random,
      question,
      transfer: { peer: link.path, szx: peer.szx, answerBytes: limits.answerBytes },
      listener,
      failed,
      send: (part, { registers, underToken, notified, until, signal: stop }) =>
        this.#send(link, peer, question, part, {
          until,
          signal: stop,
          token: underToken ? token : undefined,
          notified: registers ? notified : undefined,
        }),
      forget: () => this.#exchanges.forget(link, token),
      gone: () => void this.#observing.delete(observing),
    });
    this.#observing.add(observing);
    await observing.register(deadline, signal);
    return observing;
  }

  /** A response came in; false when nobody waits for it. */
  receive(link: Link, message: Message): boolean {
    return this.#exchanges.receive(link, message);
  }

  purge(now: Millis): void {
    this.#exchanges.purge(now);
  }

  close(): void {
    for (const observing of this.#observing) observing.drop();
    this.#exchanges.close();
  }

  #linkTo(peer: RequestPeer): Link {
    const link = this.#parts.linkTo(numericRemote(peer.remote), peer.transport ?? 0);
    this.#parts.times.note(link.path, peer);
    return link;
  }

  async #send(
    link: Link,
    peer: RequestPeer,
    question: Question,
    { phase, options, payload }: Part,
    how: ExchangeOptions,
  ): Promise<ReadAnswer> {
    // RFC 7252 §5.10.6.2: a stored answer is asked about once. libcoap 4.3.5 takes a block with an ETag for another request.
    const meant = meantOf(phase === "rest" ? { ...question, etags: [] } : question, options, payload);
    return peer.credential === undefined
      ? this.#sendPlain(link, meant, how)
      : this.#sendProtected(link, meant, peer.credential, how);
  }

  async #sendPlain(link: Link, meant: Meant, how: ExchangeOptions): Promise<ReadAnswer> {
    const first = answerOf(await this.#exchanges.send(link, meant, how), link);
    if (first.code !== "4.01" || first.echo === undefined) return first;
    return answerOf(await this.#exchanges.send(link, withEcho(meant, first.echo), how), link);
  }

  async #sendProtected(link: Link, meant: Meant, credential: Credential, how: ExchangeOptions): Promise<ReadAnswer> {
    let request: PlainRequest = meant;
    let outerEcho: Uint8Array | undefined;
    let keys: "ours" | "anew" | "renewed" = "ours";
    for (let tries = 1; ; tries++) {
      const sealed = this.#protect(link, credential, request, keys === "anew");
      if (keys === "anew") keys = "renewed";
      const outer: Meant = outerEcho === undefined ? sealed : withEcho(sealed, outerEcho);
      const outcome = await this.#exchanges.send(link, outer, { ...how, open: (message) => sealed.open(message) });
      if (outcome.kind === "again" && tries < TRIES) {
        request = outcome.request;
        continue;
      }
      // RFC 9175 §2.4: who must not amplify for strangers asks outside, before it spends work on opening.
      const demanded = outcome.kind === "unverified" ? outcome.answer.echo : undefined;
      // RFC 8613 Appendix B.2: a peer that does not know our keys may have lost those of its last life.
      if (
        outcome.kind === "unverified" &&
        outcome.answer.code === "4.01" &&
        demanded === undefined &&
        keys === "ours"
      ) {
        keys = "anew";
        continue;
      }
      if (demanded === undefined || outerEcho !== undefined || tries >= TRIES) return answerOf(outcome, link);
      outerEcho = demanded;
    }
  }

  #protect({ path }: Link, credential: Credential, request: PlainRequest, rederive: boolean): ProtectedRequest {
    const sealed = this.#parts.oscore?.protectRequest(credential, request, { rederive });
    if (sealed === undefined) throw new UsageError("request.no-context", { peer: path });
    return sealed;
  }
}

function answerOf(outcome: Outcome, { path: peer }: Link): ReadAnswer {
  switch (outcome.kind) {
    case "answer":
      return outcome.answer;
    case "again":
      throw new WireError("request.answer", { what: `${peer} asked for the same request again and again` });
    case "unverified":
      throw new WireError("request.unprotected-answer", { peer, code: outcome.answer.code });
  }
}

const withEcho = ({ code, options, payload }: Meant, echo: Uint8Array): Meant => ({
  code,
  options: sortOptions([
    ...options.filter(({ number }) => number !== OPTION.echo),
    { number: OPTION.echo, value: echo },
  ]),
  payload,
});
