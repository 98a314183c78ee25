/** RFC 8613 — OSCORE, both roles. */

export type {
  PlainRequest,
  ProtectedRequest,
} from "./client/protected-request.ts";
export { SenderSequence } from "./context/sequence.ts";
export { Oscore, type OscoreStats, type Refusal } from "./server/oscore.ts";
