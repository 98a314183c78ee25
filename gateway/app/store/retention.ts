/**
 * How long facts stay: until every reader has passed them, and then for the replay span, which ends at its age or at
 * its size, whichever comes first.
 */
import {
  type Clock,
  type Closable,
  days,
  every,
  explain,
  hours,
  type Logger,
  type Millis,
  type Timer,
} from "../../base/index.ts";
import type { ClockMemory, Remembered, TimeQuality } from "../../service/timekeeping/index.ts";
import type { Journal, Ledger } from "../../store/index.ts";

export interface RetentionLimits {
  readonly keepBytes: number;
  readonly keepDays: number;
}

interface Kept {
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly clockMemory: Pick<ClockMemory, "remembered">;
}

export class Retention implements Closable {
  readonly #timer: Timer;
  #trimming: Promise<void> = Promise.resolve();
  /** Those who want every fact to stay for a while. */
  #holders = 0;

  constructor(
    { journal, ledger, clockMemory }: Kept,
    /** Number of the last fact that every reader beside the projections has passed. */
    passedByReaders: () => Promise<number>,
    limits: RetentionLimits,
    { clock, quality, log }: { readonly clock: Clock; readonly quality: TimeQuality; readonly log: Logger },
  ) {
    this.#timer = every(clock, hours(1), () => {
      if (this.#holders > 0) return; // an hour later is soon enough
      const trim = async (): Promise<void> => {
        const passed = Math.min(ledger.committed, await passedByReaders());
        const now = quality.synchronised ? clock.now() : undefined;
        await trimJournal(journal, passed, limits, { now, jump: clockMemory.remembered.jump });
      };
      // After the one before, which waits where the store is away.
      this.#trimming = this.#trimming
        .then(trim)
        .catch((error: unknown) => log.error("journal.trim-failed", { reason: explain(error) }));
    });
  }

  /** Nothing is dropped until `work` has ended. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#holders += 1;
    try {
      await this.#trimming;
      return await work();
    } finally {
      this.#holders -= 1;
    }
  }

  /** What is being dropped is dropped before the journal closes. */
  async close(): Promise<void> {
    this.#timer.cancel();
    await this.#trimming;
  }
}

export interface Ages {
  /** Undefined while nobody knows: then nothing is too old. */
  readonly now: Millis | undefined;
  /** Facts from before time last jumped may say any time: they are as old as the jump. */
  readonly jump: Remembered["jump"];
}

/** Whole segments below `passed` that are too old or too much. */
export async function trimJournal(
  journal: Journal,
  passed: number,
  limits: RetentionLimits,
  { now, jump }: Ages,
): Promise<void> {
  const oldest = now === undefined ? undefined : now - days(limits.keepDays);
  const isHeld = oldest === undefined || (jump !== undefined && jump.at >= oldest);
  const byAge = isHeld ? journal.first : await firstSince(journal, oldest, jump?.seq);
  // Facts are of much the same size, so a share of the bytes is a share of the numbers.
  const surplus = Math.max(0, 1 - limits.keepBytes / Math.max(1, await journal.size()));
  const bySize = journal.first + Math.floor((journal.last - journal.first) * surplus);
  const cut = Math.min(passed, Math.max(byAge, bySize));
  if (cut > journal.first) await journal.trim(cut);
}

/** Number of the first fact that is not older than `at`; facts since `ordered` lie in the order of time. */
async function firstSince(journal: Journal, at: number, ordered = 0): Promise<number> {
  let low = Math.max(journal.first, ordered);
  let high = journal.lastDurable + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [fact] = await journal.read(middle, 1);
    if (fact === undefined || fact.at >= at) high = middle;
    else low = middle + 1;
  }
  return low;
}
