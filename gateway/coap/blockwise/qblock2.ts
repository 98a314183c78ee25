/**
 * RFC 9177 §4.4 — Q-Block2 in requests: which blocks a request asks for, and what may follow without a further one.
 * Pure rules; qblock2-bursts.ts sends.
 */
import { type Millis, millis, type Random, seconds } from "../../base/index.ts";
import {
  type BlockOption,
  blockSize,
  encodeUint,
  OPTION,
  type OptionValue,
  sortOptions,
} from "../../wire/coap/index.ts";
import type { Reply } from "../requests/response-writer.ts";

/** §7.2: transmission parameters for NON bodies. */
export const Q_BLOCK_PARAMETERS = {
  /** Blocks of one set: what goes out without a pause. */
  MAX_PAYLOADS: 10,
  NON_TIMEOUT: seconds(2),
  ACK_RANDOM_FACTOR: 1.5,
  /** Sets that go out after their pause although nothing more was heard from the peer. */
  NON_MAX_RETRANSMIT: 4,
  NON_PARTIAL_TIMEOUT: seconds(247),
} as const;

const { MAX_PAYLOADS, NON_TIMEOUT, ACK_RANDOM_FACTOR } = Q_BLOCK_PARAMETERS;

/** What one request wants of a body. */
export type QBlockVerdict =
  | {
      readonly kind: "wanted";
      /** Block numbers, ascending. */
      readonly blocks: readonly number[];
      /** Goes on from here after a pause, set by set; undefined = these blocks are all. */
      readonly onwards: number | undefined;
      /** Blocks of the whole body. */
      readonly count: number;
    }
  /** §4.4: the options are not in ascending order, or name different block sizes. */
  | { readonly kind: "malformed" }
  /** None of the blocks exists. */
  | { readonly kind: "past-end" };

const MALFORMED: QBlockVerdict = { kind: "malformed" };

/** `asked` is not empty. */
export function readQBlock2(asked: readonly BlockOption[], bodyLength: number): QBlockVerdict {
  const { szx } = asked[0]!;
  const count = Math.max(1, Math.ceil(bodyLength / blockSize(szx)));
  const blocks: number[] = [];
  let onwards: number | undefined;
  let previous = -1;
  for (const { num, more, szx: size } of asked) {
    if (num <= previous || size !== szx) return MALFORMED;
    previous = num;
    // M: the rest of the set too; a block that two options name is sent once
    const last = more ? setEnd(num) : num;
    for (let block = Math.max(num, (blocks.at(-1) ?? -1) + 1); block <= last && block < count; block++)
      blocks.push(block);
    // M at the start of a set: the whole body (NUM 0), or "continue"
    onwards = more && num % MAX_PAYLOADS === 0 && last + 1 < count ? last + 1 : undefined;
  }
  return blocks.length === 0 ? { kind: "past-end" } : { kind: "wanted", blocks, onwards, count };
}

/** The last block of the set that `num` belongs to. */
export const setEnd = (num: number): number => num - (num % MAX_PAYLOADS) + MAX_PAYLOADS - 1;

/** §7.2: the pause between two sets is random between NON_TIMEOUT and NON_TIMEOUT * ACK_RANDOM_FACTOR. */
export const pauseBetweenSets = (random: Random): Millis =>
  millis(NON_TIMEOUT * (1 + random.next() * (ACK_RANDOM_FACTOR - 1)));

/**
 * One block of a body, written as for Block2, as Q-Block2 has it: its own option number, and Size2 in every block, so
 * that whoever gets any of them knows what is missing (§4.6). A reply without blocks stays as it is.
 */
export function asQBlock2(reply: Reply, bodyLength: number): Reply {
  if (!reply.options.some(({ number }) => number === OPTION.block2)) return reply;
  const options: OptionValue[] = [{ number: OPTION.size2, value: encodeUint(bodyLength) }];
  for (const { number, value } of reply.options) {
    if (number === OPTION.block2) options.push({ number: OPTION.qBlock2, value });
    else if (number !== OPTION.size2) options.push({ number, value });
  }
  return { ...reply, options: sortOptions(options) };
}
