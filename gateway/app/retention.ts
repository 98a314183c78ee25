/**
 * How long facts stay: until every reader has passed them, and then for the replay span, which ends at its age or at
 * its size, whichever comes first.
 */
import { type Clock, type Closable, days, every, hours, type Logger, type Timer } from "../base/index.ts";
import type { Journal, Ledger } from "../store/index.ts";

export interface RetentionLimits {
  readonly keepBytes: number;
  readonly keepDays: number;
}

/** Reads the facts in the order of their numbers; undefined where it does not run in this process. */
type Reader = { stats(): { readonly rendered: number } } | undefined;

export class Retention implements Closable {
  readonly #timer: Timer;

  constructor(
    { journal, ledger }: { readonly journal: Journal; readonly ledger: Ledger },
    bridge: Reader,
    limits: RetentionLimits,
    { clock, log }: { readonly clock: Clock; readonly log: Logger },
  ) {
    this.#timer = every(clock, hours(1), () => {
      const passed = Math.min(ledger.committed, bridge?.stats().rendered ?? ledger.committed);
      trimJournal(journal, passed, limits, clock).catch((error: unknown) => {
        log.error("journal.trim-failed", { reason: String(error) });
      });
    });
  }

  close(): void {
    this.#timer.cancel();
  }
}

/** Whole segments below `passed` that are too old or too much. */
export async function trimJournal(
  journal: Journal,
  passed: number,
  limits: RetentionLimits,
  clock: Clock,
): Promise<void> {
  const oldest = clock.now() - days(limits.keepDays);
  const byAge = await firstSince(journal, oldest);
  // Facts are of much the same size, so a share of the bytes is a share of the numbers.
  const surplus = Math.max(0, 1 - limits.keepBytes / Math.max(1, await journal.size()));
  const bySize = journal.first + Math.floor((journal.last - journal.first) * surplus);
  const cut = Math.min(passed, Math.max(byAge, bySize));
  if (cut > journal.first) await journal.trim(cut);
}

/** Number of the first fact that is not older than `at`; facts lie in the order of time. */
async function firstSince(journal: Journal, at: number): Promise<number> {
  let low = journal.first;
  let high = journal.lastDurable + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [fact] = await journal.read(middle, 1);
    if (fact === undefined || fact.at >= at) high = middle;
    else low = middle + 1;
  }
  return low;
}
