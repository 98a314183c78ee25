/**
 * Which node serves its datastore, and where: read from what it registered (RFC 9176 §5; draft-ietf-core-comi-21 §5.2). A
 * base that another made up is no place to send anything to.
 */
import { isIP } from "node:net";
import type { Remote } from "../../coap/index.ts";
import type { Registration } from "../../service/directory/index.ts";
import { parseUri } from "../../wire/coap/index.ts";
import { decodeLinks, type Link, linkMatches, resolveUri } from "../../wire/link/index.ts";

/** A datastore on a node, and the stream beside it. */
export interface Served {
  /** Of the datastore. */
  readonly uri: string;
  readonly remote: Remote;
  readonly path: readonly string[];
  readonly query: readonly string[];
  /** The datastore can be observed. */
  readonly observable: boolean;
  /** The first event stream that is linked on the same host. */
  readonly stream: Resource | undefined;
  /** Where it tells which modules it has. */
  readonly library: Resource | undefined;
}

type Resource = { readonly path: readonly string[]; readonly query: readonly string[] };

/** §5.2.1: SID of the identity ietf-coreconf:unified, the one datastore that there is. */
const UNIFIED = "1029";

/**
 * Undefined for a registration without a datastore, and for one that cannot be asked: by another scheme than coap, or under
 * a name. `proven`: a security context will say who answers. Else only the address that registered is asked, since anybody
 * could have named another one.
 */
export function servedBy(registration: Registration, proven: boolean): Served | undefined {
  const links = decodeLinks(registration.links);
  const datastore = links.find((link) => linkMatches(link, "rt=core.c.ds") && isUnified(link));
  const place = datastore && placeOf(datastore, registration);
  if (datastore === undefined || place === undefined) return undefined;
  if (!proven && registration.owner !== `host:${place.remote.address}`) return undefined;
  const beside = (...types: readonly string[]): Resource | undefined => {
    const meant = links.filter((link) => types.some((type) => linkMatches(link, `rt=${type}`)));
    const found = meant.map((link) => placeOf(link, registration)).find((each) => each && isSameHost(each, place));
    return found && { path: found.path, query: found.query };
  };
  const observable = has(datastore, "obs");
  return { ...place, observable, stream: beside("core.c.es", "core.c.ev"), library: beside("core.c.yl") };
}

const has = ({ attributes }: Link, name: string): boolean => attributes.some(([known]) => known === name);

/** A link that says nothing of the kind leads to the only kind that is common. */
const isUnified = (link: Link): boolean => !has(link, "ds") || linkMatches(link, `ds=${UNIFIED}`);

type Place = Pick<Served, "uri" | "remote" | "path" | "query">;

function placeOf({ target }: Link, { base, link }: Registration): Place | undefined {
  const parsed = parseUri(resolveUri(target, base));
  if (parsed?.scheme !== "coap" || parsed.port === undefined || isIP(parsed.host) === 0) return undefined;
  const address = link === undefined || link === "link" ? parsed.host : `${parsed.host}%${link}`;
  return {
    uri: parsed.text,
    remote: { address, port: parsed.port },
    path: parsed.path.split("/").slice(1).map(decodeURIComponent),
    query: parsed.query === undefined ? [] : parsed.query.split("&").map(decodeURIComponent),
  };
}

const isSameHost = (a: Place, b: Place): boolean =>
  a.remote.address === b.remote.address && a.remote.port === b.remote.port;

/** Nothing in it would make another question. */
export const isSamePlace = (a: Served, b: Served): boolean => JSON.stringify(a) === JSON.stringify(b);
