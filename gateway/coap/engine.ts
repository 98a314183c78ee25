/**
 * The CoAP engine (RFC 7252): opens each datagram in this order — source port, quick block lane, strict parse, dedup,
 * security, and then the request pipeline: options and method, Block1, Block2 snapshots, lanes, request port. The rules
 * live in the parts beside it; this file leads a datagram through the message layer.
 */
import {
  type Clock,
  type Closable,
  every,
  isCoded,
  type Logger,
  millis,
  type Peer,
  type Random,
  seconds,
  type Timer,
  UsageError,
} from "../base/index.ts";
import { codeClass, decodeMessage, EMPTY_CODE, type Message, messageLength } from "../wire/coap/index.ts";
import { Admission, type AdmissionOptions } from "./limits/admission.ts";
import { DedupTable } from "./messages/dedup.ts";
import { Answering, type Exchange, newExchange } from "./messages/exchange.ts";
import { type Link, Outlet } from "./messages/outlet.ts";
import type { OscoreRequester } from "./oscore/client/protected-request.ts";
import {
  DEFAULT_LIMITS,
  DEFAULT_PARAMETERS,
  derivedTimes,
  type Limits,
  type TransmissionParameters,
} from "./parameters.ts";
import { QuickAnswers } from "./quick-answers.ts";
import type { RequestPort } from "./request-port.ts";
import type { Answer } from "./requester/answer.ts";
import { REQUESTER_LIMITS } from "./requester/limits.ts";
import type { ObservationListener } from "./requester/observing.ts";
import { PeerTimes } from "./requester/peer-times.ts";
import type { Question } from "./requester/question.ts";
import { Requester, type RequestOptions, type RequestPeer, type Requests } from "./requester/requester.ts";
import { Handlers } from "./requests/handlers.ts";
import { type Lanes, Pipeline } from "./requests/pipeline.ts";
import { isDiscovery } from "./requests/request-reader.ts";
import type { PeerFacts, Security } from "./requests/security.ts";
import { type EngineStats, newStats } from "./stats.ts";
import { PathMemory } from "./transport/path-memory.ts";
import type { Remote, Transport } from "./transport/transport.ts";

export interface EngineOptions {
  readonly transports: readonly Transport[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly handler: RequestPort;
  readonly lanes?: Lanes;
  /** Opens what is protected; without it an OSCORE option is one that is not understood (4.02). */
  readonly security?: Security;
  /** Protects our own requests. */
  readonly oscore?: OscoreRequester;
  /** Where requests without protection are heard; elsewhere they get 4.01. Default: everywhere. */
  readonly unprotected?: (transport: Transport) => boolean;
  /** About the sender of an unprotected request. Default: nothing is known. Asked per request; must be cheap. */
  readonly peers?: (remote: Remote) => PeerFacts;
  /** Who is near, and whose air is rationed. Default: everybody, nowhere. */
  readonly admission?: AdmissionOptions;
  readonly limits?: Partial<Limits>;
  readonly parameters?: Partial<TransmissionParameters>;
}

/** How much of each bounded table is in use. */
export type KeptTable =
  | "dedup"
  | "bodies"
  | "snapshots"
  | "observations"
  | "confirmables"
  | "requests"
  | "bursts"
  | "provenPaths"
  | "airtimePeers";

const UNKNOWN_PEER: PeerFacts = { identity: undefined, nodeId: undefined, validated: false };

/** A transport as the engine tells it from the others. */
interface Door {
  readonly transport: Transport;
  readonly index: number;
  readonly unprotected: boolean;
  readonly group: boolean;
}

const linkAt = ({ transport, unprotected, group }: Door, remote: Remote, path: string): Link => ({
  transport,
  remote,
  path,
  unprotected,
  group,
});

/** One engine serves all transports of a gateway. `start` throws UsageError `port.taken`, `port.refused`. */
export class Engine implements Requests, Closable {
  readonly #options: EngineOptions;
  readonly #lifetimes: ReturnType<typeof derivedTimes>;
  readonly #stats: EngineStats = newStats();
  readonly #paths = new PathMemory();
  readonly #admission: Admission;
  readonly #outlet: Outlet;
  readonly #answering: Answering;
  readonly #handlers: Handlers;
  readonly #pipeline: Pipeline;
  readonly #requester: Requester;
  readonly #dedup: DedupTable;
  readonly #quick: QuickAnswers | undefined;
  #housekeeping: Timer | undefined;

  constructor(options: EngineOptions) {
    const { clock, random, log, handler, security, lanes = {} } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const parameters = { ...DEFAULT_PARAMETERS, ...options.parameters };
    const stats = this.#stats;
    this.#options = options;
    this.#lifetimes = derivedTimes(parameters);
    this.#dedup = new DedupTable(limits);
    this.#admission = new Admission(options.admission ?? {}, limits, clock, stats);
    this.#handlers = new Handlers(log, stats);
    const times = new PeerTimes(clock, parameters, REQUESTER_LIMITS.timedPeers);
    this.#outlet = new Outlet(clock, random, times, stats, (remote, bytes) =>
      this.#admission.charge(remote, bytes, "down"),
    );
    this.#requester = new Requester({
      clock,
      random,
      times,
      outlet: this.#outlet,
      limits: REQUESTER_LIMITS,
      oscore: options.oscore,
      linkTo: (remote, index) => this.#linkTo(remote, index),
      failed: (error) => void this.#handlers.failed("coap.listener-failed", error),
    });
    this.#answering = new Answering(this.#outlet, this.#dedup, stats, clock, limits.ackDelay);
    this.#pipeline = new Pipeline({
      clock,
      random,
      limits,
      stats,
      handler,
      security,
      lanes,
      handlers: this.#handlers,
      outlet: this.#outlet,
      answering: this.#answering,
      admission: this.#admission,
      peerAt: (link) => this.#peerAt(link),
    });
    this.#quick =
      lanes.block &&
      new QuickAnswers({
        lane: lanes.block,
        security: security?.quick,
        clock,
        admission: this.#admission,
        dedup: this.#dedup,
        outlet: this.#outlet,
        pipeline: this.#pipeline,
        peerAt: (link) => this.#peerAt(link),
        lifetime: this.#lifetimes.EXCHANGE_LIFETIME,
      });
  }

  /** Opens all transports; when one cannot be opened, none stays open. */
  async start(): Promise<void> {
    const { transports, unprotected = () => true } = this.#options;
    try {
      for (const [index, transport] of transports.entries()) {
        const { group = false } = transport;
        // Whoever asks a whole group where a gateway is has no context with it yet.
        const door: Door = { transport, index, group, unprotected: group || unprotected(transport) };
        await transport.open((datagram, remote) => this.#receive(door, datagram, remote));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#housekeeping = every(this.#options.clock, seconds(30), () => this.#purge());
  }

  async close(): Promise<void> {
    this.#housekeeping?.cancel();
    this.#requester.close();
    this.#answering.close();
    this.#pipeline.close();
    this.#outlet.close();
    await Promise.all(this.#options.transports.map((transport) => transport.close()));
  }

  request(peer: RequestPeer, question: Question, options: RequestOptions): Promise<Answer> {
    return this.#requester.request(peer, question, options);
  }

  observe(
    peer: RequestPeer,
    question: Question,
    options: RequestOptions,
    listener: ObservationListener,
  ): Promise<Closable> {
    return this.#requester.observe(peer, question, options, listener);
  }

  /** The state behind a topic changed: whoever observes it is told. */
  changed(topic: string): void {
    this.#pipeline.changed(topic);
  }

  stats(): Readonly<EngineStats> & { readonly kept: Readonly<Record<KeptTable, number>> } {
    const kept = {
      dedup: this.#dedup.size,
      ...this.#pipeline.kept,
      ...this.#admission.kept,
      confirmables: this.#outlet.outstanding,
      requests: this.#requester.size,
    };
    return { ...this.#stats, kept };
  }

  #receive(door: Door, datagram: Uint8Array, remote: Remote): void {
    this.#stats.datagramsIn += 1;
    this.#stats.bytesIn += datagram.length;
    // Nobody can be answered there, and node:dgram throws on it.
    if (remote.port === 0) {
      this.#stats.portZero += 1;
      return;
    }
    this.#lead(door, datagram, remote);
    // What waits for a peer that was silent leaves after the answer to what it said.
    if (this.#outlet.someSilent) this.#outlet.heard(this.#pathOf(remote, door.index));
  }

  #lead(door: Door, datagram: Uint8Array, remote: Remote): void {
    const { transport, index, unprotected, group } = door;
    const quick = group ? undefined : this.#quick;
    const path = this.#pathOf(remote, index);
    try {
      if (quick !== undefined && unprotected && quick.answerPlain(transport, datagram, remote, path)) return;
      if (quick?.answerProtected(transport, datagram, remote, path) === true) return;
      this.#admission.charge(remote, datagram.length, "up");
      this.#open(linkAt(door, remote, path), datagram);
    } catch (error) {
      this.#reject(linkAt(door, remote, path), datagram, error);
    }
  }

  /** RFC 7252 §4.2, §4.3: what cannot be read is reset when it is confirmable, else ignored; so is another version (§3). */
  #reject(link: Link, datagram: Uint8Array, error: unknown): void {
    if (!isCoded(error) || error.blame !== "wire") {
      this.#handlers.failed("coap.datagram-failed", error);
      return;
    }
    this.#stats.malformed += 1;
    const isCon = datagram.length >= 4 && (datagram[0]! & 0xf0) === 0x40;
    if (isCon && !link.group) this.#outlet.sendEmpty(link, "RST", (datagram[2]! << 8) | datagram[3]!);
  }

  #open(link: Link, datagram: Uint8Array): void {
    const message = decodeMessage(datagram);
    const { type, code, messageId } = message;
    if (link.group && !isDiscovery(message)) return; // §8.1: NON, and what no group needs to ask is not heard
    if (type === "ACK" || type === "RST") {
      this.#settle(link, message);
      return;
    }
    // An empty CON is a ping (§4.3), and what answers no request of ours is reset too.
    if (code === EMPTY_CODE || codeClass(code) !== 0) {
      if (isResponse(code) && this.#requester.receive(link, message)) return;
      if (type === "CON") this.#outlet.sendEmpty(link, "RST", messageId);
      return;
    }
    // A pure slice needs no memory of the request: a repeat is computed again, to the same bytes.
    if (link.unprotected && this.#pipeline.isBlockRequest(message)) {
      this.#pipeline.takeBlockRequest(newExchange(link, message, undefined));
      return;
    }
    const exchange = this.#admit(link, message);
    if (exchange !== undefined) this.#pipeline.take(exchange);
  }

  #settle(link: Link, message: Message): void {
    const { path } = link;
    const { type, code, messageId } = message;
    if (type === "ACK" && isResponse(code)) {
      this.#requester.receive(link, message);
      return;
    }
    if (code !== EMPTY_CODE) return; // §4.2: no such message
    const settled = this.#outlet.settle(path, messageId, type === "RST" ? "rst" : "ack");
    if (!settled && type === "RST") this.#pipeline.reset(path, messageId);
  }

  /** RFC 7252 §4.5: a new exchange, recorded before anything runs; undefined = a copy, and it got what it gets. */
  #admit(link: Link, message: Message): Exchange | undefined {
    const { type, messageId } = message;
    const now = this.#options.clock.now();
    const known = this.#dedup.find(link.path, messageId, now);
    if (known === undefined) {
      const lifetime = type === "CON" ? this.#lifetimes.EXCHANGE_LIFETIME : this.#lifetimes.NON_LIFETIME;
      return newExchange(link, message, this.#dedup.record(link.path, messageId, millis(now + lifetime)));
    }
    this.#stats.duplicates += 1;
    switch (known.repeat.state) {
      case "silent":
        return undefined;
      case "acknowledged":
        this.#outlet.sendEmpty(link, "ACK", messageId);
        return undefined;
      case "answered":
        if (this.#admission.mayRepeat(link.remote, messageLength(message), known.repeat.kept.length))
          this.#outlet.repeat(link, known.repeat.kept);
        return undefined;
    }
  }

  #linkTo(remote: Remote, index: number): Link {
    const { transports } = this.#options;
    const transport = transports[index];
    if (transport === undefined) throw new UsageError("request.no-transport", { index, transports: transports.length });
    return { transport, remote, path: this.#pathOf(remote, index), unprotected: false, group: false };
  }

  /** The same peer on two of our addresses is two endpoints (RFC 7252 §4.4). */
  #pathOf(remote: Remote, index: number): string {
    return index === 0 ? this.#paths.of(remote) : `${this.#paths.of(remote)} on ${index}`;
  }

  #peerAt({ remote, path }: Pick<Link, "remote" | "path">): Peer {
    const { identity, nodeId, validated } = this.#options.peers?.(remote) ?? UNKNOWN_PEER;
    return { identity, nodeId, path, validated };
  }

  #purge(): void {
    const now = this.#options.clock.now();
    this.#dedup.purge(now);
    this.#pipeline.purge(now);
    this.#options.security?.purge();
    this.#admission.purge(now);
    this.#outlet.purge(now);
    this.#requester.purge(now);
  }
}

/** RFC 7252 §12.1: the classes 2, 4 and 5. */
const isResponse = (code: number): boolean => codeClass(code) === 2 || codeClass(code) === 4 || codeClass(code) === 5;
