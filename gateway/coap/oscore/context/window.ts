/** RFC 8613 §7.4 — the replay window: the highest sequence number received, and which of the 32 up to it. */

export const REPLAY_WINDOW_SIZE = 32;

export interface ReplayWindow {
  /** Highest number accepted; -1 when there is none. */
  readonly top: number;
  /** Bit i: number `top - i` was received. */
  readonly seen: number;
}

/** Nothing was received yet, and nothing could have been: for a context that is new. */
export const EMPTY_WINDOW: ReplayWindow = { top: -1, seen: 0 };

/** Appendix B.1.2: this number is known to be fresh, and nothing is known of those below it: they are not accepted. */
export const windowFrom = (number: number): ReplayWindow => ({ top: number, seen: 0xffffffff });

export function isFresh({ top, seen }: ReplayWindow, number: number): boolean {
  if (number > top) return true;
  const age = top - number;
  return age < REPLAY_WINDOW_SIZE && ((seen >>> age) & 1) === 0;
}

/** The window after `number`, which was fresh and whose message was authentic. */
export function received({ top, seen }: ReplayWindow, number: number): ReplayWindow {
  if (number <= top) return { top, seen: (seen | (1 << (top - number))) >>> 0 };
  const shift = number - top;
  return { top: number, seen: shift < REPLAY_WINDOW_SIZE ? ((seen << shift) | 1) >>> 0 : 1 };
}
