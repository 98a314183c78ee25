import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { fromHex, toHex } from "../../../gateway/base/index.ts";
import {
  type BlockOption,
  blockOffset,
  COAP_OPTIONS,
  CONTENT_FORMATS,
  codeOf,
  decodeBlockOption,
  decodeUint,
  dottedCode,
  encodeBlockOption,
  encodeUint,
  isCritical,
  isNoCacheKey,
  isUnsafe,
  METHODS,
  methodName,
  OPTION,
  optionRow,
  RESPONSE_CODES,
} from "../../../gateway/wire/coap/index.ts";

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);

const BLOCKS: ReadonlyArray<readonly [name: string, bytes: string, block: BlockOption]> = [
  ["first block, 16 bytes, last", "", { num: 0, more: false, szx: 0 }],
  ["first block, 64 bytes, more", "0a", { num: 0, more: true, szx: 2 }],
  ["block 15 in one byte", "f6", { num: 15, more: false, szx: 6 }],
  ["block 16 in two bytes", "0100", { num: 16, more: false, szx: 0 }],
  ["block 4095 in two bytes", "fffe", { num: 4095, more: true, szx: 6 }],
  ["block 70000", "111700", { num: 70_000, more: false, szx: 0 }],
  ["largest NUM", "fffffe", { num: 0xfffff, more: true, szx: 6 }],
];

test.each(BLOCKS)("block option: %s", (_name, bytes, block) => {
  expect(decodeBlockOption(hex(bytes))).toEqual(block);
  expect(toHex(encodeBlockOption(block))).toBe(bytes);
});

test.each([
  ["szx 7 is reserved", "07", "block-option.szx"],
  ["szx 7 with a number", "fffff7", "block-option.szx"],
  ["four bytes", "00000000", "block-option.length"],
])("block option refused: %s", (_name, bytes, code) => {
  expect(() => decodeBlockOption(hex(bytes))).toThrow(expect.objectContaining({ code }));
});

test("NUM and SZX name a byte: no overflow at the far end", () => {
  expect(blockOffset({ num: 0xfffff, szx: 6 })).toBe(0xfffff * 1024);
});

test.each([
  [0, ""],
  [1, "01"],
  [255, "ff"],
  [256, "0100"],
  [0xffffff, "ffffff"],
  [0xffffffff, "ffffffff"],
] as const)("uint %d is %s", (value, bytes) => {
  expect(toHex(encodeUint(value))).toBe(bytes);
  expect(decodeUint(hex(bytes))).toBe(value);
});

test("uint: leading zero bytes are tolerated", () => {
  fc.assert(
    fc.property(fc.nat(0xffff), (value) => expect(decodeUint(Uint8Array.of(0, 0, ...encodeUint(value)))).toBe(value)),
  );
});

/** RFC 7252 table 4, RFC 7641 §2, RFC 7959 §2.1, RFC 8613 §2, RFC 8768 §3, RFC 9175, RFC 9177 §3.1: C, U and N columns. */
test.each([
  ["ifMatch", 1, true, false, false],
  ["uriHost", 3, true, true, false],
  ["etag", 4, false, false, false],
  ["ifNoneMatch", 5, true, false, false],
  ["observe", 6, false, true, false],
  ["uriPort", 7, true, true, false],
  ["locationPath", 8, false, false, false],
  ["oscore", 9, true, false, false],
  ["uriPath", 11, true, true, false],
  ["contentFormat", 12, false, false, false],
  ["maxAge", 14, false, true, false],
  ["uriQuery", 15, true, true, false],
  ["hopLimit", 16, false, false, false],
  ["accept", 17, true, false, false],
  ["qBlock1", 19, true, true, false],
  ["locationQuery", 20, false, false, false],
  ["block2", 23, true, true, false],
  ["block1", 27, true, true, false],
  ["size2", 28, false, false, true],
  ["qBlock2", 31, true, true, false],
  ["proxyUri", 35, true, true, false],
  ["proxyScheme", 39, true, true, false],
  ["size1", 60, false, false, true],
  ["echo", 252, false, false, true],
  ["noResponse", 258, false, true, false],
  ["requestTag", 292, false, false, false],
] as const)("option %s is %d, critical %s, unsafe %s, NoCacheKey %s", (name, number, critical, unsafe, noCacheKey) => {
  expect(OPTION[name]).toBe(number);
  expect(optionRow(number)?.name).toBe(name);
  expect([isCritical(number), isUnsafe(number), isNoCacheKey(number)]).toEqual([critical, unsafe, noCacheKey]);
});

test("the registries are in order and name nothing twice", () => {
  for (const table of [COAP_OPTIONS, CONTENT_FORMATS]) {
    const numbers = table.map((row) => row.number);
    expect([...numbers].sort((a, b) => a - b)).toEqual(numbers);
    expect(new Set(table.map((row) => row.name)).size).toBe(table.length);
  }
});

test("codes: dotted and byte are one thing", () => {
  for (const { dotted } of RESPONSE_CODES) expect(dottedCode(codeOf(dotted))).toBe(dotted);
  for (const { code, name } of METHODS) expect([codeOf(name), methodName(code)]).toEqual([code, name]);
  expect(methodName(0x08)).toBeUndefined();
});
