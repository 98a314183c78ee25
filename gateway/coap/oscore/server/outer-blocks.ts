/**
 * RFC 8613 §4.1.3.4.2 — block-wise transfer of protected messages, by somebody between who does not know OSCORE: the
 * ciphertext of a request is put together before it is opened, that of an answer is cut when the outer Block2 asks.
 */
import { type Millis, minutes, toHex, WireError } from "../../../base/index.ts";
import {
  type BlockOption,
  blockOffset,
  blockSize,
  decodeBlockOption,
  decodeUint,
  encodeBlockOption,
  encodeUint,
  type Message,
  OPTION,
  type OptionValue,
  optionRow,
  sortOptions,
} from "../../../wire/coap/index.ts";
import { BodyTable } from "../../blockwise/block1.ts";
import type { Reply } from "../../requests/response-writer.ts";
import { findOption } from "../codec/message.ts";
import { KeptReplies } from "./kept-replies.ts";
import { unprotected } from "./response-security.ts";

/** MAX_UNFRAGMENTED_SIZE: more ciphertext than this is not put together. */
const MAX_UNFRAGMENTED_SIZE = 65_535;
const BODY_LIMITS = { bodiesPerPeer: 2, bodiesTotal: 16, bodyBytes: MAX_UNFRAGMENTED_SIZE, bodyIdle: minutes(1) };
/** §6.1: a longer option is none, and it would become a key. */
const MAX_OPTION_BYTES = optionRow(OPTION.oscore)!.maxLength;

export type OuterOutcome =
  | { readonly kind: "whole"; readonly message: Message; readonly slice: ((reply: Reply) => Reply) | undefined }
  | { readonly kind: "reply"; readonly reply: Reply };

export class OuterBlocks {
  readonly #bodies = new BodyTable(BODY_LIMITS);
  readonly #replies = new KeptReplies();

  /** Throws WireError for a block option that cannot be read, and for an OSCORE option that is too long beside one. */
  take(message: Message, path: string, now: Millis): OuterOutcome {
    const block1 = blockOf(message.options, OPTION.block1);
    const block2 = blockOf(message.options, OPTION.block2);
    if (block1 === undefined && block2 === undefined) return { kind: "whole", message, slice: undefined };
    const option = findOption(message.options, OPTION.oscore)!;
    if (option.length > MAX_OPTION_BYTES) throw new WireError("oscore.option", { what: "more than 255 bytes" });
    const key = `${message.code} ${toHex(option)}`;
    if (block2 !== undefined && block2.num > 0) {
      const kept = this.#replies.find(`${path} ${key}`, now);
      return { kind: "reply", reply: kept === undefined ? unprotected("4.08") : cut(kept, block2) };
    }
    const slice = (reply: Reply): Reply => this.#answer(`${path} ${key}`, reply, block1, block2, now);
    if (block1 === undefined) return { kind: "whole", message, slice };
    return this.#assemble(message, path, key, block1, slice, now);
  }

  purge(now: Millis): void {
    this.#bodies.purge(now);
    this.#replies.purge(now);
  }

  #assemble(
    message: Message,
    path: string,
    key: string,
    block: BlockOption,
    slice: (reply: Reply) => Reply,
    now: Millis,
  ): OuterOutcome {
    const size1 = findOption(message.options, OPTION.size1);
    const incoming = { block, size1: size1 && decodeUint(size1) };
    const outcome = this.#bodies.take(path, key, incoming, message.payload, now);
    switch (outcome.kind) {
      case "whole":
        return { kind: "whole", message: { ...message, payload: outcome.payload }, slice };
      case "continue":
        return { kind: "reply", reply: { ...unprotected("2.31"), options: [blockValue(OPTION.block1, block)] } };
      case "gap": // RFC 7959 §2.9.2, with the block that is expected
        return { kind: "reply", reply: withOption(unprotected("4.08"), blockValue(OPTION.block1, outcome.expected)) };
      case "too-large": {
        // RFC 7959 §2.9.3
        const limit = { number: OPTION.size1, value: encodeUint(MAX_UNFRAGMENTED_SIZE) };
        return { kind: "reply", reply: withOption(unprotected("4.13"), limit) };
      }
      case "wrong-size":
        return { kind: "reply", reply: unprotected("4.00") };
    }
  }

  #answer(
    key: string,
    reply: Reply,
    block1: BlockOption | undefined,
    block2: BlockOption | undefined,
    now: Millis,
  ): Reply {
    const named = block1 === undefined ? reply : withOption(reply, blockValue(OPTION.block1, block1));
    if (block2 === undefined || reply.payload.length <= blockSize(block2.szx)) return named;
    this.#replies.keep(key, reply, now);
    return cut(named, block2);
  }
}

function blockOf(options: readonly OptionValue[], number: number): BlockOption | undefined {
  const value = findOption(options, number);
  return value && decodeBlockOption(value);
}

const blockValue = (number: number, block: BlockOption): OptionValue => ({ number, value: encodeBlockOption(block) });
const withOption = (reply: Reply, ...options: OptionValue[]): Reply => ({
  ...reply,
  options: sortOptions([...reply.options, ...options]),
});

function cut(reply: Reply, block: BlockOption): Reply {
  const offset = blockOffset(block);
  const size = reply.payload.length;
  if (offset >= size) return unprotected("4.02");
  const end = Math.min(size, offset + blockSize(block.szx));
  const options = [blockValue(OPTION.block2, { ...block, more: end < size })];
  if (block.num === 0) options.push({ number: OPTION.size2, value: encodeUint(size) });
  return { ...withOption(reply, ...options), payload: reply.payload.subarray(offset, end) };
}
