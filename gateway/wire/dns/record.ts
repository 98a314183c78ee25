/** RFC 1035 §3.2, RFC 2782, RFC 3596, RFC 6762 §6.1: the records of DNS-SD, with their data in its canonical bytes. */
import { type Name, nameBytes } from "./name.ts";

export const TYPE = { a: 1, ptr: 12, txt: 16, aaaa: 28, srv: 33, nsec: 47, any: 255 } as const;

export interface ResourceRecord {
  readonly name: Name;
  readonly type: number;
  /** RFC 6762 §10.2: all others of this name and type are outdated. */
  readonly flush: boolean;
  readonly ttl: number;
  /** Names in it are written in full. */
  readonly rdata: Uint8Array;
}

/** RFC 6762 §10: what hangs on a host's name or address is kept for two minutes, all else for 75. */
const HOST_TTL = 120;
const OTHER_TTL = 4500;

const uint16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);

/** Shared: other hosts have records of this name too. */
export const pointer = (name: Name, target: Name): ResourceRecord => ({
  name,
  type: TYPE.ptr,
  flush: false,
  ttl: OTHER_TTL,
  rdata: nameBytes(target),
});

/** `address`: 4 or 16 bytes. */
export const address = (name: Name, bytes: Uint8Array): ResourceRecord => ({
  name,
  type: bytes.length === 4 ? TYPE.a : TYPE.aaaa,
  flush: true,
  ttl: HOST_TTL,
  rdata: bytes,
});

/** RFC 2782: one host, so priority and weight say nothing. */
export const service = (name: Name, host: Name, port: number): ResourceRecord => ({
  name,
  type: TYPE.srv,
  flush: true,
  ttl: HOST_TTL,
  rdata: Buffer.concat([uint16(0), uint16(0), uint16(port), nameBytes(host)]),
});

/** RFC 6763 §6: `key=value` strings; no string at all is one empty string. */
export const text = (name: Name, entries: readonly string[]): ResourceRecord => ({
  name,
  type: TYPE.txt,
  flush: true,
  ttl: OTHER_TTL,
  rdata: Buffer.concat(
    (entries.length === 0 ? [""] : entries).map((entry) => {
      const bytes = Buffer.from(entry, "utf8").subarray(0, 255);
      return Buffer.concat([Uint8Array.of(bytes.length), bytes]);
    }),
  ),
});

/** RFC 6762 §6.1: of this name there are these types and no others (window 0, which has them all). */
export function onlyTypes(name: Name, types: readonly number[], ttl: number): ResourceRecord {
  const bits = new Uint8Array((Math.max(...types) >> 3) + 1);
  for (const type of types) bits[type >> 3]! |= 0x80 >> (type & 7);
  return {
    name,
    type: TYPE.nsec,
    flush: true,
    ttl,
    rdata: Buffer.concat([nameBytes(name), Uint8Array.of(0, bits.length), bits]),
  };
}
