/** RFC 8554, RFC 9858, RFC 8778 — HSS/LMS: the verifier against published signatures and a signer of the tests' own. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { verifyHss } from "../../../gateway/wire/cose/crypto/hss-lms.ts";
import { LMOTS_TYPES, LMS_TYPES } from "../../../gateway/wire/cose/crypto/lms-parameters.ts";
import { type LmsSecret, signHss, signLms } from "../../support/lms-signer.ts";

const MESSAGE = Buffer.from("deadbeef", "hex");

/** As Botan tests them: of a signature, whose last bytes are the path, the SHA-256. */
const PUBLISHED: ReadonlyArray<
  readonly [
    name: string,
    seed: string,
    q: number,
    message: Buffer,
    path: readonly string[],
    publicKey: string,
    digest: string,
  ]
> = [
  [
    "RFC 8554 Appendix F, test case 2: the lower tree, SHA256_M32_H5 with W8",
    "a1c4696e2608035a886100d05cd99945eb3370731884a8235e2fb3d4d71f2547",
    4,
    Buffer.from(
      "The enumeration in the Constitution, of certain rights, shall not be construed to deny or disparage others retained by the people.\n",
    ),
    [
      "4de1f6965bdabc676c5a4dc7c35f97f82cb0e31c68d04f1dad96314ff09e6b3d",
      "e96aeee300d1f68bf1bca9fc58e4032336cd819aaf578744e50d1357a0e42867",
      "04d341aa0a337b19fe4bc43c2e79964d4f351089f2e0e41c7c43ae0d49e7f404",
      "b0f75be80ea3af098c9752420a8ac0ea2bbb1f4eeba05238aef0d8ce63f0c6e5",
      "e4041d95398a6f7f3e0ee97cc1591849d4ed236338b147abde9f51ef9fd4e1c1",
    ],
    "0000000500000004215f83b7ccb9acbcd08db97b0d04dc2ba1cd035833e0e90059603f26e07ad2aad152338e7a5e5984bcd5f7bb4eba40b7",
    "987a83f7670a93837c484888fde579ca3653db8b66c9339b3c03b1e9b949d771",
  ],
];

test.each(PUBLISHED)("%s", (_name, seed, q, message, path, publicKey, digest) => {
  const key = Buffer.from(publicKey, "hex");
  const secret: LmsSecret = {
    lmsType: key.readUInt32BE(0),
    otsType: key.readUInt32BE(4),
    id: key.subarray(8, 24),
    seed: Buffer.from(seed, "hex"),
  };
  const made = signLms(
    secret,
    q,
    message,
    path.map((node) => Buffer.from(node, "hex")),
  );
  expect(made.publicKey.toString("hex")).toBe(publicKey);
  expect(createHash("sha256").update(made.signature).digest("hex")).toBe(digest);
  expect(verifyHss(hssKey(key), message, hssSignature(made.signature))).toBe(true);
});

const hssKey = (lms: Buffer): Buffer => Buffer.concat([Buffer.of(0, 0, 0, 1), lms]);
const hssSignature = (lms: Buffer): Buffer => Buffer.concat([Buffer.alloc(4), lms]);
const secretOf = (lmsType: number, otsType: number): LmsSecret => ({
  lmsType,
  otsType,
  id: Buffer.alloc(16, lmsType),
  seed: Buffer.alloc(32, otsType),
});

/** Every height of every hash function, and every digit width; the widest, which costs most, twice. */
const SETS = [...LMS_TYPES].map(([lmsType, lms]) => {
  const widths = [...LMOTS_TYPES].filter(([, ots]) => ots.name === lms.name && ots.bytes === lms.bytes);
  const [otsType, { w }] = widths[lmsType === 9 || lmsType === 24 ? 3 : (lms.h / 5) % 3]!;
  return [`${lms.name}/${lms.bytes * 8} H${lms.h} W${w}`, lmsType, otsType] as const;
});

describe("SU-C9: RFC 8554 §5.4.2, RFC 9858: every parameter set verifies, and nothing changed does", () => {
  test.each(SETS)("%s", (_name, lmsType, otsType) => {
    const { publicKey, signature } = signLms(secretOf(lmsType, otsType), 9, MESSAGE);
    const signed = hssSignature(signature);
    expect(verifyHss(hssKey(publicKey), MESSAGE, signed)).toBe(true);
    expect(verifyHss(hssKey(publicKey), Buffer.from("deadbeee", "hex"), signed)).toBe(false);
  });
});

describe("SU-C9: RFC 8554 §6.3: HSS", () => {
  const LEVELS = [secretOf(5, 1), secretOf(6, 2), secretOf(5, 1)];
  const { publicKey, signature } = signHss(LEVELS, MESSAGE);

  test("three levels", () => expect(verifyHss(publicKey, MESSAGE, signature)).toBe(true));

  test("any byte of the signature changed is refused (sampled)", () => {
    for (let at = 0; at < signature.length; at += 499) {
      const changed = Buffer.from(signature);
      changed[at]! ^= 1 << (at % 8);
      expect([at, verifyHss(publicKey, MESSAGE, changed)]).toEqual([at, false]);
    }
  });

  const change = (at: number, value: number): Buffer => {
    const changed = Buffer.from(publicKey);
    changed.writeUInt32BE(value, at);
    return changed;
  };
  const BAD: ReadonlyArray<readonly [name: string, key: Buffer, signature: Buffer]> = [
    ["no bytes at all", Buffer.alloc(0), Buffer.alloc(0)],
    ["a key of no levels", change(0, 0), signature],
    ["a key of nine levels", change(0, 9), signature],
    ["a key of fewer levels than the signature", change(0, 2), signature],
    ["an unknown LMS type", change(4, 99), signature],
    ["another one-time type than the signature's", change(8, 2), signature],
    ["a key that is cut", publicKey.subarray(0, -1), signature],
    ["a key with bytes left over", Buffer.concat([publicKey, Buffer.of(0)]), signature],
    ["a signature that is cut", publicKey, signature.subarray(0, -1)],
    ["a signature with bytes left over", publicKey, Buffer.concat([signature, Buffer.of(0)])],
  ];
  test.each(BAD)("refused: %s", (_name, key, signed) => expect(verifyHss(key, MESSAGE, signed)).toBe(false));
});
