/**
 * RFC 8613 as a node's author would write it: one security context, AES-CCM-16-64-128 and HKDF-SHA-256, as a client and, for
 * nodes that serve, as a server. Shares nothing with the gateway's own.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { concatBytes, EMPTY } from "../../base/index.ts";
import { encodeCbor } from "./cbor.ts";
import { decodeInner, encodeInner, type InnerMessage } from "./inner-message.ts";

/** What is printed on a node's label, from the node's side. */
export interface NodeCredential {
  readonly masterSecret: Uint8Array;
  readonly masterSalt: Uint8Array;
  /** The node's own, the `kid` of its requests. */
  readonly senderId: Uint8Array;
  /** The gateway's. */
  readonly recipientId: Uint8Array;
  readonly idContext?: Uint8Array | undefined;
}

/** §7.2.1: the next sender sequence number. The same one twice would give the key away. */
export interface Sequence {
  next(): number;
}

/** A request under protection, and what is needed to believe its answer. */
export interface Sealed {
  /** Value of the OSCORE option. */
  readonly option: Buffer;
  readonly payload: Buffer;
  readonly aad: Uint8Array;
  readonly nonce: Uint8Array;
}

/** A request of the gateway's that was opened, and what is needed to answer it. */
export interface Opened {
  readonly request: InnerMessage;
  readonly aad: Uint8Array;
  readonly nonce: Uint8Array;
}

const CIPHER = "aes-128-ccm";
/** RFC 9053 §4.2: AES-CCM-16-64-128. */
const ALGORITHM = 10;
const KEY = 16;
const TAG = 8;
const NONCE = 13;
/** §5.1: flag bits of the option. */
const FLAG = { pivLength: 0x07, kid: 0x08, kidContext: 0x10, reserved: 0xe0 } as const;
const LONGEST_PIV = 5;

export class OscoreClient {
  readonly #credential: NodeCredential;
  readonly #sequence: Sequence;
  readonly #senderKey: KeyObject;
  readonly #recipientKey: KeyObject;
  readonly #commonIv: Uint8Array;
  /** §7.4: the greatest number that the gateway has used; smaller ones are repeats. */
  #last = -1;

  constructor(credential: NodeCredential, sequence: Sequence) {
    this.#credential = credential;
    this.#sequence = sequence;
    this.#senderKey = createSecretKey(derive(credential, credential.senderId, "Key", KEY));
    this.#recipientKey = createSecretKey(derive(credential, credential.recipientId, "Key", KEY));
    this.#commonIv = derive(credential, EMPTY, "IV", NONCE);
  }

  /** §8.1. Each call takes a new sequence number. */
  protect(request: InnerMessage): Sealed {
    const { senderId, idContext } = this.#credential;
    const piv = partialIv(this.#sequence.next());
    const nonce = this.#nonce(senderId, piv);
    const aad = associatedData(senderId, piv);
    return { option: encodeOption(piv, senderId, idContext), payload: this.#encrypt(request, nonce, aad), aad, nonce };
  }

  /** §8.4: the answer to `request`; undefined when the gateway did not write it. */
  open(request: Sealed, option: Uint8Array, payload: Uint8Array): InnerMessage | undefined {
    const piv = pivOf(option);
    if (piv === undefined) return undefined;
    const nonce = piv.length === 0 ? request.nonce : this.#nonce(this.#credential.recipientId, piv);
    return this.#decrypt(payload, nonce, request.aad);
  }

  /** §8.2, as a server: undefined when the gateway did not write it, or has sent it before. */
  openRequest(option: Uint8Array, payload: Uint8Array): Opened | undefined {
    const { recipientId } = this.#credential;
    const piv = pivOf(option);
    if (piv === undefined || piv.length === 0) return undefined;
    const number = piv.reduce((sum, byte) => sum * 256 + byte, 0);
    const nonce = this.#nonce(recipientId, piv);
    const aad = associatedData(recipientId, piv);
    const request = number > this.#last ? this.#decrypt(payload, nonce, aad) : undefined;
    if (request === undefined) return undefined;
    this.#last = number;
    return { request, aad, nonce };
  }

  /** §8.3. The first answer may use the request's nonce; each notification takes a number of its own (§4.1.3.5.2). */
  protectResponse({ aad, nonce }: Opened, response: InnerMessage, first: boolean): Pick<Sealed, "option" | "payload"> {
    if (first) return { option: Buffer.alloc(0), payload: this.#encrypt(response, nonce, aad) };
    const piv = partialIv(this.#sequence.next());
    const own = this.#nonce(this.#credential.senderId, piv);
    return { option: Buffer.of(piv.length, ...piv), payload: this.#encrypt(response, own, aad) };
  }

  #encrypt(message: InnerMessage, nonce: Uint8Array, aad: Uint8Array): Buffer {
    const clear = encodeInner(message);
    const cipher = createCipheriv(CIPHER, this.#senderKey, nonce, { authTagLength: TAG });
    cipher.setAAD(aad, { plaintextLength: clear.length });
    return Buffer.concat([cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
  }

  #decrypt(payload: Uint8Array, nonce: Uint8Array, aad: Uint8Array): InnerMessage | undefined {
    const end = payload.length - TAG;
    if (end < 1) return undefined;
    const decipher = createDecipheriv(CIPHER, this.#recipientKey, nonce, { authTagLength: TAG });
    decipher.setAAD(aad, { plaintextLength: end });
    decipher.setAuthTag(payload.subarray(end));
    try {
      return decodeInner(Buffer.concat([decipher.update(payload.subarray(0, end)), decipher.final()]));
    } catch {
      return undefined; // node:crypto says no more than that the tag does not fit
    }
  }

  /** §5.2: length of the id, the id and the Partial IV, each padded on the left, XOR the Common IV. */
  #nonce(id: Uint8Array, piv: Uint8Array): Uint8Array {
    const nonce = new Uint8Array(NONCE);
    nonce[0] = id.length;
    nonce.set(id, NONCE - LONGEST_PIV - id.length);
    nonce.set(piv, NONCE - piv.length);
    return nonce.map((byte, at) => byte ^ (this.#commonIv[at] ?? 0));
  }
}

/** §3.2.1. */
function derive(
  { masterSecret, masterSalt, idContext }: NodeCredential,
  id: Uint8Array,
  type: "Key" | "IV",
  length: number,
): Uint8Array {
  const info = encodeCbor([id, idContext ?? null, ALGORITHM, type, length]);
  return new Uint8Array(hkdfSync("sha256", masterSecret, masterSalt, info, length));
}

/** §5.4: the Encrypt0 structure around the external_aad; version 1, no class I options. */
function associatedData(requestKid: Uint8Array, requestPiv: Uint8Array): Uint8Array {
  const external = encodeCbor([1, [ALGORITHM], requestKid, requestPiv, EMPTY]);
  return encodeCbor(["Encrypt0", EMPTY, external]);
}

/** §5.2: as few bytes as hold it, at least one. */
function partialIv(sequence: number): Uint8Array {
  if (sequence >= 2 ** 40) throw new RangeError("the sender sequence numbers are used up: the node needs new secrets");
  const bytes = [sequence % 256];
  for (let rest = Math.floor(sequence / 256); rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

/** §6.1, of a request: with a kid always, with a kid context where there is one. */
function encodeOption(piv: Uint8Array, kid: Uint8Array, idContext: Uint8Array | undefined): Buffer {
  const flags = piv.length | FLAG.kid | (idContext === undefined ? 0 : FLAG.kidContext);
  const context = idContext === undefined ? EMPTY : concatBytes([Uint8Array.of(idContext.length), idContext]);
  return Buffer.concat([Uint8Array.of(flags), piv, context, kid]);
}

/** §6.1: the Partial IV, empty when there is none; undefined when the option is malformed. */
function pivOf(option: Uint8Array): Uint8Array | undefined {
  if (option.length === 0) return EMPTY;
  const flags = option[0] ?? 0;
  const length = flags & FLAG.pivLength;
  if ((flags & FLAG.reserved) !== 0 || length > LONGEST_PIV || 1 + length > option.length) return undefined;
  return option.subarray(1, 1 + length);
}
