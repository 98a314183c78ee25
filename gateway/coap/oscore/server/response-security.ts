/** RFC 8613 §8.3 — the answers to one request: the first may use the request's nonce, every other has its own. */
import { EMPTY } from "../../../base/index.ts";
import type { DottedCode } from "../../../wire/coap/index.ts";
import { codeOf, OPTION, type OptionValue, sortOptions } from "../../../wire/coap/index.ts";
import type { Reply } from "../../requests/response-writer.ts";
import type { ResponseSecurity } from "../../requests/security.ts";
import { splitReplyOptions } from "../codec/classes.ts";
import { oscoreOption, outerReplyCode } from "../codec/message.ts";
import { encodeOscoreOption } from "../codec/option.ts";
import { encodePartialIv } from "../codec/partial-iv.ts";
import type { SecurityContext } from "../context/security-context.ts";
import { makeNonce } from "../crypto/nonce.ts";
import { sealPlaintext } from "../crypto/seal.ts";

/** What answers need of the gateway around them. */
export interface ProtectingParts {
  /** A sender sequence number; undefined = none now. */
  readonly nextNumber: () => number | undefined;
  readonly isLive: (context: SecurityContext) => boolean;
  /** Outer block-wise (§4.1.3.4.2), asked for by somebody between: cuts the reply. */
  readonly slice: ((reply: Reply) => Reply) | undefined;
}

/** The request that the answers are bound to. */
export interface BoundRequest {
  readonly context: SecurityContext;
  readonly outerCode: number;
  /** Of the request: the first answer uses it again, under our own key. */
  readonly nonce: Uint8Array;
  /** request_kid and request_piv are in it. */
  readonly aad: Uint8Array;
}

const MAX_AGE_0: OptionValue = { number: OPTION.maxAge, value: EMPTY };

/** §8.2: an error of OSCORE itself: unprotected, not to be cached, without a word of ours. */
export const unprotected = (code: DottedCode): Reply => ({ code, options: [MAX_AGE_0], payload: EMPTY });

export class RequestSecurity implements ResponseSecurity {
  readonly #request: BoundRequest;
  readonly #parts: ProtectingParts;
  /** The request's nonce was used for an answer: never again. */
  #nonceSpent = false;

  constructor(request: BoundRequest, parts: ProtectingParts) {
    this.#request = request;
    this.#parts = parts;
  }

  get key(): string {
    return this.#request.context.key;
  }

  /** A retransmission sends the same bytes instead. */
  protect(reply: Reply): Reply {
    if (!this.#parts.isLive(this.#request.context)) return unprotected("4.01");
    if (this.#nonceSpent) return this.protectFresh(reply) ?? unprotected("5.03");
    this.#nonceSpent = true;
    return this.#finish(sealReply(this.#request, reply, this.#request.nonce, EMPTY));
  }

  protectFresh(reply: Reply): Reply | undefined {
    if (!this.#parts.isLive(this.#request.context)) return undefined;
    const fresh = protectUnder(this.#request, reply, this.#parts.nextNumber(), undefined);
    return fresh && this.#finish(fresh);
  }

  #finish(reply: Reply): Reply {
    return this.#parts.slice === undefined ? reply : this.#parts.slice(reply);
  }
}

/** An answer under a sequence number of its own; `kidContext` is for Appendix B.2 only. */
export function protectUnder(
  request: BoundRequest,
  reply: Reply,
  number: number | undefined,
  kidContext: Uint8Array | undefined,
): Reply | undefined {
  if (number === undefined) return undefined;
  const { keys, senderId } = request.context;
  const partialIv = encodePartialIv(number);
  const nonce = makeNonce(keys.commonIv, senderId, partialIv);
  return sealReply(request, reply, nonce, encodeOscoreOption({ partialIv, kidContext, kid: undefined }));
}

function sealReply({ context, outerCode, aad }: BoundRequest, reply: Reply, nonce: Uint8Array, option: Uint8Array) {
  const { inner, outer } = splitReplyOptions(reply.options);
  const plaintext = { code: codeOf(reply.code), options: inner, payload: reply.payload };
  const payload = sealPlaintext(context.sender, nonce, aad, plaintext);
  const oscore = oscoreOption(option);
  const options = outer.length === 0 ? [oscore] : sortOptions([...outer, oscore]);
  return { code: outerReplyCode(outerCode), options, payload };
}
