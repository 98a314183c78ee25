/** On which interfaces and with which addresses a gateway is announced. */
import type { NetworkInterfaceInfo } from "node:os";
import { expect, test } from "@jest/globals";
import {
  isNeighbour,
  type LinkPlan,
  type Machine,
  planOf,
  type Reachable,
} from "../../../gateway/southbound/naming/interfaces.ts";

function info(cidr: string, internal = false): NetworkInterfaceInfo {
  const [address = ""] = cidr.split("/");
  const rest = { address, cidr, internal, mac: "00:00:00:00:00:00", netmask: "" };
  return address.includes(":") ? { ...rest, family: "IPv6", scopeid: 0 } : { ...rest, family: "IPv4" };
}

const MACHINE: Machine = {
  lo: [info("127.0.0.1/8", true), info("::1/128", true)],
  eth0: [info("192.0.2.2/24"), info("fd00::2/64"), info("fe80::1/64")],
  wlan0: [info("198.51.100.7/24"), info("fe80::2/64")],
};
const on = (...texts: string[]): readonly Reachable[] =>
  texts.map((each) => ({
    host: each.slice(0, each.lastIndexOf(" ")),
    port: Number(each.slice(each.lastIndexOf(" "))),
  }));

const PLANS: ReadonlyArray<
  readonly [
    what: string,
    listening: readonly Reachable[],
    loopback: boolean,
    links: Readonly<Record<string, readonly string[]>>,
  ]
> = [
  [
    "every address of both families",
    on("0.0.0.0 5683", ":: 5683"),
    false,
    {
      "eth0/4": ["192.0.2.2", "fd00::2"],
      "eth0/6": ["192.0.2.2", "fd00::2"],
      "wlan0/4": ["198.51.100.7", "fe80::2"],
      "wlan0/6": ["198.51.100.7", "fe80::2"],
    },
  ],
  ["one address", on("192.0.2.2 5683"), false, { "eth0/4": ["192.0.2.2"], "eth0/6": ["192.0.2.2"] }],
  [
    "what has the port of the first alone",
    on("fd00::2 5683", "198.51.100.7 5684"),
    false,
    { "eth0/4": ["fd00::2"], "eth0/6": ["fd00::2"] },
  ],
  [
    "nothing of loopback",
    on("127.0.0.1 5683", "192.0.2.2 5683"),
    false,
    { "eth0/4": ["192.0.2.2"], "eth0/6": ["192.0.2.2"] },
  ],
  ["loopback when that is asked for", on("localhost 5683"), true, { "lo/4": ["127.0.0.1"] }],
];

test.each(PLANS)("%s", (_what, listening, loopback, links) => {
  const plan = planOf(listening, MACHINE, loopback);
  expect(Object.fromEntries(plan!.links.map(({ name, addresses }) => [name, addresses]))).toEqual(links);
  expect(plan!.port).toBe(5683);
});

test.each<readonly [what: string, listening: readonly Reachable[]]>([
  ["loopback alone", on("127.0.0.1 5683", "::1 5683")],
  ["an address that is not here yet", on("203.0.113.1 5683")],
  ["a group", on("224.0.1.187 5683")],
])("%s announces nothing", (_what, listening) => {
  expect(planOf(listening, MACHINE, false)).toBeUndefined();
});

test("an interface with many addresses tells four of each family", () => {
  const many = Array.from({ length: 9 }, (_, index) => info(`fd00::${index + 1}/64`));
  expect(planOf(on(":: 5683"), { eth0: [...many, info("fe80::1/64")] }, false)!.links[0]!.addresses).toHaveLength(4);
});

test("a host of containers is announced on 16 links at most, first where it has more than a link-local address", () => {
  const containers = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`veth${index}`, [info("fe80::1/64")]]),
  );
  const { links } = planOf(on("0.0.0.0 5683", ":: 5683"), { ...containers, eth0: [info("192.0.2.2/24")] }, false)!;
  expect([links.length, links[0]!.name]).toEqual([16, "eth0/4"]);
});

const ETH0: LinkPlan = {
  name: "eth0/6",
  family: 6,
  via: "::%eth0",
  addresses: [],
  subnets: ["192.0.2.2/24", "fd00::2/64"],
};
test.each([
  ["192.0.2.200", true],
  ["192.0.3.1", false],
  ["fd00::99", true],
  ["fd01::99", false],
  ["fe80::99%eth0", true],
  ["fe80::99%wlan0", false],
  ["no address", false],
])("%s on eth0: %s", (from, neighbour) => {
  expect(isNeighbour(from, ETH0)).toBe(neighbour);
});
