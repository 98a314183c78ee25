/** RFC 9053 §3.1 — HMAC over the bytes of a MAC_structure, compared in constant time. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Hmac } from "../algorithms.ts";
import type { SymmetricKey } from "../keys/key.ts";

export const macOf = ({ hash, tagBytes }: Hmac, { secret }: SymmetricKey, data: Uint8Array): Uint8Array =>
  createHmac(hash, secret).update(data).digest().subarray(0, tagBytes);

export const isMacOf = (algorithm: Hmac, key: SymmetricKey, data: Uint8Array, tag: Uint8Array): boolean =>
  tag.length === algorithm.tagBytes && timingSafeEqual(macOf(algorithm, key, data), tag);
