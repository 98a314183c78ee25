/** RFC 9176 §5, "base" — the address of a request as a base URI, and the link that it belongs to. */
import type { Peer } from "../../base/index.ts";
import type { Remote } from "../../coap/index.ts";
import type { Source } from "../../service/directory/index.ts";

/** `address:port`, IPv6 in brackets and perhaps with a zone, then perhaps which of our addresses it came to. */
const PATH = /^(?:\[([0-9a-f:.]+)(?:%([^\]]+))?\]|([0-9.]+)):([0-9]+)(?: on ([0-9]+))?$/i;
const LINK_LOCAL = /^(?:fe[89ab][0-9a-f]:|169\.254\.)/i;
/** RFC 7252 §6.1. */
const DEFAULT_PORT = 5683;

export interface Place {
  readonly source: Source;
  /** The address without the port, with its zone; the whole path when it has none. */
  readonly host: string;
  /** undefined for a path without an address, e.g. a connection id. */
  readonly remote: Remote | undefined;
  /** Index of the transport, when the path names it. */
  readonly transport: number | undefined;
}

export function placeOf({ path }: Pick<Peer, "path">): Place {
  const [, ipv6, zone, ipv4, digits, on] = PATH.exec(path) ?? [];
  const address = ipv6 ?? ipv4;
  if (address === undefined) {
    return { source: { base: undefined, link: undefined }, host: path, remote: undefined, transport: undefined };
  }
  const literal = ipv6 === undefined ? address : `[${ipv6}]`;
  const host = zone === undefined ? address : `${address}%${zone}`;
  const port = Number(digits);
  return {
    source: {
      base: `coap://${literal}${port === DEFAULT_PORT ? "" : `:${port}`}`,
      link: LINK_LOCAL.test(address) ? (zone ?? "link") : undefined,
    },
    host,
    remote: { address: host, port },
    transport: on === undefined ? undefined : Number(on),
  };
}
