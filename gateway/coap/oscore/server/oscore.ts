/** RFC 8613 §8.2 — the server's side: a protected request is opened, step by step, or answered with an error. */
import { type Clock, type Credential, type CredentialSource, EMPTY, isCoded, WireError } from "../../../base/index.ts";
import { codeClass, type DottedCode, decodeUint, EMPTY_CODE, type Message, OPTION } from "../../../wire/coap/index.ts";
import type { Reply } from "../../requests/response-writer.ts";
import type { OpenedRequest, ResponseSecurity, Security } from "../../requests/security.ts";
import { OscoreClient } from "../client/client.ts";
import { joinOptions } from "../codec/classes.ts";
import { findOption, type Plaintext, withoutOption } from "../codec/message.ts";
import { decodeOscoreOption, type OscoreOption } from "../codec/option.ts";
import { decodePartialIv } from "../codec/partial-iv.ts";
import { Challenger } from "../context/challenge.ts";
import { type ContextLimits, Contexts } from "../context/contexts.ts";
import { Rederivation, unwrapContext, wrapContext } from "../context/rederivation.ts";
import type { SecurityContext } from "../context/security-context.ts";
import { isFresh, received, windowFrom } from "../context/window.ts";
import { makeAad } from "../crypto/aad.ts";
import { type AeadMaker, aeadMaker } from "../crypto/aead.ts";
import { CcmBench } from "../crypto/aes-ccm.ts";
import { makeNonce } from "../crypto/nonce.ts";
import { type OpenedBytes, openBytes, readOpened } from "../crypto/seal.ts";
import { OuterBlocks } from "./outer-blocks.ts";
import { kidNumber, QuickRequest } from "./quick-request.ts";
import { type BoundRequest, protectUnder, RequestSecurity, unprotected } from "./response-security.ts";

export interface OscoreOptions {
  readonly credentials: CredentialSource;
  readonly clock: Clock;
  /** Sender sequence numbers: `SenderSequence`. */
  readonly numbers: { next(): number | undefined; refresh?(): void };
  /** Told of each request that was not let in: must be quick, and bear any number of them. */
  readonly onRefused?: (refusal: Refusal) => void;
  readonly limits?: ContextLimits;
  /** For tests that look at every nonce. */
  readonly aead?: AeadMaker;
}

/** What was refused and why; never thrown. */
export interface OscoreStats {
  opened: number;
  badOption: number;
  unknownContext: number;
  replays: number;
  notAuthentic: number;
  malformedInside: number;
  /** First requests after a start that were asked for Echo (Appendix B.1.2). */
  challenged: number;
  /** Those that got silence, as their context was challenged a moment ago or for a newer request. */
  unchallenged: number;
  /** First requests of Appendix B.2. */
  rederivations: number;
  /** Answers that could not be given for want of a sequence number. */
  numberless: number;
}

/** A protected request that was not let in. `challenged`: authentic, and asked for Echo, which is no fault of it. */
export interface Refusal {
  readonly why: "bad-option" | "unknown-context" | "replay" | "not-authentic" | "challenged" | "unchallenged";
  /** Undefined when the option could not be read. What it says is not proven. */
  readonly kid: Uint8Array | undefined;
  readonly path: string;
}

/** A protected request, its option read. */
interface Incoming {
  readonly path: string;
  readonly message: Message;
  readonly partialIv: Uint8Array;
  readonly kid: Uint8Array;
  readonly kidContext: Uint8Array | undefined;
  readonly slice: ((reply: Reply) => Reply) | undefined;
}

type Attempt = { readonly request: BoundRequest; readonly bytes: OpenedBytes } | "replay" | "not-authentic";

const refused = (reply: Reply | undefined): OpenedRequest => ({ kind: "refused", reply });

export class Oscore implements Security {
  /** The client's role, for requests of ours. */
  readonly client: OscoreClient;
  readonly quick: QuickRequest;
  readonly #contexts: Contexts;
  readonly #clock: Clock;
  readonly #numbers: OscoreOptions["numbers"];
  readonly #challenger: Challenger;
  readonly #rederivation: Rederivation;
  readonly #blocks = new OuterBlocks();
  readonly #onRefused: (refusal: Refusal) => void;
  readonly #stats: OscoreStats = {
    opened: 0,
    badOption: 0,
    unknownContext: 0,
    replays: 0,
    notAuthentic: 0,
    malformedInside: 0,
    challenged: 0,
    unchallenged: 0,
    rederivations: 0,
    numberless: 0,
  };

  constructor({ credentials, clock, numbers, onRefused, limits, aead = aeadMaker(new CcmBench()) }: OscoreOptions) {
    this.#contexts = new Contexts(credentials, aead, limits);
    this.quick = new QuickRequest(this.#contexts, () => {
      this.#stats.opened += 1;
    });
    this.#clock = clock;
    this.#numbers = numbers;
    this.#onRefused = onRefused ?? (() => undefined);
    this.#challenger = new Challenger(clock);
    this.#rederivation = new Rederivation(clock);
    const nextNumber = (): number | undefined => this.#number();
    this.client = new OscoreClient({ contexts: this.#contexts, rederivation: this.#rederivation, nextNumber });
  }

  stats(): Readonly<OscoreStats> & { readonly contexts: number } {
    return { ...this.#stats, contexts: this.#contexts.size };
  }

  /** The credential was removed or replaced: nothing made of it is used from here on. */
  forget(credentialId: string): void {
    this.#contexts.forget(credentialId);
    this.client.forget(credentialId);
    this.#rederivation.close(credentialId);
  }

  /** Now and then: lets go of what is old, and sees to it that there are numbers. */
  purge(): void {
    this.#blocks.purge(this.#clock.now());
    this.#numbers.refresh?.();
  }

  /** For a request with an OSCORE option. `path` is where it came from: it tells the blocks of two senders apart. */
  openRequest(message: Message, path: string): OpenedRequest {
    let incoming: Incoming | Reply;
    try {
      incoming = this.#read(message, path);
    } catch (error) {
      if (!isCoded(error) || error.blame !== "wire") throw error;
      this.#stats.badOption += 1;
      this.#onRefused({ why: "bad-option", kid: undefined, path });
      return refused(unprotected("4.02")); // §8.2 step 2
    }
    return "code" in incoming ? refused(incoming) : this.#open(incoming);
  }

  /** §8.2 steps 1 and 2: outer blocks, then the option. Throws WireErrors. */
  #read(received: Message, path: string): Incoming | Reply {
    const outer = this.#blocks.take(received, path, this.#clock.now());
    if (outer.kind === "reply") return outer.reply;
    const { message, slice } = outer;
    if (message.options.filter(({ number }) => number === OPTION.oscore).length !== 1) {
      throw new WireError("oscore.option", { what: "it stands there twice" }); // RFC 7252 §5.4.5
    }
    const { partialIv, kid, kidContext }: OscoreOption = decodeOscoreOption(
      findOption(message.options, OPTION.oscore)!,
    );
    if (partialIv === undefined || kid === undefined) {
      throw new WireError("oscore.option", { what: "a request without Partial IV or kid" }); // §6.1
    }
    return { path, message, partialIv, kid, kidContext, slice };
  }

  #open(incoming: Incoming): OpenedRequest {
    const { kid } = incoming;
    // Nearly always the context of before, and then nobody has to be asked for credentials.
    const guess = incoming.kidContext === undefined ? this.#contexts.steady(kidNumber(kid, 0, kid.length)) : undefined;
    const guessed = guess && this.#attempt(guess, incoming);
    if (typeof guessed === "object") return this.#accept(guessed.request, guessed.bytes, incoming);
    let failed: Attempt | undefined;
    for (const context of this.#contexts.candidates(incoming.kid, incoming.kidContext)) {
      const attempt = this.#attempt(context, incoming);
      if (typeof attempt === "object") return this.#accept(attempt.request, attempt.bytes, incoming);
      if (failed !== "not-authentic") failed = attempt;
    }
    if (failed === undefined) return this.#rederive(incoming);
    if (failed === "replay") {
      this.#stats.replays += 1;
      this.#tell("replay", incoming);
      return refused(unprotected("4.01")); // §8.2 step 3
    }
    this.#stats.notAuthentic += 1;
    this.#tell("not-authentic", incoming);
    return refused(unprotected("4.00")); // §8.2 step 6
  }

  /** §8.2 steps 3 to 6. */
  #attempt(context: SecurityContext, { message, partialIv }: Incoming): Attempt {
    const { window, keys, algorithm, recipientId, recipient } = context;
    if (window !== undefined && !isFresh(window, decodePartialIv(partialIv))) return "replay";
    const open = this.quick.take(context, message.payload);
    const nonce = open?.nonce ?? makeNonce(keys.commonIv, recipientId, partialIv);
    const aad = open?.aad ?? makeAad(algorithm, recipientId, partialIv);
    const bytes = open?.bytes ?? openBytes(recipient, nonce, aad, message.payload);
    if (bytes === undefined) return "not-authentic";
    return { request: { context, outerCode: message.code, nonce, aad }, bytes };
  }

  /** The request is authentic: is it fresh, and is it a request? */
  #accept(request: BoundRequest, bytes: OpenedBytes, incoming: Incoming): OpenedRequest {
    const { context } = request;
    const number = decodePartialIv(incoming.partialIv);
    const inner = readInner(bytes);
    if (context.window === undefined) {
      const echo = inner && findOption(inner.options, OPTION.echo);
      if (echo === undefined || !this.#challenger.isFresh(context, echo)) {
        return this.#challenge(request, number, incoming);
      }
      context.window = windowFrom(number);
    } else context.window = received(context.window, number);

    const security = this.#security(request, incoming.slice);
    if (inner === undefined) {
      this.#stats.malformedInside += 1;
      return refused(security.protect(bare("4.00")));
    }
    if (findOption(inner.options, OPTION.oscore) !== undefined) {
      this.#stats.malformedInside += 1;
      return refused(security.protect(bare("4.02"))); // a context in a context
    }
    if (findOption(incoming.message.options, OPTION.proxyUri) !== undefined) {
      this.#stats.badOption += 1;
      // §4.1.3.3: path and query travel inside; a whole URI, which nothing protects, would take their place.
      return refused(security.protect(bare("5.05")));
    }
    this.#stats.opened += 1;
    this.#contexts.openedUnder(context);
    return { kind: "request", message: innerMessage(incoming.message, inner), peer: context.peer, security };
  }

  #security(request: BoundRequest, slice: Incoming["slice"]): ResponseSecurity {
    const contexts = this.#contexts;
    return new RequestSecurity(request, {
      nextNumber: () => this.#number(),
      isLive: (context) => contexts.isLive(context),
      slice,
    });
  }

  #tell(why: Refusal["why"], { kid, path }: Incoming): void {
    this.#onRefused({ why, kid, path });
  }

  #number(): number | undefined {
    const number = this.#numbers.next();
    if (number === undefined) this.#stats.numberless += 1;
    return number;
  }

  /** Appendix B.1.2: the window is not known since the start; the answer has a Partial IV of its own. */
  #challenge(request: BoundRequest, number: number, incoming: Incoming): OpenedRequest {
    const { context } = request;
    if (!this.#challenger.isDue(context, number)) {
      this.#stats.unchallenged += 1;
      this.#tell("unchallenged", incoming);
      return refused(undefined);
    }
    const echo = { number: OPTION.echo, value: this.#challenger.make(context) };
    const reply: Reply = { code: "4.01", options: [echo], payload: EMPTY };
    const challenge = protectUnder(request, reply, this.#number(), undefined);
    if (challenge === undefined) return refused(unprotected("5.03"));
    context.challenged = this.#challenger.challenging(number);
    this.#stats.challenged += 1;
    this.#tell("challenged", incoming);
    return refused(challenge);
  }

  /** Appendix B.2: the ID Context is not known; the peer may be proposing it, or the second half of a new one. */
  #rederive(incoming: Incoming): OpenedRequest {
    const proposed = incoming.kidContext && unwrapContext(incoming.kidContext);
    if (proposed !== undefined) {
      for (const credential of this.#contexts.credentials(incoming.kid)) {
        if (!this.#rederivation.asServer.take()) break;
        const context = this.#contexts.transient(credential, proposed);
        const attempt = context && this.#attempt(context, incoming);
        if (typeof attempt !== "object") continue;
        if (!this.#rederivation.continues(credential.id, proposed)) {
          return this.#offer(attempt.request, credential, proposed);
        }
        this.#rederivation.close(credential.id);
        const adopted = this.#contexts.adopt(credential, Uint8Array.from(proposed));
        if (adopted === undefined) break;
        return this.#accept({ ...attempt.request, context: adopted }, attempt.bytes, incoming);
      }
    }
    this.#stats.unknownContext += 1;
    this.#tell("unknown-context", incoming);
    return refused(unprotected("4.01")); // §8.2 step 2: security context not found
  }

  /** Response #1: under R2 || ID1, and R2 stands in its kid context. */
  #offer(request: BoundRequest, credential: Credential, id1: Uint8Array): OpenedRequest {
    this.#stats.rederivations += 1;
    const r2 = this.#rederivation.offer(credential.id);
    const context = this.#contexts.transient(credential, Buffer.concat([r2, id1]));
    if (context === undefined) return refused(unprotected("4.01"));
    const answer = protectUnder({ ...request, context }, bare("4.01"), this.#number(), wrapContext(r2));
    return refused(answer ?? unprotected("5.03"));
  }
}

const bare = (code: DottedCode): Reply => ({ code, options: [], payload: EMPTY });

/** §5.3: Code, options and payload; undefined when they are not those of a request. */
function readInner(bytes: OpenedBytes): Plaintext | undefined {
  try {
    const inner = readOpened(bytes);
    return inner.code !== EMPTY_CODE && codeClass(inner.code) === 0 ? inner : undefined;
  } catch (error) {
    if (isCoded(error) && error.blame === "wire") return undefined;
    throw error;
  }
}

/** §8.2 steps 7 and 8: what is inside counts, with the class U options of the outside. */
function innerMessage({ type, messageId, token, options: outer }: Message, inner: Plaintext): Message {
  const options = joinOptions(observeRule(inner.options, outer), outer);
  return { type, messageId, token, code: inner.code, options, payload: inner.payload };
}

/**
 * §4.1.3.5.1: only the observe that is protected counts. A registration whose outer Observe was taken away came through
 * somebody who passes on one answer and no more; to end an observation the protected word is enough.
 */
function observeRule(inner: Plaintext["options"], outer: Plaintext["options"]): Plaintext["options"] {
  const observe = findOption(inner, OPTION.observe);
  if (observe === undefined || decodeUint(observe) === 1 || findOption(outer, OPTION.observe) !== undefined)
    return inner;
  return withoutOption(inner, OPTION.observe);
}
