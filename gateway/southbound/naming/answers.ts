/** RFC 6762 §6, §7.1 and RFC 6763 §12: which of our records answer a question, and what goes along unasked. */
import { equalBytes } from "../../base/index.ts";
import { type Name, nameKey, type Question, type ResourceRecord, readName, TYPE } from "../../wire/dns/index.ts";
import type { Zone } from "./announcement.ts";

/** RFC 6762 §6.1: a name of ours without such a record is answered by the NSEC that says so. */
export function answersTo({ name, type }: Question, { byName }: Zone): readonly ResourceRecord[] {
  const records = byName.get(nameKey(name)) ?? [];
  if (type === TYPE.any) return records.filter((record) => record.type !== TYPE.nsec);
  const asked = records.filter((record) => record.type === type);
  return asked.length > 0 ? asked : records.filter((record) => record.type === TYPE.nsec);
}

/** RFC 6763 §12: a pointer brings its service, a service its host's addresses. */
export function additionalsOf(answers: readonly ResourceRecord[], zone: Zone): readonly ResourceRecord[] {
  const found = new Set<ResourceRecord>(answers);
  for (const record of found) {
    for (const name of leadsTo(record)) {
      for (const further of zone.byName.get(nameKey(name)) ?? []) if (further.flush) found.add(further);
    }
  }
  return [...found].slice(answers.length);
}

const SRV_NAME_AT = 6;

function leadsTo({ name, type, rdata }: ResourceRecord): readonly Name[] {
  const target = (at: number): Name => readName(rdata, at, { octets: 255 }).name;
  switch (type) {
    case TYPE.ptr:
      return [target(0)];
    case TYPE.srv:
      return [target(SRV_NAME_AT)];
    case TYPE.a:
    case TYPE.aaaa:
      return [name]; // RFC 6762 §6.2: the other family, or that there is none
    default:
      return [];
  }
}

export const sameRecord = (a: ResourceRecord, b: ResourceRecord): boolean =>
  a.type === b.type && equalBytes(a.rdata, b.rdata) && nameKey(a.name) === nameKey(b.name);

/** §7.1: whoever asks knows it for at least half its time yet. */
export const isKnown = (record: ResourceRecord, known: readonly ResourceRecord[]): boolean =>
  known.some((one) => one.ttl * 2 >= record.ttl && sameRecord(one, record));
