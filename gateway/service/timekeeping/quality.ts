/**
 * Is the gateway's clock right? One pure decision over what can be seen of it: what it reads, what the journal knows, and what
 * the machine's own time service says. A gateway in a plant room may start in 1970, and nobody else is asked.
 */
import { type Millis, millis, minutes } from "../../base/index.ts";

/** The setting `clock.synchronised`. */
export type ClockSetting = "auto" | "yes" | "no";

/** What the machine's time service says, and which one that is. */
export interface Told {
  readonly by: string;
  readonly synchronised: boolean;
}

export interface Observation {
  /** What the machine's clock reads. */
  readonly reads: Millis;
  /** Time of the newest durable fact, as long as the clock has not been right in this process. */
  readonly newest?: Millis | undefined;
  /** Undefined where nothing tells: in most containers, and on machines without a time service. */
  readonly told?: Told | undefined;
}

/** Why a clock is taken as right, or not: a sentence for people each. */
export const CLOCK_REASONS = {
  "set-by-hand": "the setting clock.synchronised says that it is right",
  told: "the machine's time service says that it is right",
  plausible: "nothing tells, and it reads no less than what is in the journal",
  "switched-off": "the setting clock.synchronised says that it is not right",
  "before-release": "it reads a time before this software was written",
  "far-future": "it reads a time decades ahead",
  "not-synchronised": "the machine's time service says that it is not",
  "before-journal": "it reads an earlier time than the newest entry of the journal",
} as const;
export type ClockReason = keyof typeof CLOCK_REASONS;

export interface Verdict {
  readonly synchronised: boolean;
  readonly why: ClockReason;
}

/** No release of this software is older. */
export const EARLIEST = millis(Date.UTC(2025, 0, 1));
/** What a broken real-time clock may come up with (2036, 2099, 2106) is at least that far ahead. */
const LATEST = millis(Date.UTC(2050, 0, 1));
/** A time service moves a clock that is right by some seconds, backwards too. */
const TOLERANCE = minutes(1);

const right = (why: ClockReason): Verdict => ({ synchronised: true, why });
const wrong = (why: ClockReason): Verdict => ({ synchronised: false, why });

/** The setting comes first, then what cannot be, then the time service, then the journal. */
export function judge(setting: ClockSetting, { reads, newest, told }: Observation): Verdict {
  if (setting === "yes") return right("set-by-hand");
  if (setting === "no") return wrong("switched-off");
  if (reads < EARLIEST) return wrong("before-release");
  if (reads > LATEST) return wrong("far-future");
  // It outranks the journal, which may hold a time that was wrong and taken as right.
  if (told !== undefined) return told.synchronised ? right("told") : wrong("not-synchronised");
  if (newest !== undefined && reads < newest - TOLERANCE) return wrong("before-journal");
  return right("plausible");
}

/** Could it be, as far as can be seen? Such a reading is the better guess than any other. */
export const isPlausible = (reads: Millis, newest: Millis | undefined): boolean =>
  reads >= EARLIEST && reads <= LATEST && (newest === undefined || reads >= newest);

/** What time is taken to be while the clock cannot be believed: later than all that was ever written down. */
export const leastTime = (newest: Millis | undefined): Millis =>
  millis(Math.max(EARLIEST, newest === undefined ? 0 : newest + 1));
