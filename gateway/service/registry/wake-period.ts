/**
 * How often a node wakes, learnt from the times between its wakes. An estimate of mean and deviation in the manner of
 * RFC 6298 §2; what it adds is that a wake which nobody heard makes one interval look like two, and that a node may be
 * given another interval: what does not fit is held against the estimate only when it goes on not to fit.
 */
import type { Millis } from "../../base/index.ts";

/** Plain numbers of milliseconds: one of these is kept of every node. */
export interface WakePeriod {
  /** 0 while nothing is known. */
  readonly period: number;
  /** Mean deviation of an interval from the period. */
  readonly deviation: number;
  /** Intervals that fitted. */
  readonly observed: number;
  /** An interval that did not fit, and how many alike came in a row: the next period, if they go on. */
  readonly rival: number;
  readonly rivalled: number;
}

export const NOTHING_LEARNT: WakePeriod = { period: 0, deviation: 0, observed: 0, rival: 0, rivalled: 0 };

/** RFC 6298 §2.3: weights of one more interval once there are some. */
const PERIOD_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
/** An interval fits within this share of the period, or within 4 deviations, which are believed up to the larger share. */
const FIT = 0.2;
const FIT_AT_MOST = 0.4;
/** Before so many fitted, a shorter interval is nearer to the truth: the first ones had a missed wake in them. */
const YOUNG = 3;
/** Alike in a row until a rival wins; missed wakes too make intervals of a whole multiple, so those must go on longer. */
const RIVAL_WINS = 3;
const MULTIPLE_WINS = 6;
/** After more missed wakes than this nothing can be said about the time in between. */
const MOST_MISSED = 12;

/** Takes in the time from the start of one wake to the start of the next that was heard. */
export function learn(known: WakePeriod, interval: number): WakePeriod {
  const { period, deviation, observed } = known;
  if (interval <= 0) return known;
  if (observed === 0) return started(interval);
  const tolerance = toleranceOf(period, deviation);
  const wakes = Math.max(1, Math.round(interval / period));
  if (wakes > MOST_MISSED) return known;
  const error = interval - wakes * period;
  const fits = Math.abs(error) <= tolerance;
  if (fits && wakes === 1) return refined(known, error);
  if (interval < period - tolerance && observed < YOUNG) return started(interval);
  return challenged(known, interval, fits);
}

/** As RFC 6298 §2.2 starts, with half of the first measurement as the deviation. */
const started = (interval: number): WakePeriod => ({
  period: interval,
  deviation: Math.round(interval / 2),
  observed: 1,
  rival: 0,
  rivalled: 0,
});

/** A plain mean at first, so that one odd interval at the start does not last. */
function refined({ period, deviation, observed }: WakePeriod, error: number): WakePeriod {
  const share = 1 / (observed + 1);
  return {
    period: Math.round(period + Math.max(PERIOD_GAIN, share) * error),
    deviation: Math.round(deviation + Math.max(DEVIATION_GAIN, share) * (Math.abs(error) - deviation)),
    observed: observed + 1,
    rival: 0,
    rivalled: 0,
  };
}

function challenged(known: WakePeriod, interval: number, multiple: boolean): WakePeriod {
  const { rival, rivalled } = known;
  const alike = rivalled > 0 && Math.abs(interval - rival) <= FIT * rival;
  if (!alike) return { ...known, rival: interval, rivalled: 1 };
  const count = rivalled + 1;
  const mean = Math.round(rival + (interval - rival) / count);
  if (count < (multiple ? MULTIPLE_WINS : RIVAL_WINS)) return { ...known, rival: mean, rivalled: count };
  return { period: mean, deviation: Math.round(mean * FIT * 0.5), observed: count, rival: 0, rivalled: 0 };
}

const toleranceOf = (period: number, deviation: number): number =>
  Math.min(FIT_AT_MOST * period, Math.max(FIT * period, 4 * deviation));

/** From this confidence on, the period is a better guess than the configured one. */
export const TRUSTED = 0.5;

/** 0 to 1: grows with what was observed, sinks with the deviation and while a rival has come up. */
export function confidence({ period, deviation, observed, rivalled }: WakePeriod): number {
  if (observed === 0) return 0;
  const seen = observed / (observed + 2);
  const steady = Math.max(0, 1 - (2 * deviation) / period);
  const undisputed = 1 - rivalled / MULTIPLE_WINS;
  return seen * steady * undisputed;
}

/** The learnt period, where it is to be trusted. */
export const trustedPeriod = (known: WakePeriod): Millis | undefined =>
  confidence(known) >= TRUSTED ? (known.period as Millis) : undefined;

/** How far from its expected moment a wake may well come. */
export const slackOf = (known: WakePeriod): Millis => Math.max(1000, 4 * known.deviation) as Millis;
