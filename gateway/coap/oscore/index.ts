/** RFC 8613 — OSCORE, both roles. */

export { type OpenOutcome, Oscore, type OscoreOptions, type OscoreStats } from "./oscore.ts";
export type {
  OpenedResponse,
  OscoreRequester,
  PlainRequest,
  ProtectedRequest,
  ProtectOptions,
  ResponseFault,
} from "./protected-request.ts";
export type { ResponseSecurity } from "./response-security.ts";
export { SenderSequence, type SequenceOptions, type SequenceStop } from "./sequence.ts";
