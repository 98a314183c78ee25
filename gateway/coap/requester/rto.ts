/**
 * Retransmission timeout per peer, after draft-ietf-core-cocoa-03 §4 with the slow timeout of draft-ietf-core-fasor-02
 * §4: what one exchange teaches about the next. Pure; the clock readings come in.
 */
import { type Millis, millis, seconds } from "../../base/index.ts";

/** RFC 6298 §2: smoothed round-trip time and its variation. */
interface Estimate {
  readonly srtt: number;
  readonly rttvar: number;
}

export interface Rto {
  readonly timeout: Millis;
  /** From exchanges that needed no retransmission, */
  readonly strong: Estimate | undefined;
  /** and from those that did: which copy was answered is not known. */
  readonly weak: Estimate | undefined;
  /** FASOR: the timeout to begin with after an ambiguous exchange, until a clear one was seen. */
  readonly slow: Millis | undefined;
  readonly updatedAt: Millis;
}

export interface Sample {
  /** From the first transmission to the acknowledgement. */
  readonly rtt: Millis;
  readonly retransmissions: number;
  /** The peer slept meanwhile: the time says when it woke, not how far it is. */
  readonly spannedSleep: boolean;
}

export const MIN_RTO = millis(250);
export const MAX_RTO = seconds(32);
/** cocoa §4.2: more retransmissions than these say nothing about the path any more. */
const WEAK_RETRANSMISSIONS = 2;
const STRONG = { k: 4, weight: 0.5 } as const;
const WEAK = { k: 1, weight: 0.25 } as const;
/** A weak estimate above this many timeouts counts as this many: one ambiguous exchange moves the timeout by a quarter. */
const WEAK_CAP = 2;
/** fasor §4.2: the factor by which the slow timeout exceeds the time that was seen. */
const SLOW_FACTOR = 1.5;

export const newRto = (ackTimeout: Millis, now: Millis): Rto => ({
  timeout: ackTimeout,
  strong: undefined,
  weak: undefined,
  slow: undefined,
  updatedAt: now,
});

export function learn(rto: Rto, { rtt, retransmissions, spannedSleep }: Sample, now: Millis): Rto {
  if (spannedSleep) return rto;
  const current = aged(rto, now);
  if (retransmissions === 0) {
    const strong = estimate(current.strong, rtt);
    const timeout = blend(current.timeout, strong.srtt + STRONG.k * strong.rttvar, STRONG.weight);
    return { ...current, timeout, strong, slow: undefined, updatedAt: now };
  }
  const slow = bounded(rtt * SLOW_FACTOR);
  if (retransmissions > WEAK_RETRANSMISSIONS) return { ...current, slow, updatedAt: now };
  const weak = estimate(current.weak, rtt);
  const seen = Math.min(weak.srtt + WEAK.k * weak.rttvar, WEAK_CAP * current.timeout);
  return { ...current, timeout: blend(current.timeout, seen, WEAK.weight), weak, slow, updatedAt: now };
}

/** RFC 6298 §2.2, §2.3: alpha 1/8, beta 1/4. */
function estimate(before: Estimate | undefined, rtt: Millis): Estimate {
  if (before === undefined) return { srtt: rtt, rttvar: rtt / 2 };
  return {
    rttvar: (before.rttvar * 3 + Math.abs(before.srtt - rtt)) / 4,
    srtt: (before.srtt * 7 + rtt) / 8,
  };
}

const blend = (timeout: Millis, seen: number, weight: number): Millis =>
  bounded(timeout * (1 - weight) + seen * weight);
const bounded = (timeout: number): Millis => millis(Math.min(Math.max(timeout, MIN_RTO), MAX_RTO));

/** cocoa §4.3: a timeout far from the default that was not confirmed for long drifts back towards it. */
export function aged(rto: Rto, now: Millis): Rto {
  let { timeout, updatedAt } = rto;
  for (let lasts = lifetime(timeout); updatedAt + lasts < now; lasts = lifetime(timeout)) {
    updatedAt = millis(updatedAt + lasts);
    timeout = timeout < seconds(1) ? millis(timeout * 2) : millis(seconds(1) + timeout / 2);
  }
  const slow = rto.slow !== undefined && rto.updatedAt + 4 * rto.slow < now ? undefined : rto.slow;
  return timeout === rto.timeout && slow === rto.slow ? rto : { ...rto, timeout, slow, updatedAt };
}

const lifetime = (timeout: Millis): number =>
  timeout < seconds(1) ? 16 * timeout : timeout > seconds(3) ? 4 * timeout : Number.POSITIVE_INFINITY;

/** cocoa §4.2.1: a short timeout backs off faster, a long one slower than by doubling. */
export const backoffFactor = (timeout: Millis): number => (timeout < seconds(1) ? 3 : timeout > seconds(3) ? 1.5 : 2);

/** The first timeouts of a message, before they are spread at random. */
export interface Timeouts {
  readonly first: Millis;
  readonly second: Millis;
  /** From the second on. */
  readonly backoff: number;
}

/** `floor`: a node that polls its parent every P cannot answer sooner than that (RFC 7252 §4.8.1). */
export function timeoutsOf(rto: Rto, floor: Millis, now: Millis): Timeouts {
  const { timeout, slow } = aged(rto, now);
  const fast = millis(Math.max(timeout, floor));
  const backoff = backoffFactor(fast);
  if (slow === undefined || slow <= fast) return { first: fast, second: millis(fast * backoff), backoff };
  return { first: slow, second: fast, backoff };
}

/** At least this, for a node that polls its parent every `period`: it may just have missed the message twice. */
export const pollFloor = (period: Millis): Millis => millis(2 * period + seconds(1));
