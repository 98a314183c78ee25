/**
 * MCUboot, "Image format" (docs.mcuboot.com/design) — an image as its bootloader will judge it: header, body, protected TLVs,
 * TLVs. What is checked is what a damaged or unfinished file fails; the bootloader's own signature stays the node's affair.
 */
import { createHash } from "node:crypto";
import { equalBytes, WireError } from "../../../base/index.ts";

export interface McubootImage {
  /** `1.4.2+7`: major, minor, revision and build number. */
  readonly version: string;
  readonly headerBytes: number;
  /** Without header and TLVs. */
  readonly bodyBytes: number;
  /** What the hash TLV holds, and what the bytes give. */
  readonly hash: { readonly name: string; readonly bytes: Uint8Array };
  /** Protected TLV 0x50: the bootloader boots none that is lower than what ran before. */
  readonly securityCounter: number | undefined;
}

const MAGIC = 0x96f3b83d;
const LEAST_HEADER = 32;
const TLV_INFO = 0x6907;
const PROTECTED_TLV_INFO = 0x6908;
const TLV_HEAD = 4;
/** IMAGE_F_ENCRYPTED_AES128, IMAGE_F_ENCRYPTED_AES256. */
const ENCRYPTED = 0x04 | 0x08;
const SECURITY_COUNTER = 0x50;
/** The hash covers header, body and protected TLVs. */
const HASHES = [
  { type: 0x10, name: "SHA-256", hash: "sha256" },
  { type: 0x11, name: "SHA-384", hash: "sha384" },
  { type: 0x12, name: "SHA-512", hash: "sha512" },
] as const;

/** All its numbers are little-endian. */
const numbersOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const isMcuboot = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && numbersOf(bytes).getUint32(0, true) === MAGIC;

/** Throws WireError `image.mcuboot` for what is none, is damaged, or has more behind it. */
export function readMcuboot(bytes: Uint8Array, name: string): McubootImage {
  const refuse = (what: string): WireError => new WireError("image.mcuboot", { name, what });
  if (!isMcuboot(bytes)) throw refuse("it does not begin with the magic number 0x96f3b83d");
  if (bytes.length < LEAST_HEADER) throw refuse(`its header of ${LEAST_HEADER} bytes is cut short`);
  const numbers = numbersOf(bytes);
  const headerBytes = numbers.getUint16(8, true);
  const protectedBytes = numbers.getUint16(10, true);
  const bodyBytes = numbers.getUint32(12, true);
  if (headerBytes < LEAST_HEADER) throw refuse(`its header says that it has ${headerBytes} bytes`);
  // The hash is over what the node gets after decryption, which nobody can check here.
  if ((numbers.getUint32(16, true) & ENCRYPTED) !== 0)
    throw refuse("it is encrypted, so that its hash cannot be checked");

  const end = headerBytes + bodyBytes;
  const shielded = protectedBytes === 0 ? [] : readArea(bytes, { start: end, magic: PROTECTED_TLV_INFO, refuse });
  if (shielded.length > 0 && areaLength(numbers, end) !== protectedBytes) {
    throw refuse("its protected TLVs are not as long as its header says");
  }
  const hashed = end + protectedBytes;
  const tlvs = readArea(bytes, { start: hashed, magic: TLV_INFO, refuse });
  const rest = bytes.length - hashed - areaLength(numbers, hashed);
  if (rest > 0) throw refuse(`${rest} bytes follow its TLVs; a padded image is for flashing, not for updates`);
  const counter = shielded.find(({ type, value }) => type === SECURITY_COUNTER && value.length === 4);
  return {
    version: versionOf(numbers),
    headerBytes,
    bodyBytes,
    hash: checkHash(tlvs, bytes.subarray(0, hashed), refuse),
    securityCounter: counter === undefined ? undefined : numbersOf(counter.value).getUint32(0, true),
  };
}

const versionOf = (numbers: DataView): string =>
  `${numbers.getUint8(20)}.${numbers.getUint8(21)}.${numbers.getUint16(22, true)}+${numbers.getUint32(24, true)}`;

interface Tlv {
  readonly type: number;
  readonly value: Uint8Array;
}

interface Area {
  readonly start: number;
  readonly magic: number;
  refuse(what: string): WireError;
}

/** The head of an area counts itself. */
const areaLength = (numbers: DataView, start: number): number => numbers.getUint16(start + 2, true);

function readArea(bytes: Uint8Array, { start, magic, refuse }: Area): readonly Tlv[] {
  const numbers = numbersOf(bytes);
  if (start + TLV_HEAD > bytes.length) throw refuse("it ends before its TLVs");
  if (numbers.getUint16(start, true) !== magic)
    throw refuse(`no TLVs (0x${magic.toString(16)}) begin at byte ${start}`);
  const end = start + areaLength(numbers, start);
  if (end < start + TLV_HEAD || end > bytes.length) throw refuse("its TLVs are cut short");
  const tlvs: Tlv[] = [];
  for (let at = start + TLV_HEAD; at < end; ) {
    const valueAt = at + TLV_HEAD;
    const next = valueAt <= end ? valueAt + numbers.getUint16(at + 2, true) : end + 1;
    if (next > end) throw refuse(`the TLV at byte ${at} is longer than its area`);
    tlvs.push({ type: numbers.getUint16(at, true), value: bytes.subarray(valueAt, next) });
    at = next;
  }
  return tlvs;
}

function checkHash(tlvs: readonly Tlv[], hashed: Uint8Array, refuse: Area["refuse"]): McubootImage["hash"] {
  const found = tlvs.flatMap(({ type, value }) => {
    const row = HASHES.find((one) => one.type === type);
    return row === undefined ? [] : [{ row, value }];
  });
  const [first, second] = found;
  if (first === undefined) throw refuse("it has no hash TLV");
  if (second !== undefined) throw refuse("it has two hash TLVs");
  const { row, value } = first;
  const bytes = new Uint8Array(createHash(row.hash).update(hashed).digest());
  if (!equalBytes(bytes, value)) throw refuse(`its ${row.name} is not that of its bytes`);
  return { name: row.name, bytes };
}
