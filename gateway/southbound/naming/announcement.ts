/** RFC 6763 §4, RFC 6762 §6: what a gateway is called and offers, and the records that say so on one link. */
import {
  address,
  labelOf,
  type Name,
  nameKey,
  onlyTypes,
  pointer,
  type ResourceRecord,
  service,
  TYPE,
  text,
} from "../../wire/dns/index.ts";

export interface Offer {
  /** A registered service (RFC 6763 §7): `["_coap", "_udp"]`. */
  readonly service: readonly [name: `_${string}`, transport: "_udp" | "_tcp"];
  readonly port: number;
  /** RFC 6763 §6: `key=value`. */
  readonly text: readonly string[];
}

export interface Announcement {
  /** For people: any UTF-8. */
  readonly instance: string;
  /** One label of letters, digits and hyphens. */
  readonly host: string;
  readonly offers: readonly Offer[];
}

/** How often each name turned out to be taken. */
export interface Renames {
  readonly instance: number;
  readonly host: number;
}

export interface Names {
  readonly instance: string;
  readonly host: Name;
}

const LOCAL: Name = ["local"];
/** RFC 6763 §9: lists the kinds of services on a link. */
const SERVICES: Name = ["_services", "_dns-sd", "_udp", ...LOCAL];

/** RFC 6762 §9: `Office (2)` and `sidgate-5kq2-2` for the second of a name. */
export function namesOf({ instance, host }: Announcement, renames: Renames): Names {
  const mark = renames.instance === 0 ? "" : ` (${renames.instance + 1})`;
  const number = renames.host === 0 ? "" : `-${renames.host + 1}`;
  const shortened = (label: string, suffix: string): string => labelOf(label, 63 - suffix.length) + suffix;
  return { instance: shortened(instance, mark), host: [shortened(host, number), ...LOCAL] };
}

/** The records of one link, found by name. */
export interface Zone {
  readonly records: readonly ResourceRecord[];
  readonly byName: ReadonlyMap<string, readonly ResourceRecord[]>;
  /** Keys of the names that are ours alone: the host's and the instances'. */
  readonly unique: ReadonlySet<string>;
  readonly host: string;
}

/** `addresses`: those that this link reaches, 4 or 16 bytes each. */
export function zoneOf({ offers }: Announcement, names: Names, addresses: readonly Uint8Array[]): Zone {
  const instances = offers.flatMap(({ service: type, port, text: entries }) => {
    const kind = [...type, ...LOCAL];
    const instance = [names.instance, ...kind];
    return [
      pointer(SERVICES, kind),
      pointer(kind, instance),
      service(instance, names.host, port),
      text(instance, entries),
      onlyTypes(instance, [TYPE.txt, TYPE.srv], 4500),
    ];
  });
  const hosts = addresses.map((bytes) => address(names.host, bytes));
  const types = onlyTypes(names.host, [...new Set(hosts.map(({ type }) => type))], 120);
  const records = [...instances, ...hosts, types];
  const unique = records.filter(({ flush }) => flush).map(({ name }) => nameKey(name));
  const byName = new Map<string, ResourceRecord[]>();
  for (const record of records) {
    const key = nameKey(record.name);
    byName.set(key, [...(byName.get(key) ?? []), record]);
  }
  return { records, byName, unique: new Set(unique), host: nameKey(names.host) };
}
