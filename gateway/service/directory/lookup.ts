/** RFC 9176 §6 — lookups: links of resources or of endpoints that match all search criteria, in pages if asked. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Millis, UsageError } from "../../base/index.ts";
import { encodeLinks, type Link, linkMatches, type Paging, readPaging } from "../../wire/link/index.ts";
import type { Directory } from "./directory.ts";
import { resolvedLinks } from "./links.ts";
import type { Registration } from "./registration.ts";

export type LookupKind = "resources" | "endpoints";

/** Criteria are `name=value`, each of which must match (§6.2). */
export interface Lookup extends Paging {
  readonly kind: LookupKind;
}

const MOST_BYTES = 512 * 1024;
/** Work before others get their turn, in characters of links gone through: some milliseconds. */
const SLICE = 16 * 1024;
/** What it costs to look at a record and pass it over. */
const LOOK = 32;

/** From the items of a query. Throws WireError `directory.parameter`. */
export const readLookup = (kind: LookupKind, query: readonly string[]): Lookup => ({ kind, ...readPaging(query) });

/** §6.4: a registration resource as a link. Its lifetime is not told. */
const endpointLink = ({ id, base, endpoint, sector, attributes }: Registration): Link => ({
  target: `/rd/${id}`,
  attributes: [
    ["base", base],
    ["ep", endpoint],
    ...(sector === undefined ? [] : [["d", sector] as const]),
    ...attributes,
    ["rt", "core.rd-ep"],
  ],
});

/** §6.2: a link of a resource matches as its endpoint does too, and an endpoint as any of its resources. */
function matchingLinks(
  registration: Registration,
  { kind, criteria }: Pick<Lookup, "kind" | "criteria">,
): readonly Link[] {
  const own = endpointLink(registration);
  const left = criteria.filter((criterion) => !linkMatches(own, criterion));
  if (kind === "endpoints" && left.length === 0) return [own];
  const resources = resolvedLinks(registration.links, registration.base);
  if (kind === "resources") return resources.filter((link) => left.every((criterion) => linkMatches(link, criterion)));
  return left.every((criterion) => resources.some((link) => linkMatches(link, criterion))) ? [own] : [];
}

/** What of a criterion must stand in a record as it is kept; nothing for what is only made in the lookup. */
function needleOf(criterion: string): readonly Buffer[] {
  const equals = criterion.indexOf("=");
  const name = criterion.slice(0, equals);
  const value = criterion.slice(equals + 1).replace(/\*$/, "");
  const made = name === "href" || name === "anchor" || "core.rd-ep".startsWith(value) || /["\\]/.test(value);
  return equals < 0 || made ? [] : [Buffer.from(value)];
}

/**
 * The document that answers. `link`: the link that the request came over; what is local to another is not shown
 * (§6.1). Throws UsageError `directory.result`.
 */
export async function lookUp(
  directory: Directory,
  lookup: Lookup,
  now: Millis,
  link: string | undefined,
): Promise<string> {
  const needles = lookup.criteria.flatMap(needleOf);
  const parts: string[] = [];
  let seen = 0;
  let bytes = 0;
  let work = 0;
  for (const id of directory.ids()) {
    work += LOOK;
    if (work >= SLICE) {
      await nextTurn(); // a search through a whole fleet must not hold up who is awake
      work = 0;
    }
    const registration = directory.shown(id, now, needles);
    if (registration === undefined) continue;
    work += registration.links.length;
    if (registration.link !== undefined && registration.link !== link) continue;
    for (const found of matchingLinks(registration, lookup)) {
      seen += 1;
      if (seen <= lookup.first) continue;
      if (seen > lookup.first + lookup.count) return parts.join(",");
      const part = encodeLinks([found]);
      bytes += part.length + 1;
      if (bytes > MOST_BYTES) throw new UsageError("directory.result", { limit: MOST_BYTES });
      parts.push(part);
    }
  }
  return parts.join(",");
}
