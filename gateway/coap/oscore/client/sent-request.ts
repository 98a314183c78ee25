/** RFC 8613 §8.4, §7.4.1, Appendix B.2 — a protected request of ours, and what is made of the answers to it. */
import { randomBytes } from "node:crypto";
import { type Credential, EMPTY, isCoded } from "../../../base/index.ts";
import { codeClass, codeOf, type Message, OPTION, sortOptions } from "../../../wire/coap/index.ts";
import { findOption, type Plaintext, withoutOption } from "../codec/message.ts";
import { decodeOscoreOption, type OscoreOption } from "../codec/option.ts";
import { decodePartialIv } from "../codec/partial-iv.ts";
import type { Contexts } from "../context/contexts.ts";
import { NONCE_PART_BYTES, type Rederivation, unwrapContext } from "../context/rederivation.ts";
import type { SecurityContext } from "../context/security-context.ts";
import { makeNonce } from "../crypto/nonce.ts";
import { openBytes, readOpened } from "../crypto/seal.ts";
import type { OpenedResponse, PlainRequest, ProtectedRequest, ResponseFault } from "./protected-request.ts";

export interface SentParts {
  readonly contexts: Contexts;
  readonly rederivation: Rederivation;
  readonly credential: Credential;
  /** As it was meant. */
  readonly request: PlainRequest;
  readonly context: SecurityContext;
  /** The context was made for this request alone (B.2, request #1). */
  readonly transient: boolean;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  readonly observes: boolean;
  readonly outside: Plaintext;
  /** The peer has answered under the context. */
  readonly confirmed: () => void;
  /** Uses the keys of this ID Context from here on; false = it cannot. */
  readonly adopt: (idContext: Uint8Array) => boolean;
}

/** §8.2: the errors that a peer cannot protect, and a server that has no number left to protect with. */
const UNPROTECTED_CODES: ReadonlySet<number> = new Set(
  (["4.00", "4.01", "4.02", "5.03"] as const).map((dotted) => codeOf(dotted)),
);
const UNAUTHORIZED = codeOf("4.01");

const refused = (why: ResponseFault): OpenedResponse => ({ kind: "refused", why });

/** No answer so far; -1 = one under the request's nonce, which is the oldest that there can be. */
const NOTHING_YET = -2;

export class SentRequest implements ProtectedRequest {
  readonly code: number;
  readonly options: Plaintext["options"];
  readonly payload: Uint8Array;
  readonly #parts: SentParts;
  /** §7.4.1: the highest Partial IV of its answers. */
  #newest = NOTHING_YET;
  /** The last answer of the exchange has come: to a plain request the first, to an observation one without Observe. */
  #over = false;

  constructor(parts: SentParts) {
    this.#parts = parts;
    this.code = parts.outside.code;
    this.options = parts.outside.options;
    this.payload = parts.outside.payload;
  }

  open(response: Message): OpenedResponse {
    const value = findOption(response.options, OPTION.oscore);
    if (value === undefined) return this.#unprotected(response);
    const option = readOption(value);
    if (option === undefined) return refused("option");
    if (this.#over) return refused("replay");
    const { contexts, context, transient } = this.#parts;
    if (!transient && !contexts.isLive(context)) return refused("gone");
    const r2 = this.#otherContext(option.kidContext);
    return r2 === undefined ? this.#openUnder(option, response.payload) : this.#rederive(r2, option, response.payload);
  }

  /** Not proven by anything: worth telling as long as nothing better has come. */
  #unprotected({ code, options }: Message): OpenedResponse {
    if (this.#over || this.#newest !== NOTHING_YET || !UNPROTECTED_CODES.has(code)) return refused("unprotected");
    return { kind: "unverified", code, options };
  }

  /** §8.4 steps 2 to 7. */
  #openUnder({ partialIv }: OscoreOption, payload: Uint8Array): OpenedResponse {
    const { context, observes } = this.#parts;
    const number = partialIv === undefined ? -1 : decodePartialIv(partialIv);
    const late = number <= this.#newest;
    const bytes = openBytes(context.recipient, this.#nonce(context, partialIv), this.#parts.aad, payload);
    if (bytes === undefined) return refused("decryption");
    if (late) return refused(number === this.#newest ? "replay" : "old");
    const inner = readResponse(bytes);
    if (inner === undefined) return refused("malformed");
    const notifies = findOption(inner.options, OPTION.observe) !== undefined;
    if (notifies && !observes) return refused("observe"); // §4.1.3.5.2
    this.#newest = number;
    this.#over = !notifies;
    this.#parts.confirmed();
    const echo = inner.code === UNAUTHORIZED ? findOption(inner.options, OPTION.echo) : undefined;
    if (echo !== undefined) return { kind: "again", request: withEcho(this.#parts.request, echo) };
    const { code, options } = inner;
    return {
      kind: "response",
      code,
      options,
      payload: inner.payload,
      notificationNumber: notifies ? number : undefined,
    };
  }

  /** B.2, response #1: proven under R2 || ID1. Our R3 makes the ID Context whole; the request goes out anew. */
  #rederive(r2: Uint8Array, { partialIv }: OscoreOption, payload: Uint8Array): OpenedResponse {
    const { contexts, rederivation, credential, context: asked, aad, adopt, request } = this.#parts;
    if (!rederivation.asClient.take()) return refused("decryption");
    const context = contexts.transient(credential, Buffer.concat([r2, asked.idContext ?? EMPTY]));
    const bytes = context && openBytes(context.recipient, this.#nonce(context, partialIv), aad, payload);
    if (bytes === undefined) return refused("decryption");
    if (readResponse(bytes)?.code !== UNAUTHORIZED) return refused("malformed");
    this.#over = true;
    if (!adopt(Buffer.concat([r2, randomBytes(NONCE_PART_BYTES)]))) return refused("gone");
    return { kind: "again", request };
  }

  /** R2, when the answer names another context than the one that we asked under. */
  #otherContext(kidContext: Uint8Array | undefined): Uint8Array | undefined {
    if (kidContext === undefined) return undefined;
    const named = unwrapContext(kidContext) ?? kidContext;
    const { idContext } = this.#parts.context;
    const same = idContext !== undefined && [named, kidContext].some((each) => Buffer.compare(each, idContext) === 0);
    return same ? undefined : named;
  }

  /** §5.2: with a Partial IV the peer's own nonce, without one that of the request. */
  #nonce({ keys, recipientId }: SecurityContext, partialIv: Uint8Array | undefined): Uint8Array {
    return partialIv === undefined ? this.#parts.nonce : makeNonce(keys.commonIv, recipientId, partialIv);
  }
}

function readOption(value: Uint8Array): OscoreOption | undefined {
  return onWireError(() => decodeOscoreOption(value));
}

function readResponse(bytes: Parameters<typeof readOpened>[0]): Plaintext | undefined {
  const inner = onWireError(() => readOpened(bytes));
  return inner !== undefined && codeClass(inner.code) >= 2 && codeClass(inner.code) <= 5 ? inner : undefined;
}

/** undefined when the peer's bytes are wrong. */
function onWireError<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isCoded(error) && error.blame === "wire") return undefined;
    throw error;
  }
}

/** RFC 9175 §2.3: the request once more, with the value that the server asked for. */
const withEcho = (request: PlainRequest, echo: Uint8Array): PlainRequest => ({
  ...request,
  options: sortOptions([
    ...withoutOption(request.options, OPTION.echo),
    { number: OPTION.echo, value: Uint8Array.from(echo) },
  ]),
});
