/**
 * RFC 7252 §11.3, RFC 9175 §2.3 — what a stranger makes us send: at most three times its own bytes, all copies counted,
 * until it shows by Echo that it is where it says. A stranger is a peer outside the southbound prefixes that neither a
 * security context nor Echo has vouched for.
 */
import { EMPTY } from "../../base/index.ts";
import { type BlockOption, codeOf, messageLength, OPTION } from "../../wire/coap/index.ts";
import type { ReadRequest } from "../requests/request-reader.ts";
import type { Reply } from "../requests/response-writer.ts";

export const AMPLIFICATION = 3;

/** A first block for a stranger is small: it may fit without Echo, and it costs little if the stranger is not there. */
const STRANGERS_SZX = 2;
const FIRST_BLOCK: BlockOption = { num: 0, more: false, szx: STRANGERS_SZX };

/** What one request of a stranger may still cost us. */
export class Allowance {
  #left: number;
  readonly #challenge: () => Reply;

  constructor(received: number, challenge: () => Reply) {
    this.#left = AMPLIFICATION * received;
    this.#challenge = challenge;
  }

  /** True = the bytes may go, and are counted. */
  spend(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  /** The reply if it may go; else the 4.01 with Echo, else a bare one; undefined = nothing may go any more. */
  fit(reply: Reply, token: Uint8Array): Reply | undefined {
    if (this.spend(replyLength(reply, token))) return reply;
    const challenge = this.#challenge();
    if (this.spend(replyLength(challenge, token))) return challenge;
    const bare = { ...challenge, options: [] };
    return this.spend(replyLength(bare, token)) ? bare : undefined;
  }
}

/** Bytes of a reply as a message. */
export const replyLength = ({ code, options, payload }: Reply, token: Uint8Array): number =>
  messageLength({ type: "ACK", code: codeOf(code), messageId: 0, token, options, payload });

export const challengeWith = (echo: Uint8Array): Reply => ({
  code: "4.01",
  options: [{ number: OPTION.echo, value: echo }],
  payload: EMPTY,
});

/**
 * What a stranger must prove itself for before anything is done: requests that change something, so that none is
 * carried out twice nor for somebody else; bodies in blocks, of which there is room for few; observations and bursts,
 * which go on without further requests.
 */
export function wantsProof({ request, block1, qBlock2 }: Pick<ReadRequest, "request" | "block1" | "qBlock2">): boolean {
  const changesNothing = request.method === "GET" || request.method === "FETCH";
  return !changesNothing || block1 !== undefined || request.observe === 0 || qBlock2.length > 0;
}

/** RFC 7959 §2.4: the server may answer block 0 in a smaller size than asked for. */
export const strangersBlock = (asked: BlockOption | undefined): BlockOption | undefined => {
  if (asked === undefined) return FIRST_BLOCK;
  return asked.num === 0 && asked.szx > STRANGERS_SZX ? FIRST_BLOCK : asked;
};
