/** RFC 7252 §4.8 — transmission parameters and what follows from them; and the limits of the engine's tables. */
import { hours, type Millis, millis, minutes, seconds } from "../base/index.ts";

export interface TransmissionParameters {
  /** Must exceed twice the poll period of a node that polls its parent. */
  readonly ACK_TIMEOUT: Millis;
  readonly ACK_RANDOM_FACTOR: number;
  readonly MAX_RETRANSMIT: number;
}

export const DEFAULT_PARAMETERS: TransmissionParameters = {
  ACK_TIMEOUT: seconds(2),
  ACK_RANDOM_FACTOR: 1.5,
  MAX_RETRANSMIT: 4,
};

const MAX_LATENCY = seconds(100);

/** §4.8.2: times derived from the parameters. */
export function derivedTimes(parameters: TransmissionParameters) {
  const { ACK_TIMEOUT, ACK_RANDOM_FACTOR, MAX_RETRANSMIT } = parameters;
  const PROCESSING_DELAY = ACK_TIMEOUT;
  const MAX_TRANSMIT_SPAN = millis(ACK_TIMEOUT * (2 ** MAX_RETRANSMIT - 1) * ACK_RANDOM_FACTOR);
  const MAX_TRANSMIT_WAIT = millis(ACK_TIMEOUT * (2 ** (MAX_RETRANSMIT + 1) - 1) * ACK_RANDOM_FACTOR);
  const MAX_RTT = millis(2 * MAX_LATENCY + PROCESSING_DELAY);
  const EXCHANGE_LIFETIME = millis(MAX_TRANSMIT_SPAN + MAX_RTT);
  const NON_LIFETIME = millis(MAX_TRANSMIT_SPAN + MAX_LATENCY);
  return { MAX_TRANSMIT_SPAN, MAX_TRANSMIT_WAIT, MAX_RTT, EXCHANGE_LIFETIME, NON_LIFETIME } as const;
}

/** Every table of the engine is bounded; what a peer can make us keep is the product of these. */
export interface Limits {
  readonly dedupPerPeer: number;
  readonly dedupTotal: number;
  /** Open Block1 bodies. */
  readonly bodiesPerPeer: number;
  readonly bodiesTotal: number;
  readonly bodyBytes: number;
  /** A node may sleep between two blocks of an upload. */
  readonly bodyIdle: Millis;
  /** Block2 snapshots of large responses. */
  readonly snapshotsPerPeer: number;
  readonly snapshotsTotal: number;
  readonly snapshotBytes: number;
  readonly snapshotIdle: Millis;
  /** Q-Block2 transfers that go on by themselves. */
  readonly burstsPerPeer: number;
  readonly burstsTotal: number;
  /** Of large answers that only they still hold; an image is not theirs. */
  readonly burstBytes: number;
  readonly observationsPerPeer: number;
  readonly observationsTotal: number;
  /** A request is kept for as long as it observes; a larger one is answered once. */
  readonly observedBytes: number;
  /** RFC 7641 §4.5: every so many NON notifications one is CON, to learn whether anybody still listens, */
  readonly confirmEvery: number;
  /** and never later than this after the last sign of life. */
  readonly confirmAfter: Millis;
  /** Addresses that were proven by Echo or by a security context. */
  readonly provenPaths: number;
  /** Border routers whose air is rationed, and peers behind each. */
  readonly airtimeRouters: number;
  readonly airtimePeers: number;
  /** An answer that takes longer goes separately (RFC 7252 §5.2.2). */
  readonly ackDelay: Millis;
}

export const DEFAULT_LIMITS: Limits = {
  dedupPerPeer: 64,
  dedupTotal: 20_000,
  bodiesPerPeer: 2,
  bodiesTotal: 64,
  bodyBytes: 1_048_576,
  bodyIdle: minutes(10),
  snapshotsPerPeer: 4,
  snapshotsTotal: 256,
  snapshotBytes: 16_777_216,
  snapshotIdle: minutes(5),
  burstsPerPeer: 2,
  burstsTotal: 256,
  burstBytes: 4_194_304,
  observationsPerPeer: 16,
  observationsTotal: 4_096,
  observedBytes: 4_096,
  confirmEvery: 16,
  confirmAfter: hours(24),
  provenPaths: 4_096,
  airtimeRouters: 64,
  airtimePeers: 1_024,
  ackDelay: seconds(1),
};
