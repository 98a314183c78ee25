/** RFC 6762 §8.2, §9: does somebody else use one of our names, and who yields when two ask for one at once. */
import { nameKey, type ResourceRecord, TYPE } from "../../wire/dns/index.ts";
import type { Zone } from "./announcement.ts";
import { sameRecord } from "./answers.ts";

/**
 * Keys of our names for which `heard` has other data. `ours` are the records of all our links: on two interfaces of one
 * network we hear ourselves. While we only ask for a name, records of any type show that it is taken (§8.1).
 */
export function takenNames(
  heard: readonly ResourceRecord[],
  ours: readonly Zone[],
  asking: boolean,
): ReadonlySet<string> {
  const taken = new Set<string>();
  for (const record of heard) {
    const key = nameKey(record.name);
    if (!ours.some(({ unique }) => unique.has(key)) || record.ttl === 0 || record.type === TYPE.nsec) continue;
    const own = ours.flatMap(({ byName }) => byName.get(key) ?? []);
    if (!asking && !own.some(({ type }) => type === record.type)) continue;
    if (!own.some((one) => sameRecord(one, record))) taken.add(key);
  }
  return taken;
}

/** §8.2: the lexicographically later data wins; `theirs` is what the other one wants to announce on the link of `ours`. */
export function yieldsTo(theirs: readonly ResourceRecord[], ours: Zone, all: readonly Zone[]): boolean {
  if (theirs.every((record) => all.some(({ records }) => records.some((own) => sameRecord(own, record))))) return false;
  const keys = new Set(theirs.map(({ name }) => nameKey(name)).filter((key) => ours.unique.has(key)));
  for (const key of keys) {
    const wanted = theirs.filter(({ name }) => nameKey(name) === key);
    if (compareLists(sorted(proposed(ours, key)), sorted(wanted)) < 0) return true;
  }
  return false;
}

/** What stands in the authority section of a probe for this name. */
export const proposed = ({ byName }: Zone, key: string): readonly ResourceRecord[] =>
  (byName.get(key) ?? []).filter(({ type }) => type !== TYPE.nsec);

const compare = (a: ResourceRecord, b: ResourceRecord): number => a.type - b.type || Buffer.compare(a.rdata, b.rdata);
const sorted = (records: readonly ResourceRecord[]): readonly ResourceRecord[] => [...records].sort(compare);

/** §8.2.1: the first difference decides; when one list ends, the longer one wins. */
function compareLists(a: readonly ResourceRecord[], b: readonly ResourceRecord[]): number {
  for (const [index, record] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const difference = compare(record, other);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
