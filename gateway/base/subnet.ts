/** RFC 4632, RFC 4291 §2.3 — address prefixes (`10.0.0.0/8`, `fd00::/8`), read strictly, and whether an address lies in one. */
import { isIPv4, isIPv6 } from "node:net";

/** Which subnets count as the air of one border router each, besides those that are named (docs/coap.md, "Limits"). */
export const SHARED_SUBNETS = ["named", "ipv6", "all"] as const;
export type SharedSubnets = (typeof SHARED_SUBNETS)[number];

export interface Subnet {
  /** As it was written. */
  readonly text: string;
  readonly address: Uint8Array;
  readonly bits: number;
}

/** Undefined = not a prefix: no length, a length of another family, or bits behind it that are not zero. */
export function parseSubnet(text: string): Subnet | undefined {
  const [, host, digits] = /^([0-9a-fA-F.:]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const address = host === undefined ? undefined : addressBytes(host);
  const bits = Number(digits);
  if (address === undefined || bits > address.length * 8) return undefined;
  if (!samePrefix(address, prefixOf(address, bits), address.length * 8)) return undefined;
  return { text, address, bits };
}

/** 4 or 16 bytes; a scope (`%eth0`) is left aside, and an IPv4 address in IPv6 clothes is an IPv4 address. */
export function addressBytes(text: string): Uint8Array | undefined {
  const [address = ""] = text.split("%", 1);
  if (isIPv4(address)) return Uint8Array.from(address.split("."), Number);
  if (!isIPv6(address)) return undefined;
  const bytes = ipv6Bytes(address);
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return mapped ? bytes.slice(12) : bytes;
}

/** RFC 4291 §2.2; `address` is one. */
function ipv6Bytes(address: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const gap = address.indexOf("::");
  if (gap < 0) {
    putGroups(bytes, 0, address);
    return bytes;
  }
  putGroups(bytes, 0, address.slice(0, gap));
  const tail = new Uint8Array(16);
  const length = putGroups(tail, 0, address.slice(gap + 2));
  bytes.set(tail.subarray(0, length), 16 - length);
  return bytes;
}

/** Groups of hex digits, the last perhaps an IPv4 address; returns where they end. */
function putGroups(bytes: Uint8Array, start: number, groups: string): number {
  let at = start;
  if (groups === "") return at;
  for (const group of groups.split(":")) {
    if (group.includes(".")) {
      for (const number of group.split(".")) bytes[at++] = Number(number);
      continue;
    }
    const value = Number.parseInt(group, 16);
    bytes[at++] = value >> 8;
    bytes[at++] = value;
  }
  return at;
}

export const contains = ({ address, bits }: Subnet, candidate: Uint8Array): boolean =>
  candidate.length === address.length && samePrefix(address, candidate, bits);

/** The address with everything behind its first `bits` bits set to zero. */
export const prefixOf = (address: Uint8Array, bits: number): Uint8Array =>
  address.map((byte, index) => byte & maskAt(index, bits));

function samePrefix(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  for (let index = 0; index * 8 < bits; index++)
    if (((a[index]! ^ b[index]!) & maskAt(index, bits)) !== 0) return false;
  return true;
}

const maskAt = (index: number, bits: number): number => (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))) & 0xff;
