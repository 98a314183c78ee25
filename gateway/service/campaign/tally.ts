/** How many nodes stand where. Kept by steps: counting a fleet anew with each report would cost its square. */
import { PHASE_COUNTED, type Phase } from "../../store/index.ts";
import { isEnded, type Progress } from "./progress.ts";

/** Skipped nodes are in no count. */
export interface Tally {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly silent: number;
  /** From offered to confirming. */
  readonly active: number;
  /** Not yet offered, or between two wakes. */
  readonly waiting: number;
}
type Head = Exclude<keyof Tally, "total">;

export const NOBODY: Tally = { total: 0, done: 0, failed: 0, silent: 0, active: 0, waiting: 0 };

export function headOf(progress: Progress): Head | "skipped" {
  const head: (typeof PHASE_COUNTED)[Phase] = PHASE_COUNTED[progress.phase];
  return head !== "skipped" && progress.silent && !isEnded(progress) ? "silent" : head;
}

/** undefined = it was not there before, or is not any more. */
export function recount(tally: Tally, before: Progress | undefined, after: Progress | undefined): Tally {
  const [from, to] = [before && headOf(before), after && headOf(after)];
  return from === to ? tally : add(add(tally, from, -1), to, 1);
}

function add(tally: Tally, head: Head | "skipped" | undefined, by: 1 | -1): Tally {
  if (head === undefined || head === "skipped") return tally;
  return { ...tally, total: tally.total + by, [head]: tally[head] + by };
}

export const sumOf = (tallies: readonly Tally[]): Tally =>
  tallies.reduce(
    (sum, each) => ({
      total: sum.total + each.total,
      done: sum.done + each.done,
      failed: sum.failed + each.failed,
      silent: sum.silent + each.silent,
      active: sum.active + each.active,
      waiting: sum.waiting + each.waiting,
    }),
    NOBODY,
  );

/** Failed, rolled back or silent. */
export const errorsIn = ({ failed, silent }: Tally): number => failed + silent;
/** Nobody is left of whom something may still come at once. */
export const hasEnded = ({ total, done, failed, silent }: Tally): boolean => done + failed + silent === total;
