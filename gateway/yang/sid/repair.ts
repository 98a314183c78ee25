/**
 * Paths of .sid files that pyang broke: prefixes instead of module names, module names left out, or a submodule's name
 * for its module's. The names of the nodes are right in all of them, so that they tell which node is meant.
 */
import type { Wanted } from "./items.ts";
import { itemKey, type SidFile, type SidItem } from "./sid-file.ts";

/** `/own:/tgt:top/tgt:list/leaf` → `/top/list/leaf`. */
const bare = (path: string): string => path.replace(/\/+[\w.-]*:(?=\/)/g, "").replace(/[\w.-]+:/g, "");

/** What each item that leads nowhere means, where exactly one node without a number has these names. */
export function repairs(file: SidFile, wanted: readonly Wanted[]): ReadonlyMap<SidItem, Wanted> {
  const known = new Set(file.items.map(itemKey));
  const right = new Set(wanted.map(itemKey));
  const byNames = new Map<string, Wanted | undefined>();
  for (const item of wanted) {
    if (item.namespace !== "data" || known.has(itemKey(item))) continue;
    const names = bare(item.identifier);
    byNames.set(names, byNames.has(names) ? undefined : item);
  }
  const found = new Map<SidItem, Wanted>();
  const taken = new Set<Wanted>();
  for (const item of file.items) {
    if (item.namespace !== "data" || item.status === "obsolete" || right.has(itemKey(item))) continue;
    const meant = byNames.get(bare(item.identifier));
    if (meant === undefined || taken.has(meant)) continue;
    taken.add(meant);
    found.set(item, meant);
  }
  return found;
}
