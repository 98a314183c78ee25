/** The resource directory put together: who is the inventory's node, and whose name nobody else may take. */
import { isIPv6 } from "node:net";
import type { Clock, Lifecycle, NodeId } from "../../base/index.ts";
import type { Remote, Requests } from "../../coap/index.ts";
import { Expiry, Registrar } from "../../service/directory/index.ts";
import { directoryHandler, LOOKUP_TOPIC, linkFetcher } from "../../southbound/directory/index.ts";
import type { Centre } from "../centre.ts";
import { isLoopback } from "../config/index.ts";

export interface DirectoryPorts {
  readonly clock: Clock;
  /** The engine, which is not there yet: it wants the handler. */
  readonly engine: () => Requests & { changed(topic: string): void };
  /** The clock of the engine. */
  readonly network: Clock;
  /** Addresses of the engine's transports. */
  readonly hosts: readonly string[];
}

export function openDirectory(
  { registry, credentials, directory, ledger }: Centre,
  { clock, engine, network, hosts }: DirectoryPorts,
  lifecycle: Lifecycle,
): ReturnType<typeof directoryHandler> {
  const recorder = ledger;
  lifecycle.add(new Expiry({ directory, recorder, clock, changed: () => engine().changed(LOOKUP_TOPIC) }));
  const nodeOf = (endpoint: string): NodeId | undefined => registry.byEndpoint(endpoint)?.id;
  const reserved = (endpoint: string): boolean => {
    const node = nodeOf(endpoint);
    return node !== undefined && credentials.isSecured(node);
  };
  return directoryHandler({
    directory,
    registrar: new Registrar({ directory, recorder, clock, reserved, nodeOf }),
    clock,
    fetchLinks: linkFetcher({
      requests: { request: (...asked) => engine().request(...asked) },
      clock: network,
      transportTo: (remote) => nearest(hosts, remote),
      credentialOf: (node) => credentials.ofNode(node),
    }),
  });
}

/** The first listener of the peer's family, on loopback for a peer there. */
export function nearest(hosts: readonly string[], { address }: Remote): number {
  const fits = (host: string): boolean => isIPv6(host) === isIPv6(address) && isLoopback(host) === isLoopback(address);
  const best = hosts.findIndex(fits);
  return Math.max(0, best >= 0 ? best : hosts.findIndex((host) => isIPv6(host) === isIPv6(address)));
}
