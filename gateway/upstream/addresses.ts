/**
 * Which addresses an author may have. Whoever may name an image must not be able to make the gateway knock at the doors
 * of its own network, so what is not public is refused unless the site allows it.
 */
import { lookup } from "node:dns/promises";
import { BlockList, isIPv6 } from "node:net";
import { TrustError, UsageError } from "../base/index.ts";

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** All addresses of a host; the names of the system's resolver by default. */
export type Resolve = (host: string) => Promise<readonly Address[]>;

/** RFC 6890 and its registries: what is not globally reachable, and what is no one host. */
const NOT_PUBLIC = [
  ["0.0.0.0", 8, "ipv4"], // this network
  ["10.0.0.0", 8, "ipv4"], // RFC 1918
  ["100.64.0.0", 10, "ipv4"], // RFC 6598
  ["127.0.0.0", 8, "ipv4"], // loopback
  ["169.254.0.0", 16, "ipv4"], // link-local
  ["172.16.0.0", 12, "ipv4"], // RFC 1918
  ["192.0.0.0", 24, "ipv4"], // RFC 6890 §2.1
  ["192.0.2.0", 24, "ipv4"], // documentation, RFC 5737
  ["192.88.99.0", 24, "ipv4"], // relays of 6to4, RFC 7526
  ["192.168.0.0", 16, "ipv4"], // RFC 1918
  ["198.18.0.0", 15, "ipv4"], // benchmarking, RFC 2544
  ["198.51.100.0", 24, "ipv4"], // documentation
  ["203.0.113.0", 24, "ipv4"], // documentation
  ["224.0.0.0", 3, "ipv4"], // multicast, reserved, broadcast
  ["::", 96, "ipv6"], // unspecified, loopback, IPv4-compatible
  ["::ffff:0:0", 96, "ipv6"], // IPv4-mapped: the resolver gives IPv4 as IPv4
  ["64:ff9b::", 96, "ipv6"], // RFC 6052: any IPv4 address, also a private one
  ["64:ff9b:1::", 48, "ipv6"], // RFC 8215
  ["100::", 64, "ipv6"], // discard, RFC 6666
  ["2001::", 23, "ipv6"], // RFC 2928, among them Teredo
  ["2001:db8::", 32, "ipv6"], // documentation, RFC 3849
  ["2002::", 16, "ipv6"], // 6to4: any IPv4 address
  ["3fff::", 20, "ipv6"], // documentation, RFC 9637
  ["5f00::", 16, "ipv6"], // segment identifiers of a network, RFC 9602
  ["fc00::", 7, "ipv6"], // unique local, RFC 4193
  ["fe80::", 10, "ipv6"], // link-local
  ["ff00::", 8, "ipv6"], // multicast
] as const;

/** One list per family: node:net takes an IPv4 address for an IPv4-mapped one when it stands in a list with both. */
function blockList(family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [net, prefix, of] of NOT_PUBLIC) if (of === family) list.addSubnet(net, prefix, of);
  return list;
}

const systemResolve: Resolve = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => ({ address, family: isIPv6(address) ? 6 : 4 }));
};

/** Finds the address to fetch from: it is looked up once, so that what was checked is what is asked. */
export class AuthorAddresses {
  readonly #allowPrivate: boolean;
  readonly #resolve: Resolve;
  readonly #notPublic = { 4: blockList("ipv4"), 6: blockList("ipv6") } as const;

  constructor(allowPrivate: boolean, resolve: Resolve = systemResolve) {
    this.#allowPrivate = allowPrivate;
    this.#resolve = resolve;
  }

  /** Throws UsageError `upstream.unknown-host`, TrustError `upstream.private`. */
  async of(host: string): Promise<Address> {
    const found = await this.#resolve(host).catch((): readonly Address[] => []);
    const [first] = found;
    if (first === undefined) throw new UsageError("upstream.unknown-host", { host });
    const allowed = found.find((candidate) => this.#allowPrivate || this.#isPublic(candidate));
    if (allowed === undefined) throw new TrustError("upstream.private", { host, address: first.address });
    return allowed;
  }

  #isPublic({ address, family }: Address): boolean {
    return !this.#notPublic[family].check(address, family === 6 ? "ipv6" : "ipv4");
  }
}
