/** The addresses on which CoAP is heard, unicast and multicast, as the configuration names them; and where a peer reaches us. */
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { UsageError } from "../../base/index.ts";
import { type Remote, type Transport, UdpGroup, UdpTransport } from "../../coap/index.ts";
import { type Config, formatHostPort, hearsUnprotected, isLoopback } from "../config/index.ts";

export interface Listener {
  readonly transport: Transport;
  /** Requests without a security context are heard here. */
  readonly unprotected: boolean;
}

/** Unicast first: the groups answer through them. Throws UsageError `port.refused` for a group without such a one. */
export function openListeners(config: Config): readonly Listener[] {
  const unicast = config.coap.listen.map(({ host, port }) => ({
    host,
    transport: new UdpTransport({ address: host, port }),
    unprotected: hearsUnprotected(config, host),
  }));
  const groups = config.coap.multicast.map(({ host, port }) => {
    const family = unicast.filter((listener) => isIPv6(listener.host) === isIPv6(withoutZone(host)));
    // Loopback only where nothing else is listened on: what it answers, no other machine gets.
    const via = family.find((listener) => !isLoopback(listener.host)) ?? family[0];
    // A socket on all addresses hears the group too, and would answer as if it had been asked alone.
    const onAll = config.coap.listen.some((one) => one.port === port && isWildcard(one.host, host));
    if (via === undefined || onAll) {
      const reason = onAll
        ? "coap.listen takes this port on all addresses; name the single ones there"
        : "coap.listen has no address of the same family to answer from";
      const address = formatHostPort({ host, port });
      throw new UsageError("port.refused", { what: "CoAP multicast", address, key: "coap.multicast", reason });
    }
    const on = joinsOn(host, via.host);
    return { transport: new UdpGroup({ address: host, port, via: via.transport, interface: on }), unprotected: true };
  });
  return [...unicast, ...groups];
}

const isWildcard = (host: string, group: string): boolean => host === (isIPv6(withoutZone(group)) ? "::" : "0.0.0.0");
const withoutZone = (host: string): string => host.replace(/%.*/, "");

/** `ff02::fd%eth0` names its interface; an IPv4 group is joined where the answers leave, unless that is everywhere. */
function joinsOn(group: string, via: string): string | undefined {
  const zone = /%.*/.exec(group)?.[0];
  if (zone !== undefined) return `::${zone}`;
  return isIPv6(withoutZone(group)) || via === "0.0.0.0" || via === "localhost" ? undefined : via;
}

const COAP_PORT = 5683;
const WILDCARDS: ReadonlySet<string> = new Set(["::", "0.0.0.0"]);

/**
 * `coap://[fd00::1]`, for a transport that is bound to this host and port; undefined = there is no way to the peer.
 * Our datagrams to it leave from there, which the operating system chooses.
 */
export async function ownBase(host: string, port: number, remote: Remote): Promise<string | undefined> {
  const address = WILDCARDS.has(host) ? await leavingFrom(remote) : host;
  if (address === undefined) return undefined;
  // A zone is a name of ours; the peer has its own.
  const named = formatHostPort({ host: withoutZone(address), port });
  return `coap://${port === COAP_PORT ? named.slice(0, named.lastIndexOf(":")) : named}`;
}

/** Nothing is sent: a datagram socket that is connected only has its route looked up. */
const leavingFrom = ({ address, port }: Remote): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    const done = (found: string | undefined): void => {
      socket.close();
      resolve(found);
    };
    socket.once("error", () => done(undefined));
    socket.connect(port, address, () => done(socket.address().address));
  });
