/**
 * Whether a node can be reached, as one pure machine: unknown → awake → asleep → overdue → lost.
 * Time is counted in wakes, not seconds: a node that sleeps for an hour is not late after a minute. How long it sleeps is
 * what it was told, else what was learnt from its wakes (wake-period.ts), else the configured interval.
 */
import { type Millis, seconds } from "../../base/index.ts";
import { isOff, moved, REACHABILITIES, type Reachability, type Shift } from "../../store/index.ts";
import { learn, NOTHING_LEARNT, slackOf, trustedPeriod, type WakePeriod } from "./wake-period.ts";

export interface Reach extends WakePeriod {
  readonly state: Reachability;
  readonly lastSeen: Millis | undefined;
  /** When the node is expected, and how long it sleeps between two wakes. */
  readonly nextWake: Millis | undefined;
  readonly interval: Millis;
  readonly missedWakes: number;
  /** Start of the last wake: several messages of one wake are one wake. */
  readonly woke: Millis | undefined;
  /** How long the node listens after its last word. */
  readonly awakeTime: Millis;
  /** End of its registration's lifetime; undefined for a node that has none. */
  readonly expires: Millis | undefined;
}

export type ReachEvent =
  /** A check-in. `awake`: it was given work, else it sleeps at once. `awakeTime`: when the node said one. */
  | {
      readonly type: "heard";
      readonly at: Millis;
      readonly awake: boolean;
      readonly nextWake: Millis | undefined;
      readonly awakeTime?: Millis | undefined;
    }
  /** Any other authenticated message: a request, a notification, a response to a request of ours. */
  | { readonly type: "uplink"; readonly at: Millis }
  /** What a look at the clock (`time`) found, as the fact of it says; `heard` may be a sign of life that it found too. */
  | { readonly type: "noticed"; readonly state: Reachability; readonly missedWakes: number; readonly heard: Millis }
  /** A registration with a lifetime, made or updated; `until` undefined = removed. */
  | { readonly type: "registered"; readonly at: Millis; readonly until: Millis | undefined }
  /** The gateway was away until now: wakes that fell into that time nobody could hear. */
  | { readonly type: "returned"; readonly at: Millis }
  /** `heard`: when the node last did anything at all, e.g. fetched a block; it puts off the next wake. */
  | { readonly type: "time"; readonly at: Millis; readonly heard: Millis | undefined };

/** How long a node that does not say less is taken to listen after its last word (RFC 7252 §4.8.2, MAX_TRANSMIT_WAIT). */
export const AWAKE_TIME = seconds(93);
/** An update that was sent just in time may be this late (RFC 7252 §4.8.2, EXCHANGE_LIFETIME). */
const LIFETIME_GRACE = seconds(247);
/** A wake counts as missed when this share of the interval has passed since it was due. */
const GRACE = 0.5;
/** Missed wakes after which a node without a lifetime is lost. */
export const LOST_AFTER = 12;

export const unheard = (interval: Millis): Reach => ({
  state: "unknown",
  lastSeen: undefined,
  nextWake: undefined,
  interval,
  missedWakes: 0,
  woke: undefined,
  awakeTime: AWAKE_TIME,
  expires: undefined,
  ...NOTHING_LEARNT,
});

/** The same object when nothing changes. */
export function step(reach: Reach, event: ReachEvent): Reach {
  switch (event.type) {
    case "heard": {
      const newWake = !isSameWake(reach, event.at, true);
      const nextWake = event.nextWake ?? expectedWake(reach, event.at, reach.interval);
      // A wake may last nearly until the next one, or longer: the sleep after it says nothing of how often the node wakes.
      const start = newWake ? event.at : (reach.woke ?? event.at);
      const interval = Math.max(1000, nextWake - start) as Millis;
      const state = event.awake ? "awake" : "asleep";
      return heardAt(reach, event.at, newWake, { state, nextWake, interval, awakeTime: event.awakeTime });
    }
    case "uplink":
      return uplink(reach, event.at, !isSameWake(reach, event.at, false));
    case "noticed":
      return { ...noticed(reach, event.heard), state: event.state, missedWakes: event.missedWakes };
    case "registered":
      return { ...uplink(reach, event.at, !isSameWake(reach, event.at, false)), expires: event.until };
    case "returned": {
      const { nextWake, interval, missedWakes } = reach;
      if (nextWake === undefined) return reach;
      const unheard = missed(nextWake, interval, event.at) - missedWakes;
      return unheard <= 0 ? reach : { ...reach, nextWake: (nextWake + unheard * interval) as Millis };
    }
    case "time": {
      const { heard, at } = event;
      const base = heard !== undefined && heard > (reach.lastSeen ?? -1) ? noticed(reach, heard) : reach;
      if (base.lastSeen === undefined || base.nextWake === undefined) return reach;
      const missedWakes = missed(base.nextWake, base.interval, at);
      const state = stateAt(base, base.lastSeen, missedWakes, at);
      const same = state === reach.state && missedWakes === reach.missedWakes && base.woke === reach.woke;
      return same ? reach : { ...base, state, missedWakes };
    }
  }
}

/** Of words nobody wrote down the last is known: to a node that was not seen falling asleep it belongs to the same wake. */
const noticed = (reach: Reach, heard: Millis): Reach =>
  uplink(reach, heard, reach.state !== "awake" && !isSameWake(reach, heard, false));

/** A word that says nothing about the next wake: one before the node is due leaves its regular wake where it was. */
function uplink(reach: Reach, at: Millis, newWake: boolean): Reach {
  const interval = trustedPeriod(reach) ?? reach.interval;
  const due = reach.nextWake;
  const regular = due === undefined || at >= due - Math.min(slackOf(reach), interval * GRACE);
  const nextWake = regular ? ((at + interval) as Millis) : due;
  return heardAt(reach, at, newWake, { state: "awake", nextWake, interval, awakeTime: undefined });
}

interface After {
  readonly state: Reachability;
  readonly nextWake: Millis | undefined;
  readonly interval: Millis;
  readonly awakeTime: Millis | undefined;
}

/** Member by member: this runs at each check-in, where a spread costs ten times as much. */
function heardAt(reach: Reach, at: Millis, newWake: boolean, after: After): Reach {
  const { woke } = reach;
  const known = newWake && woke !== undefined ? learn(reach, at - woke) : reach;
  return {
    state: after.state,
    lastSeen: at,
    nextWake: after.nextWake,
    interval: after.interval,
    missedWakes: 0,
    woke: newWake ? at : woke,
    awakeTime: after.awakeTime ?? reach.awakeTime,
    expires: reach.expires,
    period: known.period,
    deviation: known.deviation,
    observed: known.observed,
    rival: known.rival,
    rivalled: known.rivalled,
  };
}

/** Whoever checked in and was given nothing went to sleep: its next check-in is a new wake, however soon it comes. */
function isSameWake({ woke, lastSeen, state, awakeTime }: Reach, at: Millis, checkIn: boolean): boolean {
  if (woke === undefined || lastSeen === undefined) return false;
  return at - lastSeen < awakeTime && (!checkIn || state === "awake");
}

/**
 * When a node that nobody has told is expected after it was heard at `at`: counted from the start of the wake, by what
 * was learnt where that is to be trusted.
 */
export function expectedWake(reach: Reach, at: Millis, fallback: Millis): Millis {
  const period = trustedPeriod(reach);
  if (period === undefined) return (at + fallback) as Millis;
  const start = isSameWake(reach, at, true) && reach.woke !== undefined ? reach.woke : at;
  return (start + Math.max(period, at - start + 1000)) as Millis;
}

/** The time within which the next wake should come; once one was missed, that of the one after it. */
export function wakeWindow(reach: Reach): { readonly from: Millis; readonly until: Millis } | undefined {
  const { nextWake, interval, missedWakes } = reach;
  if (nextWake === undefined) return undefined;
  const due = nextWake + missedWakes * interval;
  const widest = interval * GRACE;
  const slack = trustedPeriod(reach) === undefined ? widest : Math.min(slackOf(reach), widest);
  return { from: Math.round(due - slack) as Millis, until: Math.round(due + slack) as Millis };
}

function missed(due: Millis, interval: Millis, now: Millis): number {
  const late = now - due - interval * GRACE;
  return late < 0 ? 0 : 1 + Math.floor(late / interval);
}

function stateAt(reach: Reach, heard: Millis, missedWakes: number, now: Millis): Reachability {
  if (missedWakes > 0) return isLost(reach, heard, missedWakes, now) ? "lost" : "overdue";
  if (reach.state === "awake" && now < heard + reach.awakeTime) return "awake";
  return "asleep";
}

/** A lifetime outranks the count; who was heard after its end is counted again, as nobody renews what it does not use. */
function isLost({ expires }: Reach, heard: Millis, missedWakes: number, now: Millis): boolean {
  if (expires === undefined || heard > expires) return missedWakes >= LOST_AFTER;
  return now >= expires + LIFETIME_GRACE;
}

/**
 * A reach that was recorded by a clock that was wrong, as the right one would have recorded it. How far apart its times are
 * stays; the same object when it is older than that clock.
 */
export function shifted(reach: Reach, shift: Shift): Reach {
  const { lastSeen, nextWake, woke, expires } = reach;
  if (lastSeen === undefined || !isOff(lastSeen, shift)) return reach;
  const by = (at: Millis | undefined): Millis | undefined => at && ((at + shift.step) as Millis);
  // When a registration was made is not kept here: at worst its lifetime ends later by the time that nobody counted.
  return {
    ...reach,
    lastSeen: moved(lastSeen, shift),
    nextWake: by(nextWake),
    woke: woke && moved(woke, shift),
    expires: expires !== undefined && isOff(expires, shift) ? by(expires) : expires,
  };
}

/** A reach as plain values in a fixed order, for the disk; 0 = undefined. */
export type StoredReach = readonly [state: Reachability, ...numbers: number[]];

export const storeReach = (reach: Reach): StoredReach => [
  reach.state,
  reach.lastSeen ?? 0,
  reach.nextWake ?? 0,
  reach.interval,
  reach.missedWakes,
  reach.woke ?? 0,
  reach.awakeTime,
  reach.expires ?? 0,
  reach.period,
  reach.deviation,
  reach.observed,
  reach.rival,
  reach.rivalled,
];

/** Reads the shorter form of before there was anything learnt, too. */
export function restoreReach(stored: readonly [state: string, ...numbers: number[]]): Reach {
  const [state, lastSeen = 0, nextWake = 0, interval = 0, missedWakes = 0, woke = 0, awakeTime = 0, expires = 0] =
    stored;
  const [period = 0, deviation = 0, observed = 0, rival = 0, rivalled = 0] = stored.slice(8).map(Number);
  return {
    state: REACHABILITIES.find((known) => known === state) ?? "unknown",
    lastSeen: orNone(lastSeen),
    nextWake: orNone(nextWake),
    interval: interval as Millis,
    missedWakes,
    woke: orNone(woke),
    awakeTime: awakeTime === 0 ? AWAKE_TIME : (awakeTime as Millis),
    expires: orNone(expires),
    period,
    deviation,
    observed,
    rival,
    rivalled,
  };
}

const orNone = (at: number): Millis | undefined => (at === 0 ? undefined : (at as Millis));
