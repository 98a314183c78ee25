/** Requests for blocks of images (`GET /f/{id}`): one block (RFC 7959 §2.4) or a set of them (RFC 9177), and the books of what left. */
import type { Peer } from "../../base/index.ts";
import { answerBlock, type BlockServed } from "../blockwise/block-lane.ts";
import type { Admission } from "../limits/admission.ts";
import { strangersBlock } from "../limits/allowance.ts";
import type { Answering, Exchange } from "../messages/exchange.ts";
import type { BlockLane } from "../request-port.ts";
import type { EngineStats } from "../stats.ts";
import type { BurstAnswers } from "./burst-answers.ts";
import type { Handlers } from "./handlers.ts";
import type { ReadRequest } from "./request-reader.ts";

export interface LaneAnswerParts {
  readonly lane: BlockLane;
  readonly stats: EngineStats;
  readonly handlers: Handlers;
  readonly admission: Admission;
  readonly answering: Answering;
  readonly burstAnswers: BurstAnswers;
  readonly peerOf: (exchange: Exchange) => Peer;
}

export class LaneAnswers {
  readonly #parts: LaneAnswerParts;

  constructor(parts: LaneAnswerParts) {
    this.#parts = parts;
  }

  /** Throws what the lane throws when an image cannot be read. */
  answer(exchange: Exchange, read: ReadRequest): void {
    if (read.qBlock2.length === 0) this.#answerBlock(exchange, read);
    else this.#answerBlocks(exchange, read);
  }

  /** Into the books, and the lane is told. */
  served(peer: Peer, { id, offset, length }: BlockServed): void {
    const { stats, lane, handlers } = this.#parts;
    stats.blocksServed += 1;
    stats.blockBytesServed += length;
    try {
      lane.served?.(peer, id, offset, length);
    } catch (error) {
      handlers.failed("coap.served-failed", error);
    }
  }

  #answerBlock(exchange: Exchange, read: ReadRequest): void {
    const { lane, admission, answering, peerOf } = this.#parts;
    const asked = exchange.allowance === undefined ? read : { ...read, block2: strangersBlock(read.block2) };
    const { served, ...reply } = answerBlock(lane, asked);
    const putOff = served && admission.backOff(exchange.link.remote);
    answering.reply(exchange, putOff ?? reply);
    if (served !== undefined && putOff === undefined) this.served(peerOf(exchange), served);
  }

  #answerBlocks(exchange: Exchange, read: ReadRequest): void {
    const { lane, burstAnswers, peerOf } = this.#parts;
    let last: BlockServed | undefined;
    burstAnswers.start(exchange, read, {
      length: lane.find(read.request.path[1] ?? "")?.size ?? 0,
      held: 0,
      block: (block2) => {
        const { served, ...reply } = answerBlock(lane, { ...read, block2 });
        last = served;
        return reply;
      },
      left: () => {
        if (last !== undefined) this.served(peerOf(exchange), last);
      },
    });
  }
}
