/**
 * RFC 7641 §4.5.1 — NON notifications to one client: nothing tells how many its network can take, so it gets one in
 * three seconds on average, and some at once after a silence. What changes meanwhile is in the next one.
 */
import { type Millis, millis, seconds } from "../../base/index.ts";

export const NON_INTERVAL = seconds(3);
export const NON_BURST = 5;

/** The moment from which on nothing is owed: each notification moves it on by one interval. */
export type Pace = Millis;

export const EVEN: Pace = millis(0);

/** How long the next notification has to wait; 0 = it may go. */
export const waitOf = (pace: Pace, now: Millis): Millis =>
  millis(Math.max(0, pace - (NON_BURST - 1) * NON_INTERVAL - now));

export const afterOne = (pace: Pace, now: Millis): Pace => millis(Math.max(pace, now) + NON_INTERVAL);
