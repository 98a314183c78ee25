import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { decodeRecord, encodeRecord, hasLaterBatch, RECORD_HEADER } from "../../gateway/store/journal/record.ts";

const encode = (seq: number, position: number, payload: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(RECORD_HEADER + payload.length);
  expect(encodeRecord(bytes, 0, seq, position, payload)).toBe(bytes.length);
  return bytes;
};

// crc · length · seq · position · payload; the sums were computed with Python's zlib.crc32.
const GOLDEN: ReadonlyArray<readonly [name: string, hex: string, seq: number, position: number, payload: string]> = [
  ["the first record of a journal", "6ddc4791 01000000 010000000000 0000 f6", 1, 0, "f6"],
  ["the third of its batch", "25a400e5 03000000 e80300000000 0200 a10102", 1000, 2, "a10102"],
  [
    "a number beyond 32 bits, the last place in a batch",
    "b47cc9f2 01000000 ffffffffffff ffff 00",
    2 ** 48 - 1,
    65_535,
    "00",
  ],
];

test.each(GOLDEN)("%s", (_name, hex, seq, position, payload) => {
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  expect(encode(seq, position, Buffer.from(payload, "hex")).toString("hex")).toBe(bytes.toString("hex"));
  expect(decodeRecord(bytes, 0)).toEqual({ seq, position, payload: Buffer.from(payload, "hex"), end: bytes.length });
});

const sound = encode(7, 0, Buffer.from("a10102", "hex"));
const with32 = (at: number, value: number): Buffer => {
  const bytes = Buffer.from(sound);
  bytes.writeUInt32LE(value, at);
  return bytes;
};

test.each<readonly [name: string, bytes: Buffer, read: string]>([
  ["zeros are space that nothing was written to", Buffer.alloc(64), "end"],
  ["no bytes at all: more are wanted", Buffer.alloc(0), "more"],
  ["half a header: more is wanted", sound.subarray(0, 15), "more"],
  ["a payload that is cut: more is wanted", sound.subarray(0, -1), "more"],
  ["a checksum without a length is refused", Buffer.concat([Buffer.of(1, 2, 3, 4), Buffer.alloc(12)]), "bad"],
  ["a length that no record has is refused", with32(4, 0x7fffffff), "bad"],
  ["another checksum is refused", with32(0, 1), "bad"],
])("%s", (_name, bytes, read) => {
  expect(decodeRecord(bytes, 0)).toBe(read);
});

test("no flipped bit goes unnoticed", () => {
  for (let bit = 0; bit < sound.length * 8; bit++) {
    const bytes = Buffer.from(sound);
    bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    expect(typeof decodeRecord(bytes, 0)).toBe("string");
  }
});

test("any record comes back as it was written", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 48 - 1 }),
      fc.integer({ min: 0, max: 65_535 }),
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      (seq, position, payload) => {
        const bytes = encode(seq, position, payload);
        expect(decodeRecord(bytes, 0)).toEqual({ seq, position, payload: Buffer.from(payload), end: bytes.length });
      },
    ),
  );
});

const record = (seq: number, position: number): Buffer => encode(seq, position, Buffer.alloc(20, seq));
test.each<readonly [name: string, tail: readonly Buffer[], later: boolean]>([
  ["nothing but rubbish", [Buffer.alloc(500, 0xa5)], false],
  ["the rest of the batch that was being written", [Buffer.alloc(36, 1), record(11, 1), record(12, 2)], false],
  ["the start of the next batch", [Buffer.alloc(36, 1), record(11, 0)], true],
  ["the middle of the next batch", [Buffer.alloc(50, 1), record(13, 2)], true],
  ["an older record that was never cut off", [Buffer.alloc(36, 1), record(9, 0)], false],
  ["a number that cannot be so close", [Buffer.alloc(36, 1), record(5000, 0)], false],
])("behind an unreadable record 10: %s", (_name, tail, later) => {
  expect(hasLaterBatch(Buffer.concat(tail), 0, 10)).toBe(later);
});
