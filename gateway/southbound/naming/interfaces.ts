/** RFC 6762 §11, §14: the interfaces on which the gateway's CoAP is reached, and by which addresses. */
import type { NetworkInterfaceInfo } from "node:os";
import { addressBytes, contains } from "../../base/index.ts";

/** As node:os gives them. */
export type Machine = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

export interface Reachable {
  readonly host: string;
  readonly port: number;
}

export interface LinkPlan {
  /** `eth0/4`. */
  readonly name: string;
  readonly family: 4 | 6;
  /** Says to node:dgram which interface it is: its address, or `::%eth0`. */
  readonly via: string;
  /** The interface's addresses of both families on which CoAP listens. */
  readonly addresses: readonly string[];
  readonly subnets: readonly string[];
}

export interface Plan {
  /** Of the first address that can be announced: a service has one port (RFC 2782), other listeners are left out. */
  readonly port: number;
  readonly links: readonly LinkPlan[];
}

/** Addresses told per interface and family: privacy addresses (RFC 8981) come and go by the dozen. */
const MOST_ADDRESSES = 4;
/** A host of containers has an interface for each; those with a link-local address alone come last. */
const MOST_LINKS = 16;
const WILDCARDS: Readonly<Record<string, NetworkInterfaceInfo["family"]>> = { "0.0.0.0": "IPv4", "::": "IPv6" };

/** Undefined = nothing to announce. Loopback interfaces count only if `loopback` is set. */
export function planOf(listening: readonly Reachable[], machine: Machine, loopback: boolean): Plan | undefined {
  const open = Object.entries(machine).flatMap(([name, infos = []]) =>
    infos.filter(({ internal }) => loopback || !internal).map((info) => ({ name, info })),
  );
  const first = listening.find(({ host }) => open.some(({ info }) => listens(host, info)));
  if (first === undefined) return undefined;
  const hosts = listening.filter(({ port }) => port === first.port).map(({ host }) => host);
  const names = [...new Set(open.map(({ name }) => name))];
  const links = names.flatMap((name) => {
    const infos = open.filter((one) => one.name === name).map(({ info }) => info);
    return linksOf(name, infos, hosts);
  });
  const wide = (link: LinkPlan): boolean => link.addresses.some((address) => !isLinkLocal(address));
  const ordered = [...links.filter(wide), ...links.filter((link) => !wide(link))];
  return { port: first.port, links: ordered.slice(0, MOST_LINKS) };
}

/** Is `info` an address on which a socket bound to `host` hears? */
function listens(host: string, info: NetworkInterfaceInfo): boolean {
  const family = WILDCARDS[host];
  if (family !== undefined) return info.family === family;
  const wanted = addressBytes(host === "localhost" ? "127.0.0.1" : host);
  const own = addressBytes(info.address);
  return wanted !== undefined && own !== undefined && Buffer.compare(wanted, own) === 0;
}

function linksOf(name: string, infos: readonly NetworkInterfaceInfo[], hosts: readonly string[]): readonly LinkPlan[] {
  const heard = infos.filter((info) => hosts.some((host) => listens(host, info)));
  if (heard.length === 0) return [];
  const addresses = [...told(heard, "IPv4"), ...told(heard, "IPv6")];
  const subnets = infos.flatMap(({ cidr }) => (cidr === null ? [] : [cidr]));
  const ipv4 = infos.find(({ family }) => family === "IPv4");
  const linkLocal = infos.find(({ family, address }) => family === "IPv6" && isLinkLocal(address));
  return [
    ...(ipv4 === undefined ? [] : [{ name: `${name}/4`, family: 4 as const, via: ipv4.address, addresses, subnets }]),
    ...(linkLocal === undefined
      ? []
      : [{ name: `${name}/6`, family: 6 as const, via: `::%${name}`, addresses, subnets }]),
  ];
}

/** A link-local address is told only where there is no other: it takes as many bytes and is reached from there alone. */
function told(infos: readonly NetworkInterfaceInfo[], family: NetworkInterfaceInfo["family"]): readonly string[] {
  const all = infos.filter((info) => info.family === family).map(({ address }) => address);
  const wide = all.filter((address) => !isLinkLocal(address));
  return (wide.length > 0 ? wide : all).slice(0, MOST_ADDRESSES);
}

const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address);

/** Is `address` on the interface with these prefixes? Link-local ones come with their scope. */
export function isNeighbour(address: string, { name, subnets }: LinkPlan): boolean {
  const bytes = addressBytes(address);
  if (bytes === undefined) return false;
  const [, scope] = address.split("%");
  if (scope !== undefined && isLinkLocal(address)) return name === `${scope}/6`;
  return subnets.some((cidr) => {
    const [prefix = "", bits] = cidr.split("/");
    const network = addressBytes(prefix);
    return network !== undefined && contains({ text: cidr, address: network, bits: Number(bits) }, bytes);
  });
}
