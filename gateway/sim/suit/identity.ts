/** suit-manifest-37 §8.4.8.2 — who a simulated node is to a manifest: UUIDs of version 5 (RFC 9562 §5.5), and its secrets. */
import { createHash, createSecretKey, hkdfSync } from "node:crypto";
import { concatBytes, EMPTY } from "../../base/index.ts";
import { algorithmById, type CoseKey } from "../../wire/cose/index.ts";

/** RFC 9562 §6.6: the name space of domain names. */
const DNS = new Uint8Array(Buffer.from("6ba7b8109dad11d180b400c04fd430c8", "hex"));
const UUID_BYTES = 16;

export interface Identity {
  readonly vendor: Uint8Array;
  readonly class: Uint8Array;
  readonly device: Uint8Array;
}

/** The vendor's from its domain, the others from the vendor's and a name. */
export function identityOf(domain: string, className: string, endpoint: string): Identity {
  const vendor = uuidV5(DNS, domain);
  return { vendor, class: uuidV5(vendor, className), device: uuidV5(vendor, endpoint) };
}

function uuidV5(nameSpace: Uint8Array, name: string): Uint8Array {
  const hash = createHash("sha1").update(concatBytes([nameSpace, Buffer.from(name, "utf8")]));
  const uuid = new Uint8Array(hash.digest().subarray(0, UUID_BYTES));
  const [version = 0, variant = 0] = [uuid[6], uuid[8]];
  uuid[6] = (version & 0x0f) | 0x50;
  uuid[8] = (variant & 0x3f) | 0x80;
  return uuid;
}

/** RFC 9053 §3.1 */
const HMAC_256 = 5;

/** docs/node-authors.md: what the gateway vouches with for a node that cannot verify signatures; both ends derive it. */
export function gatewayMacKey(masterSecret: Uint8Array): CoseKey {
  const bytes = hkdfSync("sha256", masterSecret, EMPTY, "Sidgate SUIT MAC", 32);
  return {
    kty: "Symmetric",
    secret: createSecretKey(new Uint8Array(bytes)),
    algorithm: algorithmById(HMAC_256),
  };
}
