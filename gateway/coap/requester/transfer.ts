/**
 * One question and its whole answer: the body sent in blocks (RFC 7959 §2.5), the answer fetched in blocks (§2.4), a
 * demand for Echo met once per message (RFC 9175 §2.3). The rules are in `block1-sending.ts` and `block2-fetching.ts`.
 */
import { randomBytes } from "node:crypto";
import { concatBytes, EMPTY, isCoded, WireError } from "../../base/index.ts";
import {
  type BlockOption,
  encodeBlockOption,
  encodeUint,
  MAX_SZX,
  OPTION,
  type OptionValue,
  type Szx,
} from "../../wire/coap/index.ts";
import { type Answer, plainAnswer, type ReadAnswer } from "./answer.ts";
import { afterBlock as afterSent, newUpload, smallerOf, type Upload, uploadBlock } from "./block1-sending.ts";
import {
  afterBlock as afterFetched,
  beginDownload,
  type Download,
  type DownloadStep,
  nextBlock,
} from "./block2-fetching.ts";
import type { Question } from "./question.ts";

/** One message of a transfer. */
export interface Part {
  /** A block before the last of the body; the request itself, with the last block; what asks for the rest of the answer. */
  readonly phase: "body" | "request" | "rest";
  readonly options: readonly OptionValue[];
  readonly payload: Uint8Array | undefined;
}
export type Ask = (part: Part) => Promise<ReadAnswer>;

export interface TransferOptions {
  readonly peer: string;
  /** The block size to begin with; the peer may ask for a smaller one. */
  readonly szx?: Szx | undefined;
  readonly answerBytes: number;
}

/** How often a transfer that broke in the middle is begun anew. */
const RESTARTS = 1;
/**
 * How often a block in the middle is given up for lost before the transfer is: it means the same each time, and a
 * hundred blocks should not be sent again for one. The last block of a body is the request itself, and is asked once.
 */
const BLOCK_TRIES = 3;
/** RFC 9175 §3.4: unguessable is not needed, fresh is. */
const REQUEST_TAG_BYTES = 4;

export async function transfer(question: Question, options: TransferOptions, ask: Ask): Promise<Answer> {
  for (let restarts = 0; ; restarts++) {
    const { answer, tags } = await sendBody(question, options, ask);
    const whole = await fetchRest(question, answer, { ...options, tags }, ask);
    if (whole !== undefined) return whole;
    // A second POST would be a second deed (RFC 7252 §5.1).
    const safe = question.method === "GET" || question.method === "FETCH";
    if (!safe || restarts >= RESTARTS) throw new WireError("request.changed", { peer: options.peer });
  }
}

async function askPatiently(ask: Ask, part: Part): Promise<ReadAnswer> {
  let first: unknown;
  for (let tries = 1; ; tries++) {
    try {
      return await ask(part);
    } catch (error) {
      first ??= error; // after the deadline the next try says no more than that
      const lost = isCoded(error) && error.code === "request.timeout";
      if (!lost) throw error;
      if (part.phase === "request" || tries === BLOCK_TRIES) throw first;
    }
  }
}

interface Sent {
  readonly answer: ReadAnswer;
  /** RFC 9175 §3.3: the Request-Tag of the body belongs to all messages of its transfer. */
  readonly tags: readonly OptionValue[];
}

/** The answer to the request as a whole: to its last block, or to the one that ended it. */
async function sendBody(question: Question, { peer, szx }: TransferOptions, ask: Ask): Promise<Sent> {
  const body = question.payload ?? EMPTY;
  const wished = szx === undefined ? [] : [block2Option({ num: 0, more: false, szx })];
  let upload = newUpload(body.length, szx ?? MAX_SZX);
  if (upload === undefined) {
    const answer = await ask({ phase: "request", options: wished, payload: question.payload });
    const smaller = answer.code === "4.13" ? smallerOf(body.length, undefined, answer.block1) : undefined;
    if (smaller?.kind !== "anew") return { answer, tags: [] };
    upload = smaller.upload;
  }
  return sendBlocks(body, upload, { peer, wished }, ask);
}

async function sendBlocks(
  body: Uint8Array,
  start: Upload,
  { peer, wished }: { readonly peer: string; readonly wished: readonly OptionValue[] },
  ask: Ask,
): Promise<Sent> {
  let upload = start;
  let tag = newRequestTag();
  let restarts = 0;
  for (;;) {
    const { block, end } = uploadBlock(upload);
    const size1 = block.num === 0 ? [{ number: OPTION.size1, value: encodeUint(body.length) }] : [];
    const options = [{ number: OPTION.block1, value: encodeBlockOption(block) }, tag, ...size1];
    // §3.3: the wish for small answers goes with the last block, which is the one that is answered.
    const payload = body.subarray(upload.offset, end);
    const answer = await askPatiently(
      ask,
      block.more
        ? { phase: "body", options, payload }
        : { phase: "request", options: [...options, ...wished], payload },
    );
    const next = afterSent(upload, answer);
    switch (next.kind) {
      case "final":
        return { answer, tags: [tag] };
      case "wrong":
        throw new WireError("request.answer", { what: `${peer} answered ${next.what}` });
      case "anew":
        if (next.upload.szx === upload.szx && ++restarts > RESTARTS) return { answer, tags: [tag] };
        tag = newRequestTag();
        break;
    }
    upload = next.upload;
  }
}

/** The rest of a body whose first block was pushed: a notification (RFC 7959 §2.6). */
export async function fetchAfter(
  question: Question,
  first: ReadAnswer,
  options: TransferOptions,
  ask: Ask,
): Promise<Answer> {
  const whole = await fetchRest(question, first, { ...options, tags: [] }, ask);
  if (whole === undefined) throw new WireError("request.changed", { peer: options.peer });
  return whole;
}

/** undefined = the blocks turned out to be of different states. */
async function fetchRest(
  question: Question,
  first: ReadAnswer,
  { peer, answerBytes, tags }: TransferOptions & Pick<Sent, "tags">,
  ask: Ask,
): Promise<Answer | undefined> {
  const parts = [first.payload];
  let step: DownloadStep = beginDownload({ ...first, length: first.payload.length }, answerBytes);
  for (;;) {
    switch (step.kind) {
      case "whole":
        return plainAnswer(first, parts.length === 1 ? first.payload : concatBytes(parts));
      case "changed":
        return undefined;
      case "too-large":
        throw new WireError("request.too-large", { peer, size: step.size, limit: answerBytes });
      case "wrong":
        throw new WireError("request.answer", { what: `${peer} sent ${step.what}` });
      case "refused":
        throw new WireError("request.changed", { peer });
      case "more": {
        const { download }: { readonly download: Download } = step;
        const options = [block2Option(nextBlock(download)), ...tags];
        const answer = await askPatiently(ask, { phase: "rest", options, payload: repeatedPayload(question) });
        step = afterFetched(download, { ...answer, length: answer.payload.length }, answerBytes);
        parts.push(answer.payload);
      }
    }
  }
}

/**
 * RFC 7959 §3.3: the later blocks are asked for without the body. Of a FETCH the body says what is asked for (RFC 8132
 * §2.1), and a stateless server needs it again, if it was small enough to go in one message.
 */
const repeatedPayload = ({ method, payload }: Question): Uint8Array | undefined =>
  method === "FETCH" && payload !== undefined && newUpload(payload.length, MAX_SZX) === undefined ? payload : undefined;

const block2Option = (block: BlockOption): OptionValue => ({ number: OPTION.block2, value: encodeBlockOption(block) });
const newRequestTag = (): OptionValue => ({
  number: OPTION.requestTag,
  value: new Uint8Array(randomBytes(REQUEST_TAG_BYTES)),
});
