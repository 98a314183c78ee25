/**
 * suit-manifest-37 §8.4.8.2 — who may run an image, as UUIDs of version 5 (RFC 9562 §5.5): the vendor's from its domain, the
 * class' from the vendor's and a name. Both ends can make them, so nobody has to hand them out.
 */
import { createHash } from "node:crypto";
import { concatBytes } from "../../../base/index.ts";

/** RFC 9562 §6.6: the name space of domain names. */
export const DNS = new Uint8Array(Buffer.from("6ba7b8109dad11d180b400c04fd430c8", "hex"));

const UUID_BYTES = 16;

export function uuidV5(nameSpace: Uint8Array, name: string): Uint8Array {
  const named = concatBytes([nameSpace, Buffer.from(name, "utf8")]);
  const uuid = new Uint8Array(createHash("sha1").update(named).digest().subarray(0, UUID_BYTES));
  uuid[6] = (uuid[6]! & 0x0f) | 0x50;
  uuid[8] = (uuid[8]! & 0x3f) | 0x80;
  return uuid;
}

export const vendorId = (domain: string): Uint8Array => uuidV5(DNS, domain);
export const classId = (vendor: Uint8Array, name: string): Uint8Array => uuidV5(vendor, name);
