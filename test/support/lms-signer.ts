/**
 * A signer of LMS and HSS for tests (RFC 8554 §4.3, §4.5, §5.4.1, Appendix A): it shares nothing with the verifier but
 * the table of parameters. One key, one signature: nothing here keeps state.
 */
import { createHash, hash as hashOnce } from "node:crypto";
import { type HashFunction, LMOTS_TYPES, LMS_TYPES } from "../../gateway/wire/cose/crypto/lms-parameters.ts";

export interface LmsSecret {
  readonly lmsType: number;
  readonly otsType: number;
  readonly id: Uint8Array;
  readonly seed: Uint8Array;
}
export interface LmsSignature {
  readonly publicKey: Buffer;
  readonly signature: Buffer;
}

const number = (value: number, bytes: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
};

function hash({ name, bytes }: HashFunction, ...parts: readonly Uint8Array[]): Buffer {
  const input = Buffer.concat(parts);
  if (name === "sha256") return hashOnce(name, input, "buffer").subarray(0, bytes);
  return createHash(name, { outputLength: bytes }).update(input).digest();
}

/** Appendix A, and the randomizer of the authors' implementation (index 0xfffd). */
const RANDOMIZER = 0xfffd;
const secretOf = (f: HashFunction, { id, seed }: LmsSecret, q: number, index: number): Buffer =>
  hash(f, id, number(q, 4), number(index, 2), Buffer.of(0xff), seed);

function chain(
  f: HashFunction,
  id: Uint8Array,
  q: number,
  index: number,
  start: Buffer,
  from: number,
  to: number,
): Buffer {
  let value = start;
  for (let step = from; step < to; step++) value = hash(f, id, number(q, 4), number(index, 2), number(step, 1), value);
  return value;
}

/** §4.3 and §5.3: the leaf of one-time key `q`. */
function leafOf(secret: LmsSecret, q: number): Buffer {
  const ots = LMOTS_TYPES.get(secret.otsType)!;
  const ends = Array.from({ length: ots.p }, (_, index) =>
    chain(ots, secret.id, q, index, secretOf(ots, secret, q, index), 0, 2 ** ots.w - 1),
  );
  const key = hash(ots, secret.id, number(q, 4), number(0x8080, 2), ...ends);
  const { h } = LMS_TYPES.get(secret.lmsType)!;
  return hash(ots, secret.id, number(2 ** h + q, 4), number(0x8282, 2), key);
}

/** §4.5. */
function signOnce(secret: LmsSecret, q: number, message: Uint8Array): Buffer {
  const ots = LMOTS_TYPES.get(secret.otsType)!;
  const randomizer = secretOf(ots, secret, q, RANDOMIZER);
  const digest = hash(ots, secret.id, number(q, 4), number(0x8181, 2), randomizer, message);
  const most = 2 ** ots.w - 1;
  const bits = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const digits = (text: string): number[] =>
    (text.match(new RegExp(`.{${ots.w}}`, "g")) ?? []).map((one) => parseInt(one, 2));
  const values = digits(bits(digest));
  const sum = values.reduce((total, value) => total + most - value, 0);
  const all = [...values, ...digits(bits(number(sum * 2 ** ots.ls, 2)))].slice(0, ots.p);
  const chains = all.map((value, index) => chain(ots, secret.id, q, index, secretOf(ots, secret, q, index), 0, value));
  return Buffer.concat([number(secret.otsType, 4), randomizer, ...chains]);
}

/**
 * §5.4.1: u32(q) || one-time signature || u32(type) || path; and §5.3: the public key that they lead to. At the price of
 * one leaf the tree may be of any height: the siblings on its path stand for subtrees that nobody made.
 */
export function signLms(
  secret: LmsSecret,
  q: number,
  message: Uint8Array,
  known?: readonly Uint8Array[],
): LmsSignature {
  const lms = LMS_TYPES.get(secret.lmsType)!;
  const path = known ?? Array.from({ length: lms.h }, (_, level) => hash(lms, Buffer.of(level)));
  let root = leafOf(secret, q);
  for (const [level, sibling] of path.entries()) {
    const at = Math.floor(q / 2 ** level);
    const pair = at % 2 === 1 ? [sibling, root] : [root, sibling];
    root = hash(lms, secret.id, number(2 ** (lms.h - level - 1) + Math.floor(at / 2), 4), number(0x8383, 2), ...pair);
  }
  return {
    publicKey: Buffer.concat([number(secret.lmsType, 4), number(secret.otsType, 4), secret.id, root]),
    signature: Buffer.concat([number(q, 4), signOnce(secret, q, message), number(secret.lmsType, 4), ...path]),
  };
}

/** §6.2: each level signs the public key of the next, the last the message. */
export function signHss(levels: readonly LmsSecret[], message: Uint8Array): LmsSignature {
  const signed: LmsSignature[] = [];
  for (const secret of [...levels].reverse()) signed.unshift(signLms(secret, 3, signed[0]?.publicKey ?? message));
  const [first, ...lower] = signed;
  const links = lower.map(({ publicKey, signature }) => [publicKey, signature]);
  return {
    publicKey: Buffer.concat([number(levels.length, 4), first!.publicKey]),
    signature: Buffer.concat([number(levels.length - 1, 4), first!.signature, ...links.flat()]),
  };
}
