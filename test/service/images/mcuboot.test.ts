/** MCUboot, "Image format": images made field by field, and every way to break them. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isCoded } from "../../../gateway/base/index.ts";
import { isMcuboot, readMcuboot } from "../../../gateway/service/images/index.ts";
import { type Making, mcubootImage as made, tlv } from "../../support/mcuboot.ts";

const counter = Buffer.from("05000000", "hex");

/** Of the 40 bytes of header and body. */
const SHA_512 = tlv(0x12, createHash("sha512").update(made().subarray(0, 40)).digest());
const ENCRYPTED = {
  flags: 0x04,
  hash: { type: 0x10, name: "sha256", of: "what it was before" },
  more: [tlv(0x33, counter)],
};

test.each<readonly [name: string, making: Making, expected: object]>([
  ["header, body and hash", {}, { version: "1.4.2+7", headerBytes: 32, bodyBytes: 8, securityCounter: undefined }],
  ["a header padded to the vector table", { headerBytes: 512 }, { headerBytes: 512, bodyBytes: 8 }],
  ["a protected security counter", { shielded: [tlv(0x50, counter)] }, { securityCounter: 5 }],
  ["SHA-384", { hash: { type: 0x11, name: "sha384" } }, { hashes: [{ name: "SHA-384", offset: 44 }] }],
  ["SHA-512", { hash: { type: 0x12, name: "sha512" } }, { hashes: [{ name: "SHA-512" }] }],
  ["two hashes that are both right", { more: [SHA_512] }, { hashes: [{ name: "SHA-256" }, { name: "SHA-512" }] }],
  ["encryption, whose hash nobody can check here", ENCRYPTED, { isEncrypted: true, hashes: [{ name: "SHA-256" }] }],
])("MCUboot image with %s", (_name, making, expected) => {
  expect(isMcuboot(made(making))).toBe(true);
  expect(readMcuboot(made(making), "app.bin")).toMatchObject(expected);
});

/** With one field of a sound image changed. */
function changed(change: (image: Buffer) => Buffer | undefined, making?: Making): Buffer {
  const image = made(making);
  return change(image) ?? image;
}

const REFUSED = /^image\.mcuboot(-hash)?$/;

describe("refused as no image that a bootloader would take", () => {
  test.each<readonly [name: string, image: Buffer]>([
    ["a plain binary", Buffer.from("plain")],
    ["nothing", Buffer.alloc(0)],
    ["a header cut short", made().subarray(0, 31)],
    ["a header that says less than 32 bytes", changed((image) => void image.writeUInt16LE(28, 8))],
    ["a body cut short", made().subarray(0, 36)],
    ["no TLVs", made().subarray(0, 40)],
    ["other TLVs than those that must come", changed((image) => void image.writeUInt16LE(0x6908, 40))],
    ["TLVs cut short", made().subarray(0, -1)],
    ["an area shorter than its head", changed((image) => void image.writeUInt16LE(3, 42))],
    ["a TLV longer than its area", changed((image) => void image.writeUInt16LE(200, 46))],
    ["a head of a TLV cut by its area", changed((image) => void image.writeUInt16LE(4 + 36 + 2, 42))],
    ["no hash", changed((image) => void image.writeUInt16LE(0x60, 44))],
    ["a hash cut short", changed(() => made({ hash: { type: 0x11, name: "sha256" } }))],
    ["two hashes, one of them cut short", changed((image) => void image.writeUInt16LE(0x12, 44 + 36))],
    ["two hashes, one of them wrong", made({ more: [tlv(0x12, new Uint8Array(64))] })],
    [
      "protected TLVs of another length",
      changed((image) => void image.writeUInt16LE(11, 10), { shielded: [tlv(0x50, counter)] }),
    ],
    ["AES-128 encryption without a key for it", made({ flags: 0x04 })],
    ["AES-256 encryption without a key for it", made({ flags: 0x08 })],
    ["padding behind it", Buffer.concat([made(), Buffer.alloc(16, 0xff)])],
  ])("%s", (_name, image) => {
    expect(() => readMcuboot(image, "app.bin")).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(REFUSED),
        facts: expect.objectContaining({ name: "app.bin" }),
      }),
    );
  });

  test("with the offset of what is wrong", () => {
    const offsetOf = (image: Buffer): unknown => {
      try {
        return readMcuboot(image, "app.bin");
      } catch (error) {
        return isCoded(error) && error.facts;
      }
    };
    expect(offsetOf(made().subarray(0, 31))).toMatchObject({ offset: 31 });
    expect(offsetOf(made().subarray(0, -1))).toMatchObject({ offset: 42 });
    expect(offsetOf(changed((image) => void image.writeUInt16LE(200, 46)))).toMatchObject({ offset: 44 });
    expect(offsetOf(changed((image) => void image.writeUInt8(0, 50)))).toMatchObject({ hash: "SHA-256", offset: 44 });
  });

  test("any byte of header, body, protected TLVs or hash that is another", () => {
    const image = made({ shielded: [tlv(0x50, counter)] });
    const end = image.length - 74;
    fc.assert(
      fc.property(fc.nat(end - 1), fc.integer({ min: 1, max: 255 }), (offset, mask) => {
        const mutant = Buffer.from(image);
        mutant[offset]! ^= mask;
        try {
          readMcuboot(mutant, "app.bin");
          return false;
        } catch (error) {
          return isCoded(error) && REFUSED.test(error.code);
        }
      }),
      { seed: 42 },
    );
  });
});
