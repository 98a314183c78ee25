/** RFC 7641 §3.4 — which of two notifications is newer, for they may overtake each other. */
import type { Millis } from "../../base/index.ts";
import { SEQUENCE_LIFETIME } from "./limits.ts";

export interface Notified {
  /** 24 bits that wrap. */
  readonly sequence: number;
  readonly at: Millis;
}

const HALF = 2 ** 23;

export function isNewer(next: Notified, last: Notified): boolean {
  const { sequence: v1 } = last;
  const { sequence: v2 } = next;
  return (v1 < v2 && v2 - v1 < HALF) || (v1 > v2 && v1 - v2 > HALF) || next.at > last.at + SEQUENCE_LIFETIME;
}
