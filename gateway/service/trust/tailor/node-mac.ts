/**
 * suit-manifest-37 Appendix C.1, RFC 9052 §6.2 — the MAC by which a gateway vouches to one node for what it has verified. Both
 * derive its key from the node's credentials: HKDF-SHA-256 (RFC 5869) of the OSCORE master secret, without salt.
 */
import { createMac0, secretKey } from "../../../wire/cose/index.ts";

/** The info of HKDF, in ASCII. */
export const NODE_MAC_INFO = "Sidgate SUIT MAC";
export const NODE_MAC_BYTES = 32;
/** HMAC 256/256 */
export const NODE_MAC_ALGORITHM = 5;

/** Over `signed`, which is the content of the wrapped digest (§8.3). Without kid: a node has one such key. */
export const nodeMac = (signed: Uint8Array, key: Uint8Array): Uint8Array =>
  createMac0(signed, { kty: "Symmetric", secret: secretKey(key) }, { detached: true, algorithm: NODE_MAC_ALGORITHM });
