/** RFC 9177 §4.4 — from a request with Q-Block2 and a body to the datagrams that answer it. */
import { type BlockOption, OPTION } from "../../wire/coap/index.ts";
import { asQBlock2, readQBlock2 } from "../blockwise/qblock2.ts";
import type { Bursts, Sent } from "../blockwise/qblock2-bursts.ts";
import type { Admission } from "../limits/admission.ts";
import type { Answering, Exchange } from "../messages/exchange.ts";
import { type ReadRequest, transferKey } from "./request-reader.ts";
import { bareReply, type Reply } from "./response-writer.ts";

/** What is sent in blocks. */
export interface BurstBody {
  readonly length: number;
  /** Bytes of it that are in memory for this transfer alone; an image is there anyway. */
  readonly held: number;
  /** As for Block2. */
  readonly block: (asked: BlockOption) => Reply;
  /** The block asked for last has left. */
  readonly left?: () => void;
}

export interface BurstAnswerParts {
  readonly bursts: Bursts;
  readonly admission: Admission;
  readonly answering: Answering;
}

export class BurstAnswers {
  readonly #parts: BurstAnswerParts;

  constructor(parts: BurstAnswerParts) {
    this.#parts = parts;
  }

  /** Answers with the blocks that the request asks for, or with the one reply that says why not. */
  start(exchange: Exchange, read: ReadRequest, body: BurstBody): void {
    const whole = this.#start(exchange, read, body);
    if (whole !== undefined) this.#parts.answering.reply(exchange, whole);
  }

  #start(exchange: Exchange, read: ReadRequest, { length, held, block, left }: BurstBody): Reply | undefined {
    const { link, key } = exchange;
    const wanted = readQBlock2(read.qBlock2, length);
    if (wanted.kind === "malformed") return bareReply("4.00");
    if (wanted.kind === "past-end") return bareReply("4.02");
    const { szx } = read.qBlock2[0]!;
    const blockAt = (num: number): Reply => asQBlock2(block({ num, more: false, szx }), length);
    const first = blockAt(wanted.blocks[0]!);
    if (!first.options.some(({ number }) => number === OPTION.qBlock2)) return first; // an error, or 2.03
    const putOff = this.#parts.admission.backOff(link.remote);
    if (putOff !== undefined) return putOff;
    const send = (reply: Reply): Sent => {
      const sent = this.#send(exchange, reply);
      if (typeof sent === "number") left?.();
      return sent;
    };
    this.#parts.bursts.start({
      key: `${key} ${transferKey(read)}`,
      path: link.path,
      wanted,
      block: blockAt,
      bytes: held,
      send,
    });
    return undefined;
  }

  #send(exchange: Exchange, reply: Reply): Sent {
    const { admission, answering } = this.#parts;
    if (exchange.state !== "answered") {
      answering.reply(exchange, reply);
      return exchange.answeredBy ?? "over";
    }
    const wait = admission.waitOf(exchange.link.remote);
    if (wait > 0) return { wait };
    return answering.another(exchange, reply) ? exchange.answeredBy! : "over";
  }
}
