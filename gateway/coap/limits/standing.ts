/** What follows from where a datagram came from: the peer's path, whether it is near, whose air it uses. */
import {
  addressBytes,
  contains,
  parseSubnet,
  prefixOf,
  type SharedSubnets,
  type Subnet,
  toHex,
} from "../../base/index.ts";
import { pathOf, type Remote } from "../transport/transport.ts";

export interface Standing {
  readonly remote: Remote;
  readonly path: string;
  /** In a prefix that is configured as ours: it needs no proof of its address. */
  readonly near: boolean;
  /** The border router or subnet whose air answers to it take; undefined = nothing is rationed there. */
  readonly router: string | undefined;
}

export interface Neighbourhood {
  /** Undefined = every peer is near. */
  readonly southbound: readonly Subnet[] | undefined;
  readonly routers: readonly Subnet[];
  /** Undefined = nothing is rationed anywhere. */
  readonly shared: SharedSubnets | undefined;
}

const IPV6_SUBNET_BITS = 64;
const IPV4_SUBNET_BITS = 24;
/** Never rationed: this machine, and a link that no border router stands between. */
const ON_LINK = ["127.0.0.0/8", "::1/128", "169.254.0.0/16", "fe80::/10"]
  .map(parseSubnet)
  .filter((subnet) => subnet !== undefined);

export function standingOf(remote: Remote, { southbound, routers, shared }: Neighbourhood): Standing {
  const address = addressBytes(remote.address) ?? new Uint8Array(0);
  const near = southbound === undefined || southbound.some((subnet) => contains(subnet, address));
  // Strangers are behind a router of ours only where one is named: forged addresses must not fill the table of routers.
  const router = shared === undefined ? undefined : routerOf(address, routers, near ? shared : "named");
  return { remote, path: pathOf(remote), near, router };
}

function routerOf(address: Uint8Array, routers: readonly Subnet[], shared: SharedSubnets): string | undefined {
  const named = routers.find((subnet) => contains(subnet, address));
  if (named !== undefined) return named.text;
  if (shared === "named" || ON_LINK.some((subnet) => contains(subnet, address))) return undefined;
  const isIpv6 = address.length === 16;
  if (!isIpv6 && shared === "ipv6") return undefined;
  return toHex(prefixOf(address, isIpv6 ? IPV6_SUBNET_BITS : IPV4_SUBNET_BITS));
}

const SLOTS = 4096;

/** The standing of the peers heard last: who asks a thousand times is not looked up a thousand times. */
export class Standings {
  readonly #slots: Array<Standing | undefined> = new Array(SLOTS);
  readonly #neighbourhood: Neighbourhood;
  #lastRemote: Remote | undefined;
  #last: Standing | undefined;

  constructor(neighbourhood: Neighbourhood) {
    this.#neighbourhood = neighbourhood;
  }

  of(remote: Remote): Standing {
    if (remote === this.#lastRemote) return this.#last!; // a datagram is asked about several times
    const standing = this.#find(remote);
    this.#lastRemote = remote;
    this.#last = standing;
    return standing;
  }

  #find(remote: Remote): Standing {
    const { address, port } = remote;
    const slot = slotOf(address, port);
    const known = this.#slots[slot];
    if (known !== undefined && known.remote.port === port && known.remote.address === address) return known;
    const standing = standingOf({ address, port }, this.#neighbourhood);
    this.#slots[slot] = standing;
    return standing;
  }
}

/** Neighbours differ at the end of their address, peers behind one address in the port. */
function slotOf(address: string, port: number): number {
  let hash = port;
  for (let i = Math.max(0, address.length - 6); i < address.length; i++) hash = (hash * 31 + address.charCodeAt(i)) | 0;
  return hash & (SLOTS - 1);
}
