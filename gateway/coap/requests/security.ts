/**
 * What opens protected requests and protects their answers, as the engine sees it: between dedup, so that a copy is
 * never decrypted twice, and options, which are only readable inside. OSCORE (RFC 8613) is the one there is.
 */
import type { Peer } from "../../base/index.ts";
import { type Message, OPTION } from "../../wire/coap/index.ts";
import type { Reply } from "./response-writer.ts";

/** What is known about the sender of a request besides its path. */
export type PeerFacts = Omit<Peer, "path">;

export interface Security {
  /** `message` has an OSCORE option. Never throws for what a peer sent. */
  openRequest(message: Message, path: string): OpenedRequest;
  /** Housekeeping, now and then. */
  purge(): void;
  readonly quick: QuickSecurity;
}

/** The quick way for a request of a peer in steady use, without an object per step. */
export interface QuickSecurity {
  /**
   * The OSCORE option stands in `datagram` from `optionStart` to `payloadMarker`, the ciphertext behind the marker. True
   * = authentic and fresh: it stands in `plaintext` from `start` to `end`. Then either `seal` its only answer, or leave
   * it to `openRequest`, which finds it open. False = nothing happened.
   */
  open(datagram: Uint8Array, optionStart: number, payloadMarker: number): boolean;
  readonly plaintext: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly peer: PeerFacts | undefined;
  /** Takes the request as received and encrypts the answer's plaintext in place; returns where the tag ends. */
  seal(frame: Uint8Array, start: number, end: number): number;
}

export type OpenedRequest =
  | {
      readonly kind: "request";
      /** Code, options and payload as the peer meant them; type, message id and token of the datagram. */
      readonly message: Message;
      readonly peer: PeerFacts;
      readonly security: ResponseSecurity;
    }
  /** To be answered as it is; without a reply there is silence, and a copy is looked at anew. */
  | { readonly kind: "refused"; readonly reply: Reply | undefined };

/** Protects what answers one request. A nonce is never used twice, whatever is called how often. */
export interface ResponseSecurity {
  /** Names the security context in the engine's tables: the same for all requests under it. */
  readonly key: string;
  /**
   * The first answer takes the request's nonce, any later one a number of our own. An unprotected error when there is
   * none to be had, or when the context is gone.
   */
  protect(reply: Reply): Reply;
  /** Under a number of our own: for what nobody waits for, notifications and further blocks. Undefined instead of an error. */
  protectFresh(reply: Reply): Reply | undefined;
}

export function isProtected({ options }: Pick<Message, "options">): boolean {
  for (const { number } of options) if (number === OPTION.oscore) return true;
  return false;
}
