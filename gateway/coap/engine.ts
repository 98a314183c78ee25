/**
 * The CoAP engine (RFC 7252): opens each datagram in this order — source port, quick block lane, strict parse, dedup,
 * options and method, Block1, Block2 snapshots, lanes, request port. The rules live in the parts beside it; this file
 * leads a datagram through them.
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
} from "../base/index.ts";
import {
  type BlockOption,
  codeClass,
  decodeMessage,
  EMPTY_CODE,
  encodeBlockOption,
  encodeUint,
  type Message,
  OPTION,
} from "../wire/coap/index.ts";
import { answerBlock, isBlockRequest } from "./blockwise/block-lane.ts";
import { FastBlockLane } from "./blockwise/block-lane-fast.ts";
import { BodyTable } from "./blockwise/block1.ts";
import { SnapshotTable } from "./blockwise/block2.ts";
import { DedupTable } from "./messages/dedup.ts";
import { Answering, type Exchange, newExchange } from "./messages/exchange.ts";
import { type Link, Outlet } from "./messages/outlet.ts";
import { Notifier } from "./observe/notifier.ts";
import {
  DEFAULT_LIMITS,
  DEFAULT_PARAMETERS,
  derivedTimes,
  type Limits,
  type TransmissionParameters,
} from "./parameters.ts";
import type { BlockLane, CheckInLane, RequestPort, Response } from "./request-port.ts";
import { Handlers } from "./requests/handlers.ts";
import { type ReadRequest, readRequest, transferKey } from "./requests/request-reader.ts";
import {
  ASKED_NOTHING,
  bareReply,
  keepIfSliced,
  type Reply,
  withBlockEtag,
  writeReply,
} from "./requests/response-writer.ts";
import { type EngineStats, newStats } from "./stats.ts";
import { PathMemory } from "./transport/path-memory.ts";
import type { Remote, Transport } from "./transport/transport.ts";

/** What is known about the sender of a datagram besides its path. */
export type PeerFacts = Omit<Peer, "path">;

export interface EngineOptions {
  readonly transports: readonly Transport[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly handler: RequestPort;
  readonly lanes?: { readonly block?: BlockLane | undefined; readonly checkIn?: CheckInLane | undefined };
  /** Default: nothing is known and nothing validated. Asked per request; must be cheap. */
  readonly peers?: (remote: Remote) => PeerFacts;
  readonly limits?: Partial<Limits>;
  readonly parameters?: Partial<TransmissionParameters>;
}

/** How much of each bounded table is in use. */
export type KeptTable = "dedup" | "bodies" | "snapshots" | "observations" | "confirmables";

const UNKNOWN_PEER: PeerFacts = { identity: undefined, nodeId: undefined, validated: false };

/** One engine serves all transports of a gateway. `start` throws UsageError `port.taken`, `port.refused`. */
export class Engine implements Closable {
  readonly #options: EngineOptions;
  readonly #limits: Limits;
  readonly #lifetimes: ReturnType<typeof derivedTimes>;
  readonly #stats: EngineStats = newStats();
  readonly #paths = new PathMemory();
  readonly #outlet: Outlet;
  readonly #answering: Answering;
  readonly #handlers: Handlers;
  readonly #notifier: Notifier;
  readonly #dedup: DedupTable;
  readonly #bodies: BodyTable;
  readonly #snapshots: SnapshotTable;
  readonly #fastLane: FastBlockLane | undefined;
  readonly #lanePrefix: Uint8Array | undefined;
  #housekeeping: Timer | undefined;
  #state: "new" | "open" | "closed" = "new";

  constructor(options: EngineOptions) {
    const { clock, random, log, handler } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const parameters = { ...DEFAULT_PARAMETERS, ...options.parameters };
    const stats = this.#stats;
    this.#options = options;
    this.#limits = limits;
    this.#lifetimes = derivedTimes(parameters);
    this.#dedup = new DedupTable(limits);
    this.#bodies = new BodyTable(limits);
    this.#snapshots = new SnapshotTable(limits);
    this.#handlers = new Handlers(log, stats);
    this.#outlet = new Outlet(clock, random, parameters, stats);
    this.#answering = new Answering(this.#outlet, this.#dedup, stats, clock, limits.ackDelay);
    const parts = { clock, handler, handlers: this.#handlers, outlet: this.#outlet, snapshots: this.#snapshots };
    this.#notifier = new Notifier({ ...parts, stats, limits });
    const lane = options.lanes?.block;
    this.#fastLane = lane && new FastBlockLane(lane);
    this.#lanePrefix = lane && new TextEncoder().encode(lane.prefix);
  }

  /** Opens all transports; when one cannot be opened, none stays open. */
  async start(): Promise<void> {
    this.#state = "open";
    try {
      for (const [index, transport] of this.#options.transports.entries()) {
        await transport.open((datagram, remote) => this.#receive(transport, index, datagram, remote));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#housekeeping = every(this.#options.clock, seconds(30), () => this.#purge());
  }

  async close(): Promise<void> {
    this.#state = "closed";
    this.#housekeeping?.cancel();
    this.#answering.close();
    this.#notifier.close();
    this.#outlet.close();
    await Promise.all(this.#options.transports.map((transport) => transport.close()));
  }

  /** The state behind a topic changed: whoever observes it is told. */
  changed(topic: string): void {
    this.#notifier.changed(topic);
  }

  stats(): Readonly<EngineStats> & { readonly kept: Readonly<Record<KeptTable, number>> } {
    const kept = {
      dedup: this.#dedup.size,
      bodies: this.#bodies.size,
      snapshots: this.#snapshots.size,
      observations: this.#notifier.size,
      confirmables: this.#outlet.outstanding,
    };
    return { ...this.#stats, kept };
  }

  #receive(transport: Transport, index: number, datagram: Uint8Array, remote: Remote): void {
    this.#stats.datagramsIn += 1;
    this.#stats.bytesIn += datagram.length;
    // Nobody can be answered there, and node:dgram throws on it.
    if (remote.port === 0) {
      this.#stats.portZero += 1;
      return;
    }
    if (this.#fastLane !== undefined && this.#answerQuickly(this.#fastLane, transport, datagram, remote)) return;
    // The same peer on two of our addresses is two endpoints (RFC 7252 §4.4).
    const path = index === 0 ? this.#paths.of(remote) : `${this.#paths.of(remote)} on ${index}`;
    const link: Link = { transport, remote, path };
    try {
      this.#open(link, datagram);
    } catch (error) {
      this.#reject(link, datagram, error);
    }
  }

  #answerQuickly(lane: FastBlockLane, transport: Transport, datagram: Uint8Array, remote: Remote): boolean {
    try {
      const length = lane.answer(datagram, transport.frame(), this.#outlet.ids, remote);
      if (length === 0) return false;
      transport.sendFrame(length, remote);
      this.#outlet.count(length);
    } catch {
      return false; // an image that cannot be read: the general form meets it again and reports it
    }
    this.#served(remote, lane.id, lane.offset, lane.length);
    return true;
  }

  /** RFC 7252 §4.2, §4.3: what cannot be read is reset when it is confirmable, else ignored; so is another version (§3). */
  #reject(link: Link, datagram: Uint8Array, error: unknown): void {
    if (!isCoded(error) || error.blame !== "wire") {
      this.#handlers.failed("coap.datagram-failed", error);
      return;
    }
    this.#stats.malformed += 1;
    const isCon = datagram.length >= 4 && (datagram[0]! & 0xf0) === 0x40;
    if (isCon) this.#outlet.sendEmpty(link, "RST", (datagram[2]! << 8) | datagram[3]!);
  }

  #open(link: Link, datagram: Uint8Array): void {
    const message = decodeMessage(datagram);
    const { type, code, messageId } = message;
    if (type === "ACK" || type === "RST") {
      this.#settle(link, message);
      return;
    }
    // An empty CON is a ping (§4.3); a response here belongs to no request of ours.
    if (code === EMPTY_CODE || codeClass(code) !== 0) {
      if (type === "CON") this.#outlet.sendEmpty(link, "RST", messageId);
      return;
    }
    // A pure slice needs no memory of the request: a repeat is computed again, to the same bytes.
    if (this.#lanePrefix !== undefined && isBlockRequest(message, this.#lanePrefix)) {
      this.#answerBlockRequest(newExchange(link, message, undefined));
      return;
    }
    const exchange = this.#admit(link, message);
    if (exchange !== undefined) this.#handle(exchange);
  }

  #settle({ path }: Link, { type, code, messageId }: Message): void {
    if (code !== EMPTY_CODE && (type === "RST" || codeClass(code) === 0)) return; // §4.2: no such message
    const settled = this.#outlet.settle(path, messageId, type === "RST" ? "rst" : "ack");
    if (!settled && type === "RST") this.#notifier.reset(path, messageId);
  }

  #answerBlockRequest(exchange: Exchange): void {
    const lane = this.#options.lanes?.block;
    const read = this.#read(exchange);
    if (read === undefined || lane === undefined) return;
    this.#guard(exchange, () => {
      const { served, ...reply } = answerBlock(lane, read);
      this.#answering.reply(exchange, reply);
      if (served !== undefined) this.#served(exchange.link.remote, served.id, served.offset, served.length);
    });
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
        this.#outlet.send(link, known.repeat.bytes);
        return undefined;
    }
  }

  #handle(exchange: Exchange): void {
    this.#stats.requests += 1;
    const opened = this.#read(exchange);
    const read = opened && this.#assemble(exchange, opened);
    if (read === undefined || this.#answerFromSnapshot(exchange, read)) return;
    this.#dispatch(exchange, read);
  }

  /** Options and method; undefined when the request was refused. */
  #read(exchange: Exchange): ReadRequest | undefined {
    const verdict = readRequest(exchange.message);
    if (verdict.kind === "request") {
      exchange.noResponse = verdict.read.noResponse;
      return verdict.read;
    }
    // RFC 7252 §5.4.1: a NON with an unknown critical option is rejected, and rejecting a NON is silence (§4.3).
    if (verdict.code === "4.02" && exchange.message.type === "NON") this.#stats.refused += 1;
    else this.#refuse(exchange, bareReply(verdict.code));
    return undefined;
  }

  /** RFC 7959 §2.5, §2.9: the request with its whole body; undefined when an answer about the block was sent. */
  #assemble(exchange: Exchange, read: ReadRequest): ReadRequest | undefined {
    const { block1, size1, request, noResponse } = read;
    if (block1 === undefined) return read;
    exchange.noResponse = 0; // the sender of a block cannot go on without its answer
    const { path } = exchange.link;
    const outcome = this.#bodies.take(
      path,
      transferKey(read),
      { block: block1, size1 },
      request.payload,
      this.#options.clock.now(),
    );
    switch (outcome.kind) {
      case "whole":
        exchange.noResponse = noResponse;
        exchange.finalBlock1 = block1;
        return { ...read, request: { ...request, payload: outcome.payload } };
      case "continue":
        this.#answering.reply(exchange, bareReply("2.31", block1Option(block1)));
        return undefined;
      case "gap":
        this.#refuse(exchange, bareReply("4.08", block1Option(outcome.expected)));
        return undefined;
      case "too-large": {
        const limit = { number: OPTION.size1, value: encodeUint(this.#limits.bodyBytes) };
        this.#refuse(exchange, bareReply("4.13", block1Option({ ...block1, more: false }), limit));
        return undefined;
      }
      case "wrong-size":
        this.#refuse(exchange, bareReply("4.00"));
        return undefined;
    }
  }

  /** RFC 7959 §2.4: a later block comes from the state that the first one came from; true = answered. */
  #answerFromSnapshot(exchange: Exchange, read: ReadRequest): boolean {
    const { block2, request } = read;
    if (block2 === undefined || block2.num === 0) return false;
    const { path } = exchange.link;
    const snapshot = this.#snapshots.find(path, transferKey(read), request.payload, this.#options.clock.now());
    if (snapshot !== undefined) {
      this.#answering.reply(exchange, writeReply(snapshot, { ...ASKED_NOTHING, block2 }));
      return true;
    }
    // The rest of an answer that is gone: only these methods can be asked again without doing the work twice.
    if (request.method === "GET" || request.method === "FETCH") return false;
    this.#refuse(exchange, bareReply("4.08"));
    return true;
  }

  #dispatch(exchange: Exchange, read: ReadRequest): void {
    const { link, message } = exchange;
    const { request, block2 } = read;
    const observable = request.method === "GET" || request.method === "FETCH";
    if (observable && request.observe === 1) this.#notifier.deregister(link.path, message.token);
    const registers = observable && request.observe === 0 && (block2?.num ?? 0) === 0;
    const registering = registers ? this.#notifier.begin() : undefined;
    const peer = this.#peerAt(link.remote);

    const answer = (handlerResponse: Response): void => {
      if (this.#state !== "open") return;
      this.#guard(exchange, () => {
        if (handlerResponse.repeated === true) this.#stats.duplicates += 1;
        const response = withBlockEtag(handlerResponse, block2);
        const observe = registering && this.#notifier.register(registering, link, message, peer, read, response);
        const asked = { block2, etags: request.etags, block1: exchange.finalBlock1, observe };
        const reply = writeReply(response, asked);
        const now = this.#options.clock.now();
        keepIfSliced(this.#snapshots, link.path, read, response, reply, now);
        this.#answering.reply(exchange, reply);
      });
    };
    const waits = this.#handlers.run(() => {
      const checkIn = this.#options.lanes?.checkIn?.answer(peer, request);
      if (checkIn === undefined) return this.#options.handler(peer, request);
      // The pieces of a body are gone once it is whole: its last block's answer must be kept for a repeat.
      exchange.forgetful = exchange.finalBlock1 === undefined;
      this.#stats.checkIns += 1;
      return checkIn;
    }, answer);
    if (waits) this.#answering.acknowledgeLater(exchange);
  }

  /** A response that cannot be written, an image that cannot be read: the peer gets 5.00, the log the reason. */
  #guard(exchange: Exchange, run: () => void): void {
    try {
      run();
    } catch (error) {
      const { code } = this.#handlers.failed("coap.answer-failed", error);
      this.#answering.reply(exchange, bareReply(code));
    }
  }

  #refuse(exchange: Exchange, reply: Reply): void {
    this.#stats.refused += 1;
    this.#answering.reply(exchange, reply);
  }

  #served(remote: Remote, id: string, offset: number, length: number): void {
    this.#stats.blocksServed += 1;
    this.#stats.blockBytesServed += length;
    const lane = this.#options.lanes?.block;
    if (lane?.served === undefined) return;
    try {
      lane.served(this.#peerAt(remote), id, offset, length);
    } catch (error) {
      this.#handlers.failed("coap.served-failed", error);
    }
  }

  #peerAt(remote: Remote): Peer {
    const { identity, nodeId, validated } = this.#options.peers?.(remote) ?? UNKNOWN_PEER;
    return { identity, nodeId, path: this.#paths.of(remote), validated };
  }

  #purge(): void {
    const now = this.#options.clock.now();
    this.#dedup.purge(now);
    this.#bodies.purge(now);
    this.#snapshots.purge(now);
  }
}

const block1Option = (block: BlockOption) => ({ number: OPTION.block1, value: encodeBlockOption(block) });
