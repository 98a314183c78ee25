/** RFC 8613 — OSCORE, both roles. */

export type {
  OpenedResponse,
  OscoreRequester,
  PlainRequest,
  ProtectedRequest,
  ProtectOptions,
  ResponseFault,
} from "./client/protected-request.ts";
export { SenderSequence, type SequenceOptions, type SequenceStop } from "./context/sequence.ts";
export { Oscore, type OscoreOptions, type OscoreStats } from "./server/oscore.ts";
