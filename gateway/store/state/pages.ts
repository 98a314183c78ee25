/** A table that may be large, page by page: what is read of it is in memory once only. */
import type { StateStore } from "../ports.ts";

const PAGE = 2048;

/** In key order, of a table that nobody changes meanwhile. */
export async function* pagesOf(
  state: Pick<StateStore, "entries">,
  table: string,
): AsyncGenerator<ReadonlyArray<readonly [key: string, value: Uint8Array]>> {
  for (let from = ""; ; ) {
    const page = await state.entries(table, from, PAGE);
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    from = `${last[0]}\0`; // the very next key
  }
}
