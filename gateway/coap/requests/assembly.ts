/** RFC 7959 §2.5, §2.9 — from the blocks of a request (Block1) to the request with its whole body, or an answer about the block. */
import type { Millis } from "../../base/index.ts";
import { type BlockOption, encodeBlockOption, encodeUint, OPTION, type OptionValue } from "../../wire/coap/index.ts";
import { type BodyLimits, BodyTable } from "../blockwise/block1.ts";
import type { Exchange } from "../messages/exchange.ts";
import { type ReadRequest, transferKey } from "./request-reader.ts";
import { bareReply, type Reply } from "./response-writer.ts";

export type ReadBlock = ReadRequest & { readonly block1: BlockOption };

export const isBlock = (read: ReadRequest): read is ReadBlock => read.block1 !== undefined;

export type Assembled =
  | { readonly kind: "whole"; readonly read: ReadRequest }
  /** What the sender is told of this block. */
  | { readonly kind: "continue" | "refused"; readonly reply: Reply };

const refused = (reply: Reply): Assembled => ({ kind: "refused", reply });

export class Assembly {
  readonly #bodies: BodyTable;
  readonly #limits: BodyLimits;

  constructor(limits: BodyLimits) {
    this.#bodies = new BodyTable(limits);
    this.#limits = limits;
  }

  get size(): number {
    return this.#bodies.size;
  }

  purge(now: Millis): void {
    this.#bodies.purge(now);
  }

  take(exchange: Exchange, read: ReadBlock, now: Millis): Assembled {
    const { block1, size1, request, noResponse } = read;
    exchange.noResponse = 0; // the sender of a block cannot go on without its answer
    const incoming = { block: block1, size1 };
    const outcome = this.#bodies.take(exchange.key, transferKey(read), incoming, request.payload, now);
    switch (outcome.kind) {
      case "whole":
        exchange.noResponse = noResponse;
        exchange.finalBlock1 = block1;
        return { kind: "whole", read: { ...read, request: { ...request, payload: outcome.payload } } };
      case "continue":
        return { kind: "continue", reply: bareReply("2.31", optionOf(block1)) };
      case "gap":
        return refused(bareReply("4.08", optionOf(outcome.expected)));
      case "too-large": {
        const limit = { number: OPTION.size1, value: encodeUint(this.#limits.bodyBytes) };
        return refused(bareReply("4.13", optionOf({ ...block1, more: false }), limit));
      }
      case "wrong-size":
        return refused(bareReply("4.00"));
    }
  }
}

const optionOf = (block: BlockOption): OptionValue => ({ number: OPTION.block1, value: encodeBlockOption(block) });
