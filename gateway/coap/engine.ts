/**
 * The CoAP engine (RFC 7252): opens each datagram in this order — source port, quick block lane, strict parse, dedup,
 * options and method, Block1, lanes, request port — and carries answers, retransmissions and notifications back. The
 * rules live in the pure parts beside it; this file does the I/O around them.
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
  codeOf,
  type DottedCode,
  decodeMessage,
  EMPTY_CODE,
  encodeBlockOption,
  encodeEmpty,
  encodeMessage,
  encodeUint,
  type Message,
  type MessageType,
  OPTION,
} from "../wire/coap/index.ts";
import { answerBlock, isBlockRequest } from "./block-lane.ts";
import { FastBlockLane } from "./block-lane-fast.ts";
import { BodyTable } from "./block1.ts";
import { SnapshotTable } from "./block2.ts";
import { ACKNOWLEDGED_REPEAT, type DedupEntry, DedupTable, RUN_AGAIN, SILENT_REPEAT } from "./dedup.ts";
import { MessageIds } from "./message-ids.ts";
import { firstSequence, nextSequence, type Observation, ObservationTable } from "./observe.ts";
import {
  DEFAULT_LIMITS,
  DEFAULT_PARAMETERS,
  derivedTimes,
  type Limits,
  type TransmissionParameters,
} from "./parameters.ts";
import { Confirmables } from "./reliable.ts";
import type { BlockLane, CheckInLane, Request, RequestPort, Response } from "./request-port.ts";
import { type ReadRequest, readRequest } from "./request-reader.ts";
import { ASKED_NOTHING, bareReply, type Reply, withBlockEtag, writeReply } from "./response-writer.ts";
import { type EngineStats, newStats } from "./stats.ts";
import { pathOf, type Remote, type Transport } from "./transport.ts";

/** What is known about the sender of a datagram besides its path. */
export type PeerFacts = Omit<Peer, "path">;

export interface EngineOptions {
  readonly transports: readonly Transport[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly handler: RequestPort;
  readonly lanes?: { readonly block?: BlockLane; readonly checkIn?: CheckInLane };
  /** Default: nothing is known and nothing validated. */
  readonly peers?: (remote: Remote) => PeerFacts;
  readonly limits?: Partial<Limits>;
  readonly parameters?: Partial<TransmissionParameters>;
}

/** One end of a conversation: which socket, which peer, and the key of both in the tables. */
interface Link {
  readonly transport: Transport;
  readonly remote: Remote;
  readonly path: string;
}

/** A request that wants an answer. */
interface Exchange {
  readonly link: Link;
  readonly message: Message;
  /** undefined for a block request: it is recomputed, not remembered. */
  readonly entry: DedupEntry | undefined;
  noResponse: number;
  finalBlock1: BlockOption | undefined;
  /** A check-in: the node's reply slot answers repeats, so the entry holds no bytes. */
  forgetful: boolean;
  state: "open" | "acknowledged" | "answered";
}

const UNKNOWN_PEER: PeerFacts = { identity: undefined, nodeId: undefined, validated: false };
const PEER_SLOTS = 1024;

export class Engine implements Closable {
  readonly #options: EngineOptions;
  readonly #limits: Limits;
  readonly #lifetimes: { readonly CON: number; readonly NON: number };
  readonly #stats: EngineStats = newStats();
  readonly #ids: MessageIds;
  readonly #dedup: DedupTable;
  readonly #bodies: BodyTable;
  readonly #snapshots: SnapshotTable;
  readonly #observations: ObservationTable;
  readonly #confirmables: Confirmables;
  readonly #fastLane: FastBlockLane | undefined;
  readonly #lanePrefix: Uint8Array | undefined;
  /** Senders seen last, by port: a download asks some thousand times from one place. */
  readonly #recentPeers: Array<{ readonly remote: Remote; readonly peer: Peer } | undefined> = new Array(PEER_SLOTS);
  readonly #ackTimers = new Set<Timer>();
  /** Topics that changed while a registration was still being answered. */
  readonly #registering = new Set<Set<string>>();
  #dirty = new Set<string>();
  #sequence = 0;
  #housekeeping: Timer | undefined;
  #state: "new" | "open" | "closed" = "new";

  constructor(options: EngineOptions) {
    this.#options = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const parameters = { ...DEFAULT_PARAMETERS, ...options.parameters };
    const times = derivedTimes(parameters);
    this.#limits = limits;
    this.#lifetimes = { CON: times.EXCHANGE_LIFETIME, NON: times.NON_LIFETIME };
    this.#ids = new MessageIds(options.random);
    this.#dedup = new DedupTable(limits);
    this.#bodies = new BodyTable(limits);
    this.#snapshots = new SnapshotTable(limits);
    this.#observations = new ObservationTable(limits);
    this.#confirmables = new Confirmables(options.clock, options.random, parameters, (bytes) => {
      this.#stats.retransmissions += 1;
      this.#countOut(bytes);
    });
    const lane = options.lanes?.block;
    this.#fastLane = lane && new FastBlockLane(lane);
    this.#lanePrefix = lane && new TextEncoder().encode(lane.prefix);
  }

  /** Opens all transports; when one cannot be opened, none stays open. */
  async start(): Promise<void> {
    const { transports, clock } = this.#options;
    this.#state = "open";
    this.#sequence = firstSequence(clock.now());
    try {
      for (const [index, transport] of transports.entries()) {
        await transport.open((datagram, remote) => this.#receive(transport, index, datagram, remote));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#housekeeping = every(clock, seconds(30), () => this.#purge());
  }

  async close(): Promise<void> {
    this.#state = "closed";
    this.#housekeeping?.cancel();
    for (const timer of this.#ackTimers) timer.cancel();
    this.#ackTimers.clear();
    this.#confirmables.close();
    await Promise.all(this.#options.transports.map((transport) => transport.close()));
  }

  stats(): Readonly<EngineStats> & { readonly kept: Readonly<Record<KeptTable, number>> } {
    return {
      ...this.#stats,
      kept: {
        dedup: this.#dedup.size,
        bodies: this.#bodies.size,
        snapshots: this.#snapshots.size,
        observations: this.#observations.size,
        confirmables: this.#confirmables.size,
      },
    };
  }

  /** The state behind a topic changed: whoever observes it is told, once per turn of the event loop. */
  changed(topic: string): void {
    for (const topics of this.#registering) topics.add(topic);
    if (this.#dirty.size === 0) queueMicrotask(() => this.#notifyDirty());
    this.#dirty.add(topic);
  }

  // --- in ---------------------------------------------------------------------------------------------------------

  #receive(transport: Transport, index: number, datagram: Uint8Array, remote: Remote): void {
    const stats = this.#stats;
    stats.datagramsIn += 1;
    stats.bytesIn += datagram.length;
    // Nobody can be answered there, and node:dgram throws on it.
    if (remote.port === 0) {
      stats.portZero += 1;
      return;
    }
    if (this.#fastLane !== undefined && this.#answerQuickly(this.#fastLane, transport, datagram, remote)) return;
    // The same peer on two of our addresses is two endpoints (RFC 7252 §4.4).
    const path = index === 0 ? pathOf(remote) : `${pathOf(remote)} on ${index}`;
    const link: Link = { transport, remote, path };
    try {
      this.#open(link, datagram);
    } catch (error) {
      this.#reject(link, datagram, error);
    }
  }

  #answerQuickly(lane: FastBlockLane, transport: Transport, datagram: Uint8Array, remote: Remote): boolean {
    const length = lane.answer(datagram, transport.frame(), this.#ids, remote);
    if (length === 0) return false;
    transport.sendFrame(length, remote);
    this.#countOut(length);
    this.#countBlock(remote, lane.id, lane.offset, lane.length);
    return true;
  }

  /** RFC 7252 §4.2, §4.3: what cannot be read is reset when it is confirmable, else ignored. */
  #reject(link: Link, datagram: Uint8Array, error: unknown): void {
    if (!isCoded(error) || error.blame !== "wire") {
      this.#stats.failures += 1;
      this.#options.log.error("coap.datagram-failed", { path: link.path, error: describe(error) });
      return;
    }
    this.#stats.malformed += 1;
    const isCon = datagram.length >= 4 && (datagram[0]! & 0xf0) === 0x40;
    if (isCon) this.#sendReset(link, (datagram[2]! << 8) | datagram[3]!);
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
      if (type === "CON") this.#sendReset(link, messageId);
      return;
    }
    if (this.#lanePrefix !== undefined && isBlockRequest(message, this.#lanePrefix)) {
      this.#answerBlockRequest(newExchange(link, message, undefined));
      return;
    }
    const now = this.#options.clock.now();
    const known = this.#dedup.find(link.path, messageId, now);
    if (known !== undefined) {
      this.#stats.duplicates += 1;
      if (known.repeat.state === "answered") {
        this.#send(link, known.repeat.bytes);
        return;
      }
      if (known.repeat.state === "acknowledged") {
        this.#send(link, encodeEmpty("ACK", messageId));
        return;
      }
      if (known.repeat.state === "silent") return;
      known.repeat = SILENT_REPEAT; // again: from here on it is being worked on
    }
    const lifetime = type === "CON" ? this.#lifetimes.CON : this.#lifetimes.NON;
    const entry = known ?? this.#dedup.record(link.path, messageId, millis(now + lifetime));
    this.#handle(newExchange(link, message, entry));
  }

  #settle(link: Link, { type, messageId }: Message): void {
    // A response piggybacked on this ACK would answer a request, and we send none.
    const event = type === "RST" ? "rst" : "ack";
    if (this.#confirmables.settle(link.path, messageId, event) || event === "ack") return;
    this.#observations.reset(link.path, messageId);
  }

  #answerBlockRequest(exchange: Exchange): void {
    const lane = this.#options.lanes?.block;
    const read = this.#read(exchange);
    if (read === undefined || lane === undefined) return;
    const { code, options, payload, served } = answerBlock(lane, read);
    this.#reply(exchange, { ...bareReply(code), options, payload: payload ?? bareReply(code).payload });
    if (served !== undefined) this.#countBlock(exchange.link.remote, served.id, served.offset, served.length);
  }

  /** Options and method; undefined when the request was refused and the refusal sent. */
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

  #handle(exchange: Exchange): void {
    this.#stats.requests += 1;
    const opened = this.#read(exchange);
    const read = opened && this.#assemble(exchange, opened);
    if (read === undefined) return;
    const { link } = exchange;
    const later = (read.block2?.num ?? 0) > 0;
    if (later) {
      const { payload } = read.request;
      const snapshot = this.#snapshots.find(link.path, read.cacheKey, payload, this.#options.clock.now());
      if (snapshot !== undefined) {
        this.#reply(exchange, writeReply(snapshot, { ...ASKED_NOTHING, block2: read.block2 }));
        return;
      }
      // The rest of an answer that is gone: asking again is safe for these methods only.
      if (read.request.method !== "GET" && read.request.method !== "FETCH") {
        this.#refuse(exchange, bareReply("4.08"));
        return;
      }
    }
    this.#dispatch(exchange, read);
  }

  /** RFC 7959 §2.5, §2.9: the request with its whole body; undefined when an answer about the block was sent. */
  #assemble(exchange: Exchange, read: ReadRequest): ReadRequest | undefined {
    const { block1, size1 } = read;
    if (block1 === undefined) return read;
    const { path } = exchange.link;
    const now = this.#options.clock.now();
    const outcome = this.#bodies.take(path, read.cacheKey, { block: block1, size1 }, read.request.payload, now);
    const named = (block: BlockOption) => ({ number: OPTION.block1, value: encodeBlockOption(block) });
    exchange.noResponse = 0; // the sender of a block cannot go on without its answer
    switch (outcome.kind) {
      case "whole":
        exchange.noResponse = read.noResponse;
        exchange.finalBlock1 = block1;
        return { ...read, request: { ...read.request, payload: outcome.payload } };
      case "continue":
        this.#reply(exchange, bareReply("2.31", named({ ...block1, more: true })));
        return undefined;
      case "gap":
        this.#refuse(exchange, bareReply("4.08", named(outcome.expected)));
        return undefined;
      case "too-large": {
        const limit = { number: OPTION.size1, value: encodeUint(this.#limits.bodyBytes) };
        this.#refuse(exchange, bareReply("4.13", named({ ...block1, more: false }), limit));
        return undefined;
      }
      case "wrong-size":
        this.#refuse(exchange, bareReply("4.00"));
        return undefined;
    }
  }

  #dispatch(exchange: Exchange, read: ReadRequest): void {
    const { link, message } = exchange;
    const { request } = read;
    const observable = request.method === "GET" || request.method === "FETCH";
    const registers = observable && request.observe === 0 && (read.block2?.num ?? 0) === 0;
    if (observable && request.observe === 1) this.#observations.remove(link.path, message.token);
    const changedMeanwhile = new Set<string>();
    if (registers) this.#registering.add(changedMeanwhile);

    const peer = this.#peerAt(link.remote);
    const finish = (response: Response): void => {
      this.#registering.delete(changedMeanwhile);
      if (this.#state !== "open") return;
      this.#answer(exchange, read, response, registers ? peer : undefined);
      const observation = this.#observations.find(link.path, message.token);
      if (registers && observation !== undefined && changedMeanwhile.has(observation.topic))
        this.changed(observation.topic);
    };
    const result = this.#call(() => {
      const checkIn = this.#options.lanes?.checkIn?.answer(peer, request);
      if (checkIn === undefined) return this.#options.handler(peer, request);
      exchange.forgetful = true;
      this.#stats.checkIns += 1;
      return checkIn;
    });
    if (!(result instanceof Promise)) {
      finish(result);
      return;
    }
    this.#acknowledgeLater(exchange);
    void result.then(finish);
  }

  /** Calls into a handler; whatever goes wrong there becomes 5.00 without a word of ours (RFC 7252 §5.9.3.1). */
  #call(run: () => Response | Promise<Response>): Response | Promise<Response> {
    try {
      const result = run();
      return isPromise(result) ? Promise.resolve(result).catch((error) => this.#failed(error)) : result;
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): Response {
    this.#stats.failures += 1;
    this.#options.log.error("coap.handler-failed", { error: describe(error) });
    return { code: "5.00" };
  }

  // --- out --------------------------------------------------------------------------------------------------------

  /** `registering`: the peer of a request that asks to observe. */
  #answer(exchange: Exchange, read: ReadRequest, handlerResponse: Response, registering: Peer | undefined): void {
    const { link, message } = exchange;
    const { block2, cacheKey, request } = read;
    const now = this.#options.clock.now();
    const response = withBlockEtag(handlerResponse, block2);
    let observe: number | undefined;
    if (registering !== undefined) {
      const topic = response.code.startsWith("2.") ? response.observable : undefined;
      if (topic === undefined) this.#observations.remove(link.path, message.token);
      else {
        const { token } = message;
        const confirmable = message.type === "CON";
        const registration = { ...link, peer: registering, token, confirmable, request, cacheKey, block2, topic };
        if (this.#observations.register(registration, now)) observe = this.#nextSequence();
      }
    }
    const reply = writeReply(response, { block2, etags: request.etags, block1: exchange.finalBlock1, observe });
    this.#keepSnapshot(link, cacheKey, request, response, reply);
    this.#reply(exchange, reply);
  }

  /** The first block of a body that has more: the others come from this state. */
  #keepSnapshot(link: Link, cacheKey: string, request: Request, response: Response, reply: Reply): void {
    if (reply.payload.length === (response.payload?.length ?? 0) || reply.payload.length === 0) return;
    this.#snapshots.keep(link.path, cacheKey, request.payload, response, this.#options.clock.now());
  }

  #refuse(exchange: Exchange, reply: Reply): void {
    this.#stats.refused += 1;
    this.#reply(exchange, reply);
  }

  /** RFC 7252 §5.2: piggybacked while the request is not acknowledged, else separately; NON for NON. */
  #reply(exchange: Exchange, reply: Reply): void {
    const { link, message, entry } = exchange;
    const { state } = exchange;
    if (state === "answered") return;
    exchange.state = "answered";
    const forget = exchange.forgetful;
    if (isUnwanted(reply.code, exchange.noResponse)) {
      if (state === "open" && message.type === "CON") this.#send(link, encodeEmpty("ACK", message.messageId));
      if (entry !== undefined)
        entry.repeat = forget ? RUN_AGAIN : message.type === "CON" ? ACKNOWLEDGED_REPEAT : SILENT_REPEAT;
      return;
    }
    if (message.type === "NON") {
      this.#send(link, this.#encode("NON", this.#ids.next(link.remote), message.token, reply));
      if (entry !== undefined && forget) entry.repeat = RUN_AGAIN;
      return;
    }
    const separate = state === "acknowledged";
    const messageId = separate ? this.#freshMessageId(link) : message.messageId;
    const bytes = this.#encode(separate ? "CON" : "ACK", messageId, message.token, reply);
    if (entry !== undefined) entry.repeat = forget ? RUN_AGAIN : { state: "answered", bytes };
    if (!separate) {
      this.#send(link, bytes);
      return;
    }
    this.#stats.separateResponses += 1;
    this.#sendConfirmable(link, messageId, bytes, () => undefined);
  }

  #acknowledgeLater(exchange: Exchange): void {
    const { link, message, entry } = exchange;
    if (message.type !== "CON") return;
    const timer = this.#options.clock.after(this.#limits.ackDelay, () => {
      this.#ackTimers.delete(timer);
      if (exchange.state !== "open") return;
      exchange.state = "acknowledged";
      if (entry !== undefined) entry.repeat = ACKNOWLEDGED_REPEAT;
      this.#send(link, encodeEmpty("ACK", message.messageId));
    });
    this.#ackTimers.add(timer);
  }

  #notifyDirty(): void {
    const topics = this.#dirty;
    this.#dirty = new Set();
    for (const topic of topics) for (const observation of this.#observations.on(topic)) this.#notify(observation);
  }

  #notify(observation: Observation): void {
    if (this.#state !== "open") return;
    if (observation.busy) {
      observation.stale = true;
      return;
    }
    observation.busy = true;
    observation.stale = false;
    const result = this.#call(() => this.#options.handler(observation.peer, observation.request));
    if (result instanceof Promise) void result.then((response) => this.#sendNotification(observation, response));
    else this.#sendNotification(observation, result);
  }

  #sendNotification(observation: Observation, handlerResponse: Response): void {
    if (this.#state !== "open" || !this.#observations.isLive(observation)) return;
    const { block2, cacheKey, request, token } = observation;
    const now = this.#options.clock.now();
    const response = withBlockEtag(handlerResponse, block2);
    // RFC 7641 §4.2: an error is the last notification, and has no Observe option.
    const goesOn = response.code.startsWith("2.") && response.observable === observation.topic;
    const observe = goesOn ? this.#nextSequence() : undefined;
    const reply = writeReply(response, { ...ASKED_NOTHING, block2, etags: request.etags, observe });
    this.#keepSnapshot(observation, cacheKey, request, response, reply);
    const confirm = this.#observations.wantsConfirmation(observation, now);
    const messageId = this.#freshMessageId(observation);
    const bytes = this.#encode(confirm ? "CON" : "NON", messageId, token, reply);
    this.#stats.notifications += 1;
    if (!goesOn) this.#observations.remove(observation.path, token);
    if (confirm) {
      this.#sendConfirmable(observation, messageId, bytes, (acknowledged) =>
        this.#confirmed(observation, acknowledged),
      );
      return;
    }
    this.#send(observation, bytes);
    if (goesOn) this.#observations.sentUnconfirmed(observation, messageId);
    this.#released(observation);
  }

  #confirmed(observation: Observation, acknowledged: boolean): void {
    if (!this.#observations.isLive(observation)) return;
    // RFC 7641 §4.5: a client that resets or stays silent is no longer interested.
    if (!acknowledged) {
      this.#observations.remove(observation.path, observation.token);
      return;
    }
    this.#observations.confirmed(observation, this.#options.clock.now());
    this.#released(observation);
  }

  #released(observation: Observation): void {
    observation.busy = false;
    if (observation.stale) this.#notify(observation);
  }

  #nextSequence(): number {
    this.#sequence = nextSequence(this.#sequence);
    return this.#sequence;
  }

  #freshMessageId(link: Link): number {
    let id = this.#ids.next(link.remote);
    while (this.#confirmables.isOutstanding(link.path, id)) id = this.#ids.next(link.remote);
    return id;
  }

  #encode(type: MessageType, messageId: number, token: Uint8Array, { code, options, payload }: Reply): Uint8Array {
    return encodeMessage({ type, code: codeOf(code), messageId, token, options, payload });
  }

  #sendConfirmable(link: Link, messageId: number, bytes: Uint8Array, settled: (acknowledged: boolean) => void): void {
    this.#countOut(bytes.length);
    this.#confirmables.send({ ...link, messageId, bytes }, (outcome) => {
      if (outcome === "lost") this.#stats.lost += 1;
      settled(outcome === "acknowledged");
    });
  }

  #sendReset(link: Link, messageId: number): void {
    this.#stats.resetsOut += 1;
    this.#send(link, encodeEmpty("RST", messageId));
  }

  #send({ transport, remote }: Link, bytes: Uint8Array): void {
    this.#countOut(bytes.length);
    transport.send(bytes, remote);
  }

  // --- books ------------------------------------------------------------------------------------------------------

  #countOut(bytes: number): void {
    this.#stats.datagramsOut += 1;
    this.#stats.bytesOut += bytes;
  }

  #countBlock(remote: Remote, id: string, offset: number, length: number): void {
    this.#stats.blocksServed += 1;
    this.#stats.blockBytesServed += length;
    const lane = this.#options.lanes?.block;
    if (lane?.served !== undefined) lane.served(this.#peerAt(remote), id, offset, length);
  }

  #peerAt(remote: Remote): Peer {
    const slot = remote.port & (PEER_SLOTS - 1);
    const recent = this.#recentPeers[slot];
    if (recent !== undefined && recent.remote.port === remote.port && recent.remote.address === remote.address)
      return recent.peer;
    const peer: Peer = { ...(this.#options.peers?.(remote) ?? UNKNOWN_PEER), path: pathOf(remote) };
    this.#recentPeers[slot] = { remote, peer };
    return peer;
  }

  #purge(): void {
    const now = this.#options.clock.now();
    this.#dedup.purge(now);
    this.#bodies.purge(now);
    this.#snapshots.purge(now);
  }
}

type KeptTable = "dedup" | "bodies" | "snapshots" | "observations" | "confirmables";

const newExchange = (link: Link, message: Message, entry: DedupEntry | undefined): Exchange => ({
  link,
  message,
  entry,
  noResponse: 0,
  finalBlock1: undefined,
  forgetful: false,
  state: "open",
});

/** RFC 7967 §2.1: a bit per class of response that the client does not want. */
const isUnwanted = (code: DottedCode, noResponse: number): boolean =>
  noResponse !== 0 && (noResponse & (1 << (codeClass(codeOf(code)) - 1))) !== 0;

const isPromise = (value: Response | Promise<Response>): value is Promise<Response> =>
  typeof (value as { then?: unknown }).then === "function";

const describe = (error: unknown): string =>
  isCoded(error) ? error.code : error instanceof Error ? (error.stack ?? error.message) : String(error);
