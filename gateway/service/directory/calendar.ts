/** When what is due: names by their moment, in coarse pages, so that moving one costs nothing however many there are. */
import type { Millis } from "../../base/index.ts";

const PAGE = 16_000;
const pageOf = (at: Millis): number => Math.floor(at / PAGE);

export class Calendar {
  readonly #pages = new Map<number, Set<string>>();

  /** `undefined` = not in the calendar; the owner of the names knows where each one stands. */
  move(name: string, from: Millis | undefined, to: Millis | undefined): void {
    if (from !== undefined) {
      const page = this.#pages.get(pageOf(from));
      page?.delete(name);
      if (page?.size === 0) this.#pages.delete(pageOf(from));
    }
    if (to === undefined) return;
    const page = this.#pages.get(pageOf(to));
    if (page === undefined) this.#pages.set(pageOf(to), new Set([name]));
    else page.add(name);
  }

  /** All that may be due from `from` to `to`; up to a page too many on either side. */
  between(from: Millis, to: Millis): readonly string[] {
    const names: string[] = [];
    for (const [page, set] of this.#pages) if (page >= pageOf(from) && page <= pageOf(to)) names.push(...set);
    return names;
  }
}
