/** RFC 8613 §8.1, §8.4 — what the requester gets of OSCORE: a request to send, and what an answer to it means. */
import type { Credential } from "../../../base/index.ts";
import type { Message } from "../../../wire/coap/index.ts";
import type { Plaintext } from "../codec/message.ts";

/** The request as it is meant: a method's Code byte, options in ascending order, whole payload. */
export type PlainRequest = Plaintext;

export type OpenedResponse =
  | {
      readonly kind: "response";
      readonly code: number;
      /** Those inside; an Observe option has no value, its order is `notificationNumber`. */
      readonly options: Plaintext["options"];
      readonly payload: Uint8Array;
      /** §4.1.3.5.2: of a notification, set when it is newer than all before it; its Partial IV, -1 without one. */
      readonly notificationNumber: number | undefined;
    }
  /** Protect `request` anew and send it: it carries the Echo that the peer asked for, or uses the keys just agreed on. */
  | { readonly kind: "again"; readonly request: PlainRequest }
  /** §8.4: an unprotected 4.01, 4.02, 4.00 or 5.03. Anybody could have sent it: good for a reason, not for a decision. */
  | { readonly kind: "unverified"; readonly code: number; readonly options: Plaintext["options"] }
  /** To be dropped as if it had not come: the true answer may still follow. */
  | { readonly kind: "refused"; readonly why: ResponseFault };

export type ResponseFault =
  | "unprotected"
  | "option"
  | "decryption"
  | "malformed"
  | "replay"
  | "old"
  | "observe"
  | "gone";

/** Made for one request. A retransmission sends the same bytes; to ask again, protect again. */
export interface ProtectedRequest {
  /** POST, or FETCH for an observation. */
  readonly code: number;
  /** The outer options with the OSCORE option, ascending. */
  readonly options: Plaintext["options"];
  readonly payload: Uint8Array;
  /** Each message that came as an answer to it (same token, same peer), notifications included. Never throws. */
  open(response: Message): OpenedResponse;
}

export interface ProtectOptions {
  /** RFC 8613 Appendix B.2: agree on new keys first; for a peer that seems to have lost its own. */
  readonly rederive?: boolean;
}

/** The client role. `undefined` = no sequence number is to be had now, or nothing can be made of the credential. */
export interface OscoreRequester {
  protectRequest(credential: Credential, request: PlainRequest, options?: ProtectOptions): ProtectedRequest | undefined;
}
