/**
 * MCUboot, "Image format" (docs.mcuboot.com/design) — an image as its bootloader will judge it: header, body, protected TLVs,
 * TLVs. What is checked is what a damaged or unfinished file fails; the bootloader's own signature stays the node's affair.
 * The parts are read one by one, so that an image can be judged while it streams by.
 */
import { createHash } from "node:crypto";
import { equalBytes, TrustError, WireError } from "../../../base/index.ts";

export interface McubootHeader {
  /** `1.4.2+7`: major, minor, revision and build number. */
  readonly version: string;
  readonly headerBytes: number;
  /** Without header and TLVs. */
  readonly bodyBytes: number;
  readonly protectedBytes: number;
  /** Its hash is over what a node gets after decryption: nobody can check it here. */
  readonly isEncrypted: boolean;
}

/** A hash TLV: what the image says of its own bytes. */
export interface McubootHash {
  readonly name: string;
  /** As node:crypto calls it. */
  readonly hash: "sha256" | "sha384" | "sha512";
  readonly bytes: Uint8Array;
  /** Of the TLV. */
  readonly offset: number;
}

export interface McubootTlvs {
  /** One at least; a bootloader looks at those of its own kind, so all must be right. */
  readonly hashes: readonly McubootHash[];
  /** Protected TLV 0x50: the bootloader boots none that is lower than what ran before. */
  readonly securityCounter: number | undefined;
}

export type McubootImage = McubootHeader & McubootTlvs;

const MAGIC = 0x96f3b83d;
/** All of a header that is not padding. */
export const MCUBOOT_HEADER_BYTES = 32;
const TLV_INFO = 0x6907;
const PROTECTED_TLV_INFO = 0x6908;
const TLV_HEAD = 4;
/** Both areas, as long as they can say that they are, and a byte that would be too many. */
export const MCUBOOT_TLV_BYTES = 2 * 0xffff + 1;
/** IMAGE_F_ENCRYPTED_AES128, IMAGE_F_ENCRYPTED_AES256. */
const ENCRYPTED = 0x04 | 0x08;
/** TLVs with the key of an encrypted image: for RSA, AES-KW, ECIES on P-256 and on X25519, with HMAC-SHA-512 too. */
const ENCRYPTION_KEYS: readonly number[] = [0x30, 0x31, 0x32, 0x33, 0x34];
const SECURITY_COUNTER = 0x50;
const HASHES = [
  { type: 0x10, name: "SHA-256", hash: "sha256" },
  { type: 0x11, name: "SHA-384", hash: "sha384" },
  { type: 0x12, name: "SHA-512", hash: "sha512" },
] as const;

/** All its numbers are little-endian. */
const numbersOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const isMcuboot = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && numbersOf(bytes).getUint32(0, true) === MAGIC;

/** Where the TLVs begin. */
export const endOfBody = ({ headerBytes, bodyBytes }: McubootHeader): number => headerBytes + bodyBytes;

/** The hash covers header, body and protected TLVs. */
export const hashedBytes = (header: McubootHeader): number => endOfBody(header) + header.protectedBytes;

const refusal = (name: string, offset: number, what: string): WireError =>
  new WireError("image.mcuboot", { name, what, offset });

/** Of the first 32 bytes. Throws WireError `image.mcuboot`. */
export function readMcubootHeader(head: Uint8Array, name: string): McubootHeader {
  if (!isMcuboot(head)) throw refusal(name, 0, "it does not begin with the magic number 0x96f3b83d");
  if (head.length < MCUBOOT_HEADER_BYTES)
    throw refusal(name, head.length, `its header of ${MCUBOOT_HEADER_BYTES} bytes is cut short`);
  const numbers = numbersOf(head);
  const headerBytes = numbers.getUint16(8, true);
  if (headerBytes < MCUBOOT_HEADER_BYTES) throw refusal(name, 8, `its header says that it has ${headerBytes} bytes`);
  return {
    version: versionOf(numbers),
    headerBytes,
    bodyBytes: numbers.getUint32(12, true),
    protectedBytes: numbers.getUint16(10, true),
    isEncrypted: (numbers.getUint32(16, true) & ENCRYPTED) !== 0,
  };
}

const versionOf = (numbers: DataView): string =>
  `${numbers.getUint8(20)}.${numbers.getUint8(21)}.${numbers.getUint16(22, true)}+${numbers.getUint32(24, true)}`;

/** `tail`: from the end of the body on, `MCUBOOT_TLV_BYTES` at most. Throws WireError `image.mcuboot`. */
export function readMcubootTlvs(tail: Uint8Array, header: McubootHeader, name: string): McubootTlvs {
  const { protectedBytes } = header;
  const area: Area = { bytes: tail, base: endOfBody(header), name };
  const shielded = protectedBytes === 0 ? [] : readTlvs(area, 0, PROTECTED_TLV_INFO);
  if (protectedBytes > 0 && areaLength(tail, 0) !== protectedBytes) {
    throw refusal(name, area.base + 2, `its protected TLVs are not the ${protectedBytes} bytes that its header says`);
  }
  const tlvs = readTlvs(area, protectedBytes, TLV_INFO);
  const end = protectedBytes + areaLength(tail, protectedBytes);
  if (end < tail.length)
    throw refusal(name, area.base + end, "there is more behind its TLVs, e.g. padding for flashing");
  const hashes = tlvs.flatMap(({ type, value, offset }) => {
    const row = HASHES.find((one) => one.type === type);
    return row === undefined ? [] : [{ name: row.name, hash: row.hash, bytes: value, offset }];
  });
  if (hashes.length === 0) throw refusal(name, area.base + protectedBytes, "no hash is among its TLVs");
  if (header.isEncrypted && !tlvs.some(({ type }) => ENCRYPTION_KEYS.includes(type)))
    throw refusal(name, area.base + protectedBytes, "it is encrypted, and no key is among its TLVs");
  const counter = shielded.find(({ type, value }) => type === SECURITY_COUNTER && value.length === 4);
  return { hashes, securityCounter: counter && numbersOf(counter.value).getUint32(0, true) };
}

/** `actual`: what the covered bytes give. Throws TrustError `image.mcuboot-hash`. */
export function checkMcubootHash(expected: McubootHash, actual: Uint8Array, name: string): void {
  if (equalBytes(expected.bytes, actual)) return;
  throw new TrustError("image.mcuboot-hash", { name, hash: expected.name, offset: expected.offset });
}

/** An image that is in memory as a whole. Throws WireError `image.mcuboot`, TrustError `image.mcuboot-hash`. */
export function readMcuboot(bytes: Uint8Array, name: string): McubootImage {
  const header = readMcubootHeader(bytes.subarray(0, MCUBOOT_HEADER_BYTES), name);
  const start = endOfBody(header);
  const tlvs = readMcubootTlvs(bytes.subarray(start, start + MCUBOOT_TLV_BYTES), header, name);
  const covered = bytes.subarray(0, hashedBytes(header));
  for (const expected of header.isEncrypted ? [] : tlvs.hashes) {
    checkMcubootHash(expected, new Uint8Array(createHash(expected.hash).update(covered).digest()), name);
  }
  return { ...header, ...tlvs };
}

interface Tlv {
  readonly type: number;
  readonly value: Uint8Array;
  /** In the image. */
  readonly offset: number;
}

interface Area {
  readonly bytes: Uint8Array;
  /** Where in the image they begin. */
  readonly base: number;
  readonly name: string;
}

/** The head of an area counts itself. */
const areaLength = (bytes: Uint8Array, start: number): number => numbersOf(bytes).getUint16(start + 2, true);

function readTlvs({ bytes, base, name }: Area, start: number, magic: number): readonly Tlv[] {
  const numbers = numbersOf(bytes);
  if (start + TLV_HEAD > bytes.length) throw refusal(name, base + bytes.length, "it ends before its TLVs");
  if (numbers.getUint16(start, true) !== magic)
    throw refusal(name, base + start, `no TLVs (0x${magic.toString(16)}) begin there`);
  const end = start + areaLength(bytes, start);
  if (end < start + TLV_HEAD || end > bytes.length) throw refusal(name, base + start + 2, "its TLVs are cut short");
  const tlvs: Tlv[] = [];
  for (let at = start + TLV_HEAD; at < end; ) {
    const valueAt = at + TLV_HEAD;
    const next = valueAt <= end ? valueAt + numbers.getUint16(at + 2, true) : end + 1;
    if (next > end) throw refusal(name, base + at, "a TLV is longer than its area");
    tlvs.push({ type: numbers.getUint16(at, true), value: bytes.subarray(valueAt, next), offset: base + at });
    at = next;
  }
  return tlvs;
}
