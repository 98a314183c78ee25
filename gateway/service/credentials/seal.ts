/**
 * Secrets at rest: AES-256-GCM (NIST SP 800-38D) under a key derived from the site's. The associated data names the
 * credential, its owner and its kid, so that no sealed secret can be moved to another name.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { concatBytes, EMPTY, type OscoreAlgorithm } from "../../base/index.ts";
import { decodePlain, encodePlain } from "../../store/index.ts";

/** What nobody but the two ends may know, and what belongs to it. */
export interface Secrets {
  readonly algorithm: OscoreAlgorithm;
  readonly masterSecret: Uint8Array;
  readonly masterSalt: Uint8Array;
  readonly senderId: Uint8Array;
  readonly idContext: Uint8Array | undefined;
}

/** Whose secrets they are: in clear beside them, and bound to them. */
export interface Owner {
  readonly credential: string;
  readonly node: string | undefined;
  readonly name: string;
  readonly kid: Uint8Array;
}

/** §8.3: random nonces of 96 bits allow 2^32 seals under one key; a site makes some thousands. */
const NONCE = 12;
const TAG = 16;
const PURPOSE = "sidgate credentials 1";

export class Seal {
  readonly #key: Uint8Array;

  constructor(siteKey: Uint8Array) {
    this.#key = new Uint8Array(hkdfSync("sha256", siteKey, EMPTY, PURPOSE, 32));
  }

  close({ algorithm, masterSecret, masterSalt, senderId, idContext }: Secrets, owner: Owner): Uint8Array {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(boundTo(owner));
    const clear = encodePlain([algorithm, masterSecret, masterSalt, senderId, idContext ?? null]);
    const sealed = concatBytes([nonce, cipher.update(clear), cipher.final()]);
    return concatBytes([sealed, cipher.getAuthTag()]);
  }

  /** Undefined when another key sealed it, or for another owner. */
  open(sealed: Uint8Array, owner: Owner): Secrets | undefined {
    if (sealed.length < NONCE + TAG) return undefined;
    const end = sealed.length - TAG;
    const decipher = createDecipheriv("aes-256-gcm", this.#key, sealed.subarray(0, NONCE))
      .setAAD(boundTo(owner))
      .setAuthTag(sealed.subarray(end));
    try {
      return secretsFrom(concatBytes([decipher.update(sealed.subarray(NONCE, end)), decipher.final()]));
    } catch {
      return undefined; // node:crypto says no more than that the tag does not fit
    }
  }
}

const boundTo = ({ credential, node, name, kid }: Owner): Uint8Array =>
  encodePlain([credential, node ?? null, name, kid]);

type Stored = readonly [
  algorithm: OscoreAlgorithm,
  secret: Uint8Array,
  salt: Uint8Array,
  senderId: Uint8Array,
  idContext: Uint8Array | null,
];

/** Our own bytes: the tag has shown that `close` wrote them. */
function secretsFrom(clear: Uint8Array): Secrets {
  const [algorithm, masterSecret, masterSalt, senderId, idContext] = decodePlain(clear) as Stored;
  return { algorithm, masterSecret, masterSalt, senderId, idContext: idContext ?? undefined };
}
