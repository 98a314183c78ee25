/** All of one state store into another one, whatever keeps them: by their ports alone. */
import type { ListedState, StateStore } from "../ports.ts";
import { pagesOf } from "./pages.ts";

/** From a store that nobody writes to meanwhile into one that is empty. Whoever reads before it resolves sees half of it. */
export async function carryState(from: ListedState, to: StateStore): Promise<void> {
  const projections = await from.projections();
  const [some] = projections;
  if (some === undefined) return; // nothing was ever committed
  for (const table of await from.tables()) {
    for await (const page of pagesOf(from, table)) {
      await to.commit(
        ...some,
        page.map(([key, value]) => ({ table, key, value })),
      );
    }
  }
  for (const [name, applied] of projections) await to.commit(name, applied, []);
}
