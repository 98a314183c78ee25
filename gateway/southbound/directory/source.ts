/** RFC 9176 §5, "base" — the address of a request as a base URI, and the link that it belongs to. */
import type { Peer } from "../../base/index.ts";
import type { Source } from "../../service/directory/index.ts";

/** `address:port`, IPv6 in brackets and perhaps with a zone; another path is a connection id. */
const PATH = /^(?:\[([0-9a-f:.]+)(?:%([^\]]+))?\]|([0-9.]+)):([0-9]+)$/i;
const LINK_LOCAL = /^(?:fe[89ab][0-9a-f]:|169\.254\.)/i;
/** RFC 7252 §6.1. */
const DEFAULT_PORT = "5683";

export interface Place {
  readonly source: Source;
  /** The address without the port, with its zone; the whole path when it has none. */
  readonly host: string;
}

export function placeOf({ path }: Pick<Peer, "path">): Place {
  const [, ipv6, zone, ipv4, port] = PATH.exec(path) ?? [];
  const address = ipv6 ?? ipv4;
  if (address === undefined) return { source: { base: undefined, link: undefined }, host: path };
  const literal = ipv6 === undefined ? address : `[${ipv6}]`;
  return {
    source: {
      base: `coap://${literal}${port === DEFAULT_PORT ? "" : `:${port}`}`,
      link: LINK_LOCAL.test(address) ? (zone ?? "link") : undefined,
    },
    host: zone === undefined ? address : `${address}%${zone}`,
  };
}
