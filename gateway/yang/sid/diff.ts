/** RFC 9595 §3, §6.5.2 — what changed between two .sid files of a module, and which of it must not. */
import { itemKey, type SidFile, type SidItem, type SidRange, type SidStatus, shownRange } from "./sid-file.ts";

export type Change =
  | { readonly kind: "added"; readonly item: SidItem }
  | { readonly kind: "removed"; readonly item: SidItem }
  | { readonly kind: "renumbered"; readonly item: SidItem; readonly before: SidItem }
  | { readonly kind: "renamed"; readonly item: SidItem; readonly before: SidItem }
  | { readonly kind: "status"; readonly item: SidItem; readonly before: SidItem }
  | { readonly kind: "range-added"; readonly range: SidRange }
  | { readonly kind: "range-removed"; readonly range: SidRange };

const statusOf = ({ status }: SidItem): SidStatus => status ?? "stable";

/** By SID; ranges last. */
export function diff(old: SidFile, now: SidFile): readonly Change[] {
  const before = new Map(old.items.map((item) => [itemKey(item), item]));
  const after = new Map(now.items.map((item) => [itemKey(item), item]));
  const numbers = new Map(now.items.map((item) => [item.sid, item]));
  const changes: (Change & { readonly item: SidItem })[] = [];
  const renamed = new Set<SidItem>();

  for (const item of old.items) {
    const same = after.get(itemKey(item));
    const heir = numbers.get(item.sid);
    if (same === undefined && heir !== undefined && !before.has(itemKey(heir))) {
      changes.push({ kind: "renamed", item: heir, before: item });
      renamed.add(heir);
    } else if (same === undefined) {
      changes.push({ kind: "removed", item });
    } else if (same.sid !== item.sid) {
      changes.push({ kind: "renumbered", item: same, before: item });
    } else if (statusOf(same) !== statusOf(item)) {
      changes.push({ kind: "status", item: same, before: item });
    }
  }
  for (const item of now.items) {
    if (!before.has(itemKey(item)) && !renamed.has(item)) changes.push({ kind: "added", item });
  }
  return [...changes.sort((a, b) => a.item.sid - b.item.sid), ...rangeChanges(old.ranges, now.ranges)];
}

function rangeChanges(old: readonly SidRange[], now: readonly SidRange[]): readonly Change[] {
  const without = (list: readonly SidRange[], gone: readonly SidRange[]): readonly SidRange[] => {
    const known = new Set(gone.map(shownRange));
    return list.filter((range) => !known.has(shownRange(range)));
  };
  return [
    ...without(now, old).map((range): Change => ({ kind: "range-added", range })),
    ...without(old, now).map((range): Change => ({ kind: "range-removed", range })),
  ];
}

/**
 * RFC 9595 §3: what is unstable may still change, be withdrawn and given to others; everything else stays for ever. A new
 * name under an old number is left to the module's author (Appendix B), and therefore only told.
 */
export function isBroken(change: Change): boolean {
  switch (change.kind) {
    case "removed":
      return statusOf(change.item) !== "unstable";
    case "renumbered":
      return statusOf(change.before) !== "unstable";
    case "range-removed":
      return true;
    case "status":
      return statusOf(change.before) === "stable" && statusOf(change.item) === "unstable";
    case "added":
    case "renamed":
    case "range-added":
      return false;
  }
}

/** One line for people. */
export function changeText(change: Change): string {
  switch (change.kind) {
    case "added":
      return `+ ${shown(change.item)}${marked(change.item)}`;
    case "removed":
      return `- ${shown(change.item)}${marked(change.item)}`;
    case "renumbered":
      return `! ${shown(change.item)} was ${change.before.sid}`;
    case "renamed":
      return `~ ${shown(change.item)} was ${itemKey(change.before)}`;
    case "status":
      return `~ ${shown(change.item)} was ${statusOf(change.before)}, is ${statusOf(change.item)}`;
    case "range-added":
      return `+ range ${shownRange(change.range)}`;
    case "range-removed":
      return `- range ${shownRange(change.range)}`;
  }
}

const shown = (item: SidItem): string => `${item.sid} ${itemKey(item)}`;
const marked = (item: SidItem): string => (statusOf(item) === "stable" ? "" : ` (${statusOf(item)})`);
