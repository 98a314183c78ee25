/**
 * A request's way from an exchange to its answer (RFC 7252 §5): options and method, Block1, Block2 snapshots, lanes,
 * request port. The engine below it has read and admitted the message; each step here either goes on or answers.
 */
import { type Clock, EMPTY, type Millis, type Peer, type Random } from "../../base/index.ts";
import type { BlockOption, Message } from "../../wire/coap/index.ts";
import { type BlockServed, isBlockRequest } from "../blockwise/block-lane.ts";
import { SnapshotTable } from "../blockwise/block2.ts";
import { Bursts } from "../blockwise/qblock2-bursts.ts";
import type { Admission } from "../limits/admission.ts";
import { wantsProof } from "../limits/allowance.ts";
import type { Answering, Exchange } from "../messages/exchange.ts";
import type { Link, Outlet } from "../messages/outlet.ts";
import { Notifier } from "../observe/notifier.ts";
import type { Limits } from "../parameters.ts";
import type { AuthorLane, BlockLane, CheckInLane, Request, RequestPort, Response } from "../request-port.ts";
import type { EngineStats } from "../stats.ts";
import { Assembly, isBlock } from "./assembly.ts";
import { BurstAnswers } from "./burst-answers.ts";
import { forward } from "./forward.ts";
import type { Handlers } from "./handlers.ts";
import { LaneAnswers } from "./lane-answers.ts";
import { type ReadRequest, readRequest, transferKey } from "./request-reader.ts";
import {
  ASKED_NOTHING,
  type Asked,
  bareReply,
  isPartOfMore,
  keepIfSliced,
  type Reply,
  withBlockEtag,
  writeReply,
} from "./response-writer.ts";
import { isProtected, type Security } from "./security.ts";

export interface Lanes {
  readonly block?: BlockLane | undefined;
  readonly checkIn?: CheckInLane | undefined;
  /** The forward proxy; without it every Proxy-Uri is 5.05. */
  readonly authors?: AuthorLane | undefined;
}

export interface PipelineParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
  readonly stats: EngineStats;
  readonly handler: RequestPort;
  readonly security: Security | undefined;
  readonly handlers: Handlers;
  readonly lanes: Lanes;
  readonly outlet: Outlet;
  readonly answering: Answering;
  readonly admission: Admission;
  readonly peerAt: (link: Pick<Link, "remote" | "path">) => Peer;
}

export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #assembly: Assembly;
  readonly #snapshots: SnapshotTable;
  readonly #notifier: Notifier;
  readonly #bursts: Bursts;
  readonly #burstAnswers: BurstAnswers;
  readonly #laneAnswers: LaneAnswers | undefined;
  readonly #lanePrefix: Uint8Array | undefined;
  #closed = false;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#assembly = new Assembly(parts.limits);
    this.#snapshots = new SnapshotTable(parts.limits);
    this.#notifier = new Notifier({ ...parts, snapshots: this.#snapshots });
    this.#bursts = new Bursts({ ...parts, failed: (error) => void parts.handlers.failed("coap.burst-failed", error) });
    this.#burstAnswers = new BurstAnswers({ ...parts, bursts: this.#bursts });
    const { block: lane } = parts.lanes;
    const peerOf = (exchange: Exchange): Peer => this.#peerOf(exchange);
    this.#laneAnswers = lane && new LaneAnswers({ ...parts, lane, peerOf, burstAnswers: this.#burstAnswers });
    this.#lanePrefix = lane && new TextEncoder().encode(lane.prefix);
  }

  get kept() {
    return {
      bodies: this.#assembly.size,
      snapshots: this.#snapshots.size,
      bursts: this.#bursts.size,
      observations: this.#notifier.size,
    };
  }

  close(): void {
    this.#closed = true;
    this.#notifier.close();
    this.#bursts.close();
  }

  changed(topic: string): void {
    this.#notifier.changed(topic);
  }

  /** RFC 7641 §3.6: a RST to a notification; or to one block of many. */
  reset(path: string, messageId: number): void {
    this.#notifier.reset(path, messageId);
    this.#bursts.reset(path, messageId);
  }

  purge(now: Millis): void {
    this.#assembly.purge(now);
    this.#snapshots.purge(now);
  }

  /** Is it for the block lane? */
  isBlockRequest(message: Message): boolean {
    return this.#lanePrefix !== undefined && isBlockRequest(message, this.#lanePrefix);
  }

  take(exchange: Exchange): void {
    this.#parts.stats.requests += 1;
    this.#allow(exchange);
    if (!this.#open(exchange) || !this.#forward(exchange)) return;
    if (this.isBlockRequest(exchange.message)) {
      this.#answerFromLane(exchange);
      return;
    }
    const admitted = this.#admit(exchange, this.#read(exchange));
    const read = admitted && this.#assemble(exchange, admitted);
    if (read === undefined || this.#answerFromSnapshot(exchange, read)) return;
    this.#dispatch(exchange, read);
  }

  takeBlockRequest(exchange: Exchange): void {
    this.#allow(exchange);
    this.#answerFromLane(exchange);
  }

  #answerFromLane(exchange: Exchange): void {
    const read = this.#admit(exchange, this.#read(exchange));
    if (read !== undefined) this.#guard(exchange, () => this.#laneAnswers?.answer(exchange, read));
  }

  /** Books of a block that left by the quick form of the lane. */
  servedQuickly(peer: Peer, block: BlockServed): void {
    this.#laneAnswers?.served(peer, block);
  }

  #allow(exchange: Exchange): void {
    const { link, message } = exchange;
    exchange.allowance = this.#parts.admission.allowanceOf(link.remote, message);
  }

  /** RFC 9175 §2.3, RFC 8516: what a stranger has to prove first, and who asks too much; undefined = it was told. */
  #admit(exchange: Exchange, read: ReadRequest | undefined): ReadRequest | undefined {
    if (read === undefined) return undefined;
    const { admission } = this.#parts;
    const { remote } = exchange.link;
    const refusal = admission.refusal(remote);
    if (refusal !== undefined) {
      this.#refuse(exchange, refusal);
      return undefined;
    }
    if (exchange.allowance === undefined) return read;
    if (read.echo !== undefined && admission.hearEcho(remote, read.echo)) {
      exchange.allowance = undefined;
      return read;
    }
    if (wantsProof(read)) {
      this.#refuseUnproven(exchange, admission.challenge(remote));
      return undefined;
    }
    exchange.forgetful = !exchange.link.group; // RFC 7252 §4.5: what changes nothing may be done for each copy
    return read;
  }

  /** RFC 8613 §8.2: what is protected is opened, and what is not is heard only where that is allowed; false = refused. */
  #open(exchange: Exchange): boolean {
    const { link, message } = exchange;
    const { security } = this.#parts;
    if (!isProtected(message)) {
      if (link.unprotected) return true;
      this.#refuseUnproven(exchange, bareReply("4.01"));
      return false;
    }
    if (security === undefined) return true; // an option that is not understood: the next step refuses it
    const opened = security.openRequest(message, link.path);
    if (opened.kind === "refused") {
      if (opened.reply === undefined) this.#parts.answering.ignore(exchange);
      else if (isProtected(opened.reply)) this.#refuse(exchange, opened.reply);
      else this.#refuseUnproven(exchange, opened.reply);
      return false;
    }
    this.#parts.admission.vouch(link.remote);
    exchange.allowance = undefined;
    exchange.message = opened.message;
    exchange.security = opened.security;
    exchange.key = opened.security.key;
    const { identity, nodeId, validated } = opened.peer;
    exchange.peer = { identity, nodeId, validated, path: link.path };
    return true;
  }

  /** RFC 7252 §5.7.2: what is asked of the proxy is asked of the image it stands for; false = answered. */
  #forward(exchange: Exchange): boolean {
    const { block, authors } = this.#parts.lanes;
    const forwarded = forward(exchange.message, block, authors);
    if (forwarded?.kind === "message") exchange.message = forwarded.message;
    if (forwarded?.kind === "reply") this.#refuseOptions(exchange, forwarded.reply);
    return forwarded?.kind !== "reply";
  }

  #peerOf(exchange: Exchange): Peer {
    exchange.peer ??= this.#parts.peerAt(exchange.link);
    return exchange.peer;
  }

  /** Options and method; undefined when the request was refused. */
  #read(exchange: Exchange): ReadRequest | undefined {
    const verdict = readRequest(exchange.message);
    if (verdict.kind === "request") {
      exchange.noResponse = verdict.read.noResponse;
      return verdict.read;
    }
    this.#refuseOptions(exchange, bareReply(verdict.code));
    return undefined;
  }

  /** RFC 7252 §5.4.1: a NON with an unknown critical option is rejected, and rejecting a NON is silence (§4.3). */
  #refuseOptions(exchange: Exchange, reply: Reply): void {
    if (reply.code === "4.02" && exchange.message.type === "NON") this.#parts.stats.refused += 1;
    else this.#refuse(exchange, reply);
  }

  /** RFC 7959 §2.5: the request with its whole body; undefined when an answer about the block was sent. */
  #assemble(exchange: Exchange, read: ReadRequest): ReadRequest | undefined {
    if (!isBlock(read)) return read;
    const assembled = this.#assembly.take(exchange, read, this.#parts.clock.now());
    if (assembled.kind === "whole") return assembled.read;
    if (assembled.kind === "refused") this.#refuse(exchange, assembled.reply);
    else this.#parts.answering.reply(exchange, assembled.reply);
    return undefined;
  }

  /** RFC 7959 §2.4: a later block comes from the state that the first one came from; true = answered. */
  #answerFromSnapshot(exchange: Exchange, read: ReadRequest): boolean {
    const { request } = read;
    const block2 = read.block2 ?? read.qBlock2[0];
    if (block2 === undefined || block2.num === 0) return false;
    const { clock } = this.#parts;
    const snapshot = this.#snapshots.find(exchange.key, transferKey(read), request.payload, clock.now());
    if (snapshot !== undefined) {
      // Kept already, and not by this request's name: without its payload it could be the rest of any FETCH.
      this.#answerPart(exchange, read, snapshot, { ...ASKED_NOTHING, block2 }, "kept");
      return true;
    }
    // The rest of an answer that is gone: only these methods can be asked again without doing the work twice.
    if (request.method === "GET" || request.method === "FETCH") return false;
    this.#refuse(exchange, bareReply("4.08"));
    return true;
  }

  #dispatch(exchange: Exchange, read: ReadRequest): void {
    const { lanes, handler, handlers, answering, stats } = this.#parts;
    const { block2, qBlock2 } = read;
    const request: Request = exchange.link.group ? { ...read.request, group: true } : read.request;
    const observable = request.method === "GET" || request.method === "FETCH";
    if (observable && request.observe === 1) this.#notifier.deregister(exchange.key, exchange.message.token);
    const registers = observable && request.observe === 0 && (block2?.num ?? 0) === 0 && qBlock2.length === 0;
    const registering = registers ? this.#notifier.begin() : undefined;
    const peer = this.#peerOf(exchange);

    const answer = (handlerResponse: Response): void => {
      if (this.#closed) return;
      this.#guard(exchange, () => {
        if (handlerResponse.repeated === true) stats.duplicates += 1;
        const part = block2 ?? qBlock2[0];
        const response = withBlockEtag(handlerResponse, part);
        const observe = registering && this.#notifier.register(registering, exchange, peer, read, response);
        const { finalBlock1 } = exchange;
        this.#answerPart(exchange, read, response, {
          block2: part,
          etags: request.etags,
          block1: finalBlock1,
          observe,
        });
      });
    };
    const waits = handlers.run(() => {
      const checkIn = lanes.checkIn?.answer(peer, request);
      if (checkIn === undefined) return handler(peer, request);
      // The pieces of a body are gone once it is whole: its last block's answer must be kept for a repeat.
      // Under a security context a second run would be a second message with the number of the first (RFC 8613 §7.4).
      exchange.forgetful ||= exchange.finalBlock1 === undefined && exchange.security === undefined;
      stats.checkIns += 1;
      return checkIn;
    }, answer);
    if (waits) answering.acknowledgeLater(exchange);
  }

  /** A response, or the part of it that was asked for. */
  #answerPart(exchange: Exchange, read: ReadRequest, response: Response, asked: Asked, rest?: "kept"): void {
    const { clock, answering, admission } = this.#parts;
    const { qBlock2, request } = read;
    const body = response.payload ?? EMPTY;
    const reply = writeReply(response, asked);
    if (asked.block2 === undefined && reply.payload === body) {
      answering.reply(exchange, reply); // most answers are whole
      return;
    }
    // A stranger's next block is cut from the state of then; it could be anybody, and would push out what others fetch.
    if (exchange.allowance === undefined && rest === undefined)
      keepIfSliced(this.#snapshots, exchange.key, read, response, reply, clock.now());
    if (qBlock2.length > 0) {
      const block = (part: BlockOption): Reply => writeReply(response, { ...asked, block2: part });
      this.#burstAnswers.start(exchange, read, { length: body.length, held: body.length, block });
      return;
    }
    // What was done, or is observed from now on, is not put off.
    const safe = (request.method === "GET" || request.method === "FETCH") && asked.observe === undefined;
    const putOff = safe && isPartOfMore(reply) ? admission.backOff(exchange.link.remote) : undefined;
    answering.reply(exchange, putOff ?? reply);
  }

  /** A response that cannot be written, an image that cannot be read: the peer gets 5.00, the log the reason. */
  #guard(exchange: Exchange, run: () => void): void {
    try {
      run();
    } catch (error) {
      const { code } = this.#parts.handlers.failed("coap.answer-failed", error);
      this.#parts.answering.reply(exchange, bareReply(code));
    }
  }

  /**
   * Nothing proved who sent it, so its message id is not kept: else somebody could use up, in a node's name, the ids of
   * what the node says next, and a flood of garbage would make us forget what we answered.
   */
  #refuseUnproven(exchange: Exchange, reply: Reply): void {
    exchange.forgetful = true;
    this.#refuse(exchange, reply);
  }

  #refuse(exchange: Exchange, reply: Reply): void {
    this.#parts.stats.refused += 1;
    this.#parts.answering.reply(exchange, reply);
  }
}
