/** Limits and times of what the gateway asks its nodes: every table is bounded, and a full one says so. */
import { minutes, seconds } from "../../base/index.ts";

export interface RequesterLimits {
  /** Requests and observations under way, queued or sent. */
  readonly requestsPerPeer: number;
  readonly requestsTotal: number;
  /** The largest answer that is put together from blocks. */
  readonly answerBytes: number;
  /** Separate responses remembered, so that a copy is acknowledged again (RFC 7252 §4.5). */
  readonly rememberedPerPeer: number;
  readonly rememberedTotal: number;
  /** Peers whose round-trip times are known. */
  readonly timedPeers: number;
}

export const REQUESTER_LIMITS: RequesterLimits = {
  requestsPerPeer: 16,
  requestsTotal: 4_096,
  answerBytes: 1_048_576,
  rememberedPerPeer: 16,
  rememberedTotal: 4_096,
  timedPeers: 16_384,
};

/** RFC 7252 §5.10.5: an answer without Max-Age is fresh for so long. */
export const DEFAULT_MAX_AGE = seconds(60);
/** RFC 7641 §3.3.1: when no notification came within Max-Age, wait this long and a random part of `SPREAD`. */
export const REREGISTER_AFTER = seconds(5);
export const REREGISTER_SPREAD = seconds(10);
/** RFC 7641 §3.4: after so long any sequence number is newer. */
export const SEQUENCE_LIFETIME = seconds(128);
/** What a renewal, or the rest of a notification, may take. */
export const RENEWAL_DEADLINE = minutes(5);
/** What telling a peer that nobody observes it any more may take: it learns it from a RST else. */
export const FAREWELL_DEADLINE = seconds(15);
