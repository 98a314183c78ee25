/** RFC 8554 — HSS/LMS hash-based signatures, verification alone: signing needs state that survives crashes. */
import { createHash, hash } from "node:crypto";
import { equalBytes } from "../../../base/index.ts";
import { type HashFunction, LMOTS_TYPES, LMS_TYPES, type OtsParameters } from "./lms-parameters.ts";

/** §2: domain separation. */
const D = { PBLC: 0x8080, MESG: 0x8181, LEAF: 0x8282, INTR: 0x8383 } as const;
/** §6: levels of an HSS tree. */
const MAX_LEVELS = 8;
const ID_BYTES = 16;

/** §6.3: is `signature` one of `publicKey` over `message`? Anything malformed is no signature. */
export function verifyHss(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const levels = new Cursor(publicKey).u32();
  const cursor = new Cursor(signature);
  const signedKeys = cursor.u32();
  if (levels === undefined || levels < 1 || levels > MAX_LEVELS || signedKeys !== levels - 1) return false;
  let key: Uint8Array | undefined = publicKey.subarray(4);
  for (let level = 0; level < signedKeys; level++) {
    const link = readLmsSignature(cursor);
    const next = readLmsPublicKey(cursor);
    if (link === undefined || next === undefined || !verifyLms(key, next, link)) return false;
    key = next;
  }
  const last = readLmsSignature(cursor);
  return last !== undefined && cursor.done && verifyLms(key, message, last);
}

interface LmsSignature {
  readonly q: number;
  readonly otsType: number;
  readonly ots: OtsParameters;
  readonly randomizer: Uint8Array;
  readonly chains: readonly Uint8Array[];
  readonly lmsType: number;
  readonly path: readonly Uint8Array[];
}

/** §5.4, §4.5: u32(q) || ots type || C || y[0..p-1] || lms type || path[0..h-1]. */
function readLmsSignature(cursor: Cursor): LmsSignature | undefined {
  const q = cursor.u32();
  const otsType = cursor.u32();
  const ots = LMOTS_TYPES.get(otsType ?? 0);
  if (q === undefined || otsType === undefined || ots === undefined) return undefined;
  const randomizer = cursor.take(ots.bytes);
  const chains = cursor.takeMany(ots.p, ots.bytes);
  const lmsType = cursor.u32();
  const lms = LMS_TYPES.get(lmsType ?? 0);
  if (lmsType === undefined || lms === undefined || q >= 2 ** lms.h) return undefined;
  const path = cursor.takeMany(lms.h, lms.bytes);
  if (randomizer === undefined || chains === undefined || path === undefined) return undefined;
  return { q, otsType, ots, randomizer, chains, lmsType, path };
}

/** §5.3: u32(lms type) || u32(ots type) || I || T[1]. */
function readLmsPublicKey(cursor: Cursor): Uint8Array | undefined {
  const lms = LMS_TYPES.get(cursor.peekU32() ?? 0);
  return lms === undefined ? undefined : cursor.take(8 + ID_BYTES + lms.bytes);
}

/** §5.4.2, algorithms 6 and 6a. */
function verifyLms(publicKey: Uint8Array, message: Uint8Array, signature: LmsSignature): boolean {
  const cursor = new Cursor(publicKey);
  const lmsType = cursor.u32();
  const otsType = cursor.u32();
  const lms = LMS_TYPES.get(lmsType ?? 0);
  const id = cursor.take(ID_BYTES);
  const root = cursor.take(lms?.bytes ?? 0);
  if (lms === undefined || id === undefined || root === undefined || !cursor.done) return false;
  if (lmsType !== signature.lmsType || otsType !== signature.otsType) return false;
  // RFC 8554 §5.1: one hash function in tree and leaves.
  if (lms.name !== signature.ots.name || lms.bytes !== signature.ots.bytes) return false;
  let node = 2 ** lms.h + signature.q;
  let value = digest(lms, [id, u32(node), u16(D.LEAF), candidateKey(id, message, signature)]);
  for (const sibling of signature.path) {
    const pair = node % 2 === 1 ? [sibling, value] : [value, sibling];
    node = Math.floor(node / 2);
    value = digest(lms, [id, u32(node), u16(D.INTR), ...pair]);
  }
  return equalBytes(value, root);
}

/** §4.6, algorithm 4b: the public key that the one-time signature would be of. */
function candidateKey(id: Uint8Array, message: Uint8Array, { q, ots, randomizer, chains }: LmsSignature): Uint8Array {
  const digits = messageDigits(ots, id, q, randomizer, message);
  const head = Buffer.concat([id, u32(q)]);
  const ends = chains.map((start, index) => walkChain(ots, head, index, digits[index]!, start));
  return digest(ots, [head, u16(D.PBLC), ...ends]);
}

/** §4.4: the digits of the digest and of its checksum. */
function messageDigits(
  ots: OtsParameters,
  id: Uint8Array,
  q: number,
  randomizer: Uint8Array,
  message: Uint8Array,
): readonly number[] {
  const digits = digitsOf(digest(ots, [id, u32(q), u16(D.MESG), randomizer, message]), ots.w);
  const checksum = digits.reduce((sum, digit) => sum + 2 ** ots.w - 1 - digit, 0);
  return [...digits, ...digitsOf(u16(checksum << ots.ls), ots.w)].slice(0, ots.p);
}

/** §3.1.3: coef for every index. */
const digitsOf = (bytes: Uint8Array, w: number): number[] =>
  [...bytes].flatMap((byte) => Array.from({ length: 8 / w }, (_, at) => (byte >> (8 - w - w * at)) & (2 ** w - 1)));

/** §4.6: H(I || u32(q) || u16(i) || u8(j) || tmp), from digit `from` to the end of the chain. */
function walkChain(ots: OtsParameters, head: Uint8Array, index: number, from: number, start: Uint8Array): Uint8Array {
  const block = Buffer.concat([head, u16(index), Buffer.of(0), start]);
  const at = head.length + 2;
  for (let step = from; step < 2 ** ots.w - 1; step++) {
    block[at] = step;
    block.set(digest(ots, [block]), at + 1);
  }
  return Buffer.from(block.subarray(at + 1));
}

function digest({ name, bytes }: HashFunction, parts: readonly Uint8Array[]): Uint8Array {
  const input = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  // One shot, because a verification is some ten thousand short hashes; it knows no output length.
  if (name === "sha256") return hash(name, input, "buffer").subarray(0, bytes);
  return createHash(name, { outputLength: bytes }).update(input).digest();
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const u16 = (value: number): Uint8Array => Buffer.of((value >> 8) & 0xff, value & 0xff);

/** What is beyond the end is undefined. */
class Cursor {
  private readonly bytes: Uint8Array;
  private offset = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get done(): boolean {
    return this.offset === this.bytes.length;
  }

  take(count: number): Uint8Array | undefined {
    if (this.offset + count > this.bytes.length) return undefined;
    this.offset += count;
    return this.bytes.subarray(this.offset - count, this.offset);
  }

  takeMany(count: number, size: number): readonly Uint8Array[] | undefined {
    const all = this.take(count * size);
    return all && Array.from({ length: count }, (_, at) => all.subarray(at * size, (at + 1) * size));
  }

  u32(): number | undefined {
    const bytes = this.take(4);
    return bytes && Buffer.from(bytes).readUInt32BE();
  }

  peekU32(): number | undefined {
    const value = this.u32();
    if (value !== undefined) this.offset -= 4;
    return value;
  }
}
