/** RFC 8613 §8.1, Appendix B.2 — the client's side: requests of ours go out protected, each under a number of its own. */
import { randomBytes } from "node:crypto";
import type { Credential } from "../../../base/index.ts";
import { OPTION, sortOptions } from "../../../wire/coap/index.ts";
import { splitRequestOptions } from "../codec/classes.ts";
import { findOption, OUTER_REQUEST, oscoreOption } from "../codec/message.ts";
import { encodeOscoreOption } from "../codec/option.ts";
import { encodePartialIv } from "../codec/partial-iv.ts";
import type { Contexts } from "../context/contexts.ts";
import { NONCE_PART_BYTES, type Rederivation, wrapContext } from "../context/rederivation.ts";
import type { SecurityContext } from "../context/security-context.ts";
import { makeAad } from "../crypto/aad.ts";
import { makeNonce } from "../crypto/nonce.ts";
import { sealPlaintext } from "../crypto/seal.ts";
import type { OscoreRequester, PlainRequest, ProtectedRequest, ProtectOptions } from "./protected-request.ts";
import { SentRequest } from "./sent-request.ts";

export interface ClientParts {
  readonly contexts: Contexts;
  readonly rederivation: Rederivation;
  readonly nextNumber: () => number | undefined;
}

export class OscoreClient implements OscoreRequester {
  readonly #parts: ClientParts;
  /** By credential: the context of Appendix B.2 that we made and that the peer has not answered under yet. */
  readonly #unconfirmed = new Map<string, string>();

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  protectRequest(
    credential: Credential,
    request: PlainRequest,
    { rederive = false }: ProtectOptions = {},
  ): ProtectedRequest | undefined {
    const { contexts, nextNumber } = this.#parts;
    const context = rederive
      ? contexts.transient(credential, new Uint8Array(randomBytes(NONCE_PART_BYTES))) // ID1 is R1
      : contexts.current(credential);
    const number = context && nextNumber();
    if (context === undefined || number === undefined) return undefined;

    const { keys, senderId, algorithm, sender } = context;
    const partialIv = encodePartialIv(number);
    const nonce = makeNonce(keys.commonIv, senderId, partialIv);
    const aad = makeAad(algorithm, senderId, partialIv);
    const { inner, outer } = splitRequestOptions(request.options);
    const observe = findOption(inner, OPTION.observe);
    const payload = sealPlaintext(sender, nonce, aad, { ...request, options: inner });
    const kidContext = rederive ? wrapContext(context.idContext!) : this.#kidContext(credential, context);
    const oscore = oscoreOption(encodeOscoreOption({ partialIv, kidContext, kid: senderId }));
    return new SentRequest({
      ...this.#parts,
      confirmed: () => this.#unconfirmed.delete(credential.id),
      adopt: (idContext) => this.#adopt(credential, idContext),
      credential,
      request,
      context,
      transient: rederive,
      nonce,
      aad,
      observes: observe !== undefined && observe.length === 0,
      outside: {
        code: observe === undefined ? OUTER_REQUEST.plain : OUTER_REQUEST.observe,
        options: sortOptions([...outer, oscore]),
        payload,
      },
    });
  }

  /** The credential was removed or replaced. */
  forget(credentialId: string): void {
    this.#unconfirmed.delete(credentialId);
  }

  /**
   * §5.1: the peer must be able to find the context, and some (libcoap) find it by its ID Context alone. B.2 wraps it
   * until the peer has answered under the new keys.
   */
  #kidContext({ id }: Credential, { key, idContext }: SecurityContext): Uint8Array | undefined {
    return idContext !== undefined && this.#unconfirmed.get(id) === key ? wrapContext(idContext) : idContext;
  }

  #adopt(credential: Credential, idContext: Uint8Array): boolean {
    const context = this.#parts.contexts.adopt(credential, idContext);
    if (context === undefined) return false;
    this.#unconfirmed.set(credential.id, context.key);
    return true;
  }
}
