/** The limits of what is read (gateway/wire/cbor/policy.ts), each at its figure and one above. */
import { expect, test } from "@jest/globals";
import { fromHex, isCoded } from "../../../gateway/base/index.ts";
import { CORECONF, decodeItem, ENVELOPE, HEADER, MAX_NESTED_TAGS } from "../../../gateway/wire/cbor/index.ts";
import { decodeTree } from "../../../gateway/yang/codec/index.ts";
import { anydata, handSchema, leaf, leafList } from "../../support/hand-schema.ts";

const SCHEMA = handSchema([
  leaf("l:text", 1, "string"),
  leaf("l:bytes", 2, "binary"),
  leafList("l:many", 3, "uint8"),
  anydata("l:any", 4),
  { kind: "anyxml", name: "l:xml", sid: 5 },
]);

const { maxDepth, maxLength } = CORECONF;
const MIB = 2 ** 20;

test("CC-limits: the figures", () => {
  expect([maxDepth, maxLength, MAX_NESTED_TAGS]).toEqual([64, MIB, 4]);
  expect([...CORECONF.tags!]).toEqual([4, 43, 44, 45, 46, 47]);
  expect([HEADER.maxDepth, HEADER.maxLength]).toEqual([16, 65_536]);
  expect([ENVELOPE.maxDepth, ENVELOPE.maxLength]).toEqual([32, 16 * MIB]);
});

const head32 = (initial: number, length: number): Buffer => {
  const head = Buffer.alloc(5, initial);
  head.writeUInt32BE(length, 1);
  return head;
};
const under = (sid: number, ...parts: readonly Uint8Array[]): Buffer =>
  Buffer.concat([Buffer.from([0xa1, sid]), ...parts]);
const chunks = (initial: number, open: number, length: number): Buffer =>
  Buffer.concat([
    Buffer.from([open]),
    head32(initial, MIB / 2),
    Buffer.alloc(MIB / 2, 0x61),
    head32(initial, length - MIB / 2),
    Buffer.alloc(length - MIB / 2, 0x61),
    Buffer.from([0xff]),
  ]);
const repeat = (byte: number, times: number): Buffer => Buffer.alloc(times, byte);

/** anydata in anydata: {4: {0: {0: …}}}. */
const anydataOf = (depth: number): Buffer =>
  Buffer.concat([Buffer.from("a104", "hex"), Buffer.from("a100".repeat(depth - 2), "hex"), Buffer.from("a0", "hex")]);

const ROWS: ReadonlyArray<readonly [name: string, at: number, make: (figure: number) => Uint8Array, code: string]> = [
  ["bytes of a text", MIB, (n) => under(1, head32(0x7a, n), repeat(0x61, n)), "cbor.too-long"],
  ["bytes of a binary", MIB, (n) => under(2, head32(0x5a, n), repeat(0x61, n)), "cbor.too-long"],
  ["bytes of a text in chunks", MIB, (n) => under(1, chunks(0x7a, 0x7f, n)), "cbor.too-long"],
  ["bytes of a binary in chunks", MIB, (n) => under(2, chunks(0x5a, 0x5f, n)), "cbor.too-long"],
  ["entries of an array", MIB, (n) => under(3, head32(0x9a, n), repeat(0, n)), "cbor.too-long"],
  [
    "entries of an array of unknown length",
    MIB,
    (n) => under(3, Buffer.from([0x9f]), repeat(0, n), Buffer.from([0xff])),
    "cbor.too-long",
  ],
  ["maps and arrays in one another", maxDepth, anydataOf, "cbor.too-deep"],
  [
    "the same inside an anyxml",
    maxDepth - 1,
    (n) => under(5, repeat(0x81, n - 1), Buffer.from([0x80])),
    "cbor.too-deep",
  ],
  ["tags on tags", MAX_NESTED_TAGS, (n) => under(5, repeat(0xc6, n), Buffer.from([0])), "cbor.too-deep"],
];

const codeOf = (bytes: Uint8Array): string => {
  try {
    decodeTree(bytes, SCHEMA);
    return "accepted";
  } catch (error) {
    return isCoded(error) ? error.code : String(error);
  }
};

test.each(ROWS)("CC-limits: %s: %i are read, one more is not", (_name, figure, make, code) => {
  expect(codeOf(make(figure))).toBe("accepted");
  expect(codeOf(make(figure + 1))).toBe(code);
});

test("CC-limits: a length is believed only as far as there are bytes for it", () => {
  const before = process.memoryUsage().arrayBuffers;
  for (const bytes of ["5a000fffff00", "7a000fffff00", "9a000fffff00", "ba0007ffff00"]) {
    for (const sid of [1, 2, 3, 4])
      expect(["cbor.truncated", "yang.invalid-datatype"]).toContain(codeOf(under(sid, fromHex(bytes)!)));
    expect(() => decodeItem(fromHex(bytes)!, CORECONF)).toThrow(expect.objectContaining({ code: "cbor.truncated" }));
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MIB);
});

test.each([...Array.from({ length: 64 }, (_, tag) => tag).filter((tag) => !CORECONF.tags!.has(tag)), 258, 259, 55799])(
  "CC-V22: tag %i has no place before YANG data",
  (tag) => {
    const head = tag < 24 ? [0xc0 | tag] : tag < 256 ? [0xd8, tag] : [0xd9, tag >> 8, tag & 0xff];
    expect(codeOf(under(1, Buffer.from([...head, 0x60])))).toMatch(/^(cbor\.tag|yang\.invalid-datatype)$/);
    expect(codeOf(Buffer.from([0xa1, ...head, 0x01, 0x60]))).toBe("cbor.tag");
    // CC-V7: any tag may stand in an anyxml.
    expect(codeOf(under(5, Buffer.from([...head, 0x60])))).toBe("accepted");
  },
);
