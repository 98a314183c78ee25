/** MCUboot images, made field by field ("Image format", docs.mcuboot.com/design). */
import { createHash } from "node:crypto";

export interface Making {
  readonly body?: Uint8Array;
  readonly headerBytes?: number;
  readonly flags?: number;
  /** Protected TLVs. */
  readonly shielded?: readonly Buffer[];
  /** `of`: other bytes than those of the image. */
  readonly hash?: { readonly type: number; readonly name: string; readonly of?: string };
  /** TLVs behind the hash. */
  readonly more?: readonly Buffer[];
}

export const tlv = (type: number, value: Uint8Array): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(type, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, value]);
};
const area = (magic: number, tlvs: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(tlvs);
  const head = Buffer.alloc(4);
  head.writeUInt16LE(magic, 0);
  head.writeUInt16LE(content.length + 4, 2);
  return Buffer.concat([head, content]);
};

/** Version 1.4.2+7, as imgtool writes it. */
export function mcubootImage({
  body = Buffer.from("firmware"),
  headerBytes = 32,
  flags = 0,
  ...rest
}: Making = {}): Buffer {
  const { shielded = [], hash = { type: 0x10, name: "sha256" }, more = [] } = rest;
  const protectedArea = shielded.length === 0 ? Buffer.alloc(0) : area(0x6908, shielded);
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(0x96f3b83d, 0);
  header.writeUInt16LE(headerBytes, 8);
  header.writeUInt16LE(protectedArea.length, 10);
  header.writeUInt32LE(body.length, 12);
  header.writeUInt32LE(flags, 16);
  header.writeUInt8(1, 20);
  header.writeUInt8(4, 21);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(7, 24);
  const hashed = Buffer.concat([header, body, protectedArea]);
  const digest = createHash(hash.name)
    .update(hash.of ?? hashed)
    .digest();
  const tlvs = [tlv(hash.type, digest), ...more, tlv(0x22, Buffer.alloc(70))];
  return Buffer.concat([hashed, area(0x6907, tlvs)]);
}
