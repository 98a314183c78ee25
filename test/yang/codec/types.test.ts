/** Each built-in type: RFC 9254 §6 bytes, RFC 7951 §6 JSON, and what is refused with which code. */
import { expect, test } from "@jest/globals";
import { fromHex, isCoded, toHex } from "../../../gateway/base/index.ts";
import type { Json } from "../../../gateway/yang/api.ts";
import { decodeTree, encodeTree } from "../../../gateway/yang/codec/index.ts";
import { fromJson, toJson } from "../../../gateway/yang/json.ts";
import type { LeafType, Schema } from "../../../gateway/yang/schema.ts";
import type { LeafValue } from "../../../gateway/yang/tree.ts";
import { bits, container, enums, handSchema, leaf, list } from "../../support/hand-schema.ts";

const SID = 1000;
const IDENTITIES = [
  ["if:interface-type", 1900],
  ["ianaift:iana-interface-type", 1901, "if:interface-type"],
  ["ianaift:ethernetCsmacd", 1880, "ianaift:iana-interface-type"],
  ["if:other", 1902],
] as const;
const SYSTEM = [
  container("ietf-system:system", 1700, [
    leaf("contact", 1741, "string"),
    list(
      "user",
      1730,
      ["name"],
      [
        leaf("name", 1731, "string"),
        list(
          "authorized-key",
          1732,
          ["name", "country"],
          [leaf("country", 1733, "string"), leaf("key-data", 1734, "binary"), leaf("name", 1735, "string")],
        ),
      ],
    ),
  ]),
];
const schemaOf = (type: LeafType): Schema => handSchema([leaf("t:leaf", SID, type), ...SYSTEM], IDENTITIES);
const HEAD = "a11903e8";

const ALARM_STATE: LeafType = {
  base: "bits",
  bits: [
    { name: "unknown", position: 0 },
    { name: "under-repair", position: 1 },
    { name: "critical", position: 2 },
    { name: "major", position: 3 },
    { name: "minor", position: 4 },
    { name: "warning", position: 8 },
    { name: "indeterminate", position: 128 },
  ],
};
const FAR_BITS: LeafType = {
  base: "bits",
  bits: [
    { name: "near", position: 0 },
    { name: "far", position: 4_294_967_295 },
  ],
};
const MTU: LeafType = { base: "uint16", range: [["68", "65535"]] };
const OFFSET: LeafType = { base: "int16", range: [["-1500", "1500"]] };
const DECIMAL: LeafType = {
  base: "decimal64",
  fractionDigits: 2,
  range: [
    ["100", "314"],
    ["1000", "1000"],
    ["2000", "9223372036854775807"],
  ],
};
const KEY: LeafType = { base: "binary", length: [["16", "16"]] };
const HOUR: LeafType = {
  base: "string",
  length: [["1", "5"]],
  patterns: [
    { source: "([01][0-9]|2[0-3]):[0-5][0-9]", invert: false },
    { source: "00:.*", invert: true },
  ],
};
const INTERFACE: LeafType = { base: "identityref", identityBases: ["if:interface-type"] };
const UNBOUNDED: LeafType = { base: "union", members: [{ base: "int32" }, enums("unbounded")] };
const ALARM_2: LeafType = { base: "union", members: [ALARM_STATE, bits("extra-flag")] };
const ALL: LeafType = {
  base: "union",
  members: [
    { base: "decimal64", fractionDigits: 1 },
    INTERFACE,
    { base: "instance-identifier" },
    { base: "boolean" },
    { base: "union", members: [{ base: "uint8" }, { base: "binary" }] },
    { base: "empty" },
    { base: "string", length: [["1", "3"]] },
  ],
};

const BOTH_WAYS: ReadonlyArray<readonly [name: string, type: LeafType, hex: string, value: LeafValue, json: Json]> = [
  ["CC-V9 CC-7951-6.1: uint16 (§6.1)", MTU, "190500", 1280, 1280],
  ["CC-V10: int16 (§6.2)", OFFSET, "39012b", -300, -300],
  ["CC-V9: uint32, largest", { base: "uint32" }, "1affffffff", 4294967295, 4294967295],
  ["CC-V10: int64, small", { base: "int64" }, "20", -1n, "-1"],
  ["CC-V10: int64, smallest", { base: "int64" }, "3b7fffffffffffffff", -(2n ** 63n), "-9223372036854775808"],
  [
    "CC-V9 CC-7951-6.1: uint64 above 2^53",
    { base: "uint64" },
    "1b0020000000000001",
    9007199254740993n,
    "9007199254740993",
  ],
  ["CC-V9: uint64, largest", { base: "uint64" }, "1bffffffffffffffff", 2n ** 64n - 1n, "18446744073709551615"],
  ["CC-V11 CC-7951-6.1: decimal64 (§6.3)", DECIMAL, "c48221190101", 257n, "2.57"],
  ["CC-V11: decimal64, whole", DECIMAL, "c482211903e8", 1000n, "10.0"],
  ["CC-V11: decimal64, negative fraction", { base: "decimal64", fractionDigits: 3 }, "c4822224", -5n, "-0.005"],
  [
    "CC-V11: decimal64, 18 digits",
    { base: "decimal64", fractionDigits: 18 },
    "c482313b7fffffffffffffff",
    -(2n ** 63n),
    "-9.223372036854775808",
  ],
  ["CC-V12 CC-7951-6.2: string (§6.4)", { base: "string" }, "6465746830", "eth0", "eth0"],
  ["CC-V12: string, not ASCII, long", { base: "string" }, `781c${"c3bc".repeat(14)}`, "ü".repeat(14), "ü".repeat(14)],
  ["CC-V12: string with a pattern", HOUR, "6530363a3330", "06:30", "06:30"],
  ["CC-V12 CC-7951-6.3: boolean (§6.5)", { base: "boolean" }, "f5", true, true],
  ["CC-V13 CC-7951-6.4: enumeration (§6.6)", enums("up", "down", "unknown", "testing"), "03", 3, "testing"],
  [
    "CC-V13 CC-V17: enumeration in a union, by name (§6.6)",
    UNBOUNDED,
    "d82c69756e626f756e646564",
    { member: 1, value: 0 },
    "unbounded",
  ],
  ["CC-V17: integer in that union", UNBOUNDED, "20", { member: 0, value: -1 }, -1],
  [
    "CC-V14: bits, sparse (§6.7)",
    ALARM_STATE,
    "834204010e4101",
    "critical warning indeterminate",
    "critical warning indeterminate",
  ],
  ["CC-V14 CC-7951-6.5: bits (§6.7)", ALARM_STATE, "4106", "under-repair critical", "under-repair critical"],
  ["CC-V14: bits, none", ALARM_STATE, "40", "", ""],
  ["CC-V14: bits, a skip first", ALARM_STATE, "82104101", "indeterminate", "indeterminate"],
  ["CC-V14: bits, the farthest position there is", FAR_BITS, "8341011a1ffffffe4180", "near far", "near far"],
  [
    "CC-V14 CC-V17: bits in a union, by names (§6.7)",
    ALARM_2,
    "d82b75756e6465722d72657061697220637269746963616c",
    { member: 0, value: "under-repair critical" },
    "under-repair critical",
  ],
  [
    "CC-V12 CC-7951-6.6: binary (§6.8)",
    KEY,
    "501f1ce6a3f42660d888d92a4d8030476e",
    Uint8Array.from(Buffer.from("1f1ce6a3f42660d888d92a4d8030476e", "hex")),
    "Hxzmo/QmYNiI2SpNgDBHbg==",
  ],
  [
    "CC-V15 CC-7951-6.7: leafref (§6.9)",
    { base: "leafref", path: "../x", target: { base: "string" } },
    "6465746831",
    "eth1",
    "eth1",
  ],
  ["CC-V16 CC-7951-6.8: identityref (§6.10)", INTERFACE, "190758", 1880, "ianaift:ethernetCsmacd"],
  ["CC-V12 CC-7951-6.9: empty (§6.11)", { base: "empty" }, "f6", null, [null]],
  [
    "CC-K1 CC-7951-6.11: instance-identifier (§6.13.1)",
    { base: "instance-identifier" },
    "1906cd",
    { sid: 1741, keys: [] },
    "/ietf-system:system/contact",
  ],
  [
    "CC-K2 CC-K3 CC-7951-6.11: instance-identifier, keys in the order of the key statement (§6.13.1)",
    { base: "instance-identifier" },
    "841906c663626f626561646d696e666672616e6365",
    { sid: 1734, keys: ["bob", "admin", "france"] },
    "/ietf-system:system/user[name='bob']/authorized-key[name='admin'][country='france']/key-data",
  ],
  ["CC-V17: decimal64 in a union", ALL, "c482200f", { member: 0, value: 15n }, "1.5"],
  [
    "CC-V16 CC-V17: identityref in a union, tag 45",
    ALL,
    "d82d190758",
    { member: 1, value: 1880 },
    "ianaift:ethernetCsmacd",
  ],
  [
    "CC-K5 CC-V17: instance-identifier in a union, tag 46",
    ALL,
    "d82e1906cd",
    { member: 2, value: { sid: 1741, keys: [] } },
    "/ietf-system:system/contact",
  ],
  ["CC-V17: boolean in a union", ALL, "f4", { member: 3, value: false }, false],
  ["CC-V17 CC-7951-6.10: a union in a union", ALL, "07", { member: 4, value: { member: 0, value: 7 } }, 7],
  ["CC-V17: empty in a union", ALL, "f6", { member: 5, value: null }, [null]],
  ["CC-V17 CC-7951-6.10: string in a union", ALL, "626869", { member: 6, value: "hi" }, "hi"],
];

test.each(BOTH_WAYS)("%s", (_name, type, bytes, value, json) => {
  const schema = schemaOf(type);
  const tree = new Map([[SID, value]]);
  expect(decodeTree(fromHex(HEAD + bytes)!, schema)).toEqual(tree);
  expect(toHex(encodeTree(tree, schema))).toBe(HEAD + bytes);
  expect(toJson(tree, schema)).toEqual({ "t:leaf": json });
  expect(fromJson({ "t:leaf": json }, schema)).toEqual(tree);
});

/** Forms that other encoders choose; they are read, and written back as above. */
const READ_ONLY: ReadonlyArray<readonly [name: string, type: LeafType, hex: string, value: LeafValue]> = [
  ["CC-V18: a number longer than it must be", MTU, "1a00000500", 1280],
  ["CC-V11: decimal64 at a coarser exponent", DECIMAL, "c4820003", 300n],
  ["CC-V11: decimal64 at a finer exponent, exact", DECIMAL, "c482221903e8", 100n],
  ["CC-V11: decimal64 in an array of indefinite length", DECIMAL, "c49f21190101ff", 257n],
  ["CC-V14: no bits as an empty array (mup1cc)", ALARM_STATE, "80", ""],
  ["CC-V18: a string in chunks", { base: "string" }, "7f626574626830ff", "eth0"],
];

test.each(READ_ONLY)("%s, read", (_name, type, bytes, value) => {
  expect(decodeTree(fromHex(HEAD + bytes)!, schemaOf(type))).toEqual(new Map([[SID, value]]));
});

const REFUSED: ReadonlyArray<readonly [name: string, type: LeafType, hex: string, code: string]> = [
  ["CC-V9: uint16: negative", MTU, "20", "yang.invalid-datatype"],
  ["CC-V9: uint16: text", MTU, "6431323830", "yang.invalid-datatype"],
  ["CC-V9: uint16: below its range", MTU, "01", "yang.not-in-range"],
  ["CC-V9: uint16: 65536", MTU, "1a00010000", "yang.not-in-range"],
  ["CC-V10: int16: above its range", OFFSET, "1905dd", "yang.not-in-range"],
  ["CC-V9: uint8: a float", { base: "uint8" }, "f93c00", "yang.invalid-datatype"],
  ["CC-V10: int64: 2^63", { base: "int64" }, "1b8000000000000000", "yang.not-in-range"],
  ["CC-V11: decimal64: a float", DECIMAL, "f94100", "yang.invalid-datatype"],
  ["CC-V11: decimal64: a plain number", DECIMAL, "03", "yang.invalid-datatype"],
  ["CC-V11: decimal64: a bignum mantissa", DECIMAL, "c48221c24103", "yang.invalid-datatype"],
  ["CC-V11: decimal64: three elements", DECIMAL, "c483210101", "yang.invalid-datatype"],
  ["CC-V11: decimal64: one element", DECIMAL, "c48121", "yang.invalid-datatype"],
  ["CC-V11: decimal64: between two ranges", DECIMAL, "c48221190190", "yang.not-in-range"],
  ["CC-V11: decimal64: finer than the leaf", DECIMAL, "c482221909c5", "yang.invalid-datatype"],
  ["CC-V11: decimal64: an exponent of 2^60", DECIMAL, "c4821b100000000000000001", "yang.not-in-range"],
  ["CC-V11: decimal64: an exponent of -2^60", DECIMAL, "c4823b100000000000000001", "yang.invalid-datatype"],
  ["CC-V12: string: bytes", { base: "string" }, "4465746830", "yang.invalid-datatype"],
  ["CC-V12: string: an escape character", { base: "string" }, "631b5b6d", "yang.invalid-datatype"],
  ["CC-V12 CC-7950-9.4: string: a noncharacter", { base: "string" }, "63efbfbf", "yang.invalid-datatype"],
  ["CC-V12: string: too long", HOUR, "6630363a333030", "yang.invalid-length"],
  ["CC-V12: string: not its pattern", HOUR, "6532363a3330", "yang.pattern-test-failed"],
  ["CC-V12: string: an inverted pattern", HOUR, "6530303a3330", "yang.pattern-test-failed"],
  ["CC-V12: string: not UTF-8", { base: "string" }, "62ffff", "cbor.utf8"],
  ["CC-V12: boolean: 1", { base: "boolean" }, "01", "yang.invalid-datatype"],
  ["CC-V12: boolean: null", { base: "boolean" }, "f6", "yang.invalid-datatype"],
  ["CC-V13: enumeration: a value nobody has", enums("up", "down"), "07", "yang.invalid-datatype"],
  ["CC-V13: enumeration: its name outside a union", enums("up", "down"), "627570", "yang.invalid-datatype"],
  ["CC-V14: bits: a position nobody has", ALARM_STATE, "4120", "yang.invalid-datatype"],
  ["CC-V14: bits with zero bytes at the end", ALARM_STATE, "420600", "yang.invalid-datatype"],
  ["CC-V14: bits: a zero byte for no bits", ALARM_STATE, "4100", "yang.invalid-datatype"],
  ["CC-V14: bits: an array around one byte string", ALARM_STATE, "814106", "yang.invalid-datatype"],
  ["CC-V14: bits: an array of one skip", ALARM_STATE, "8101", "yang.invalid-datatype"],
  ["CC-V14: bits: two byte strings in a row", ALARM_STATE, "8241044101", "yang.invalid-datatype"],
  ["CC-V14: bits: two skips in a row", ALARM_STATE, "8441040505 4101".replace(" ", ""), "yang.invalid-datatype"],
  ["CC-V14: bits: a skip with nothing behind it", ALARM_STATE, "82410405", "yang.invalid-datatype"],
  ["CC-V14: bits: a skip of 0", ALARM_STATE, "834101004101", "yang.invalid-datatype"],
  ["CC-V14: bits: a skip of 2^40", ALARM_STATE, "8341011b00000100000000004101", "yang.invalid-datatype"],
  ["CC-V14: bits: names outside a union", ALARM_STATE, "656d616a6f72", "yang.invalid-datatype"],
  ["CC-V12: binary: text", KEY, "6141", "yang.invalid-datatype"],
  ["CC-V12: binary: too short", KEY, "4101", "yang.invalid-length"],
  ["CC-V16: identityref: a SID of no identity", INTERFACE, "190001", "yang.invalid-datatype"],
  ["CC-V16: identityref: of another base", INTERFACE, "19076e", "yang.invalid-datatype"],
  ["CC-V12: empty: true", { base: "empty" }, "f5", "yang.invalid-datatype"],
  [
    "CC-K2 CC-K3: instance-identifier: an unknown SID",
    { base: "instance-identifier" },
    "19ea60",
    "yang.unknown-element",
  ],
  [
    "CC-K2 CC-K3: instance-identifier: too many keys",
    { base: "instance-identifier" },
    "821906cd6161",
    "yang.unknown-element",
  ],
  [
    "CC-K2 CC-K3: instance-identifier: a key of another type",
    { base: "instance-identifier" },
    "821906c201",
    "yang.invalid-datatype",
  ],
  ["CC-V17: union: an enum without its tag", UNBOUNDED, "69756e626f756e646564", "yang.invalid-datatype"],
  ["CC-V17: union: the tag of another type", UNBOUNDED, "d82d00", "yang.invalid-datatype"],
  ["CC-V17: union: no member takes it", ALL, "6464656566", "yang.invalid-datatype"],
];

test.each(REFUSED)("%s, refused", (_name, type, bytes, code) => {
  try {
    decodeTree(fromHex(HEAD + bytes)!, schemaOf(type));
  } catch (error) {
    expect(isCoded(error) ? error.code : error).toBe(code);
  }
  expect.assertions(1);
});

const REFUSED_JSON: ReadonlyArray<readonly [name: string, type: LeafType, json: Json, code: string]> = [
  ["CC-7951-6.1: uint64 as a number", { base: "uint64" }, 5, "yang.invalid-datatype"],
  ["CC-7951-6.1: uint8 as a string", { base: "uint8" }, "5", "yang.invalid-datatype"],
  ["CC-7951-6.1: uint8 with a fraction", { base: "uint8" }, 5.5, "yang.invalid-datatype"],
  ["CC-7951-6.1: uint8, 256", { base: "uint8" }, 256, "yang.not-in-range"],
  ["CC-7951-6.1: decimal64 as a number", DECIMAL, 2.57, "yang.invalid-datatype"],
  ["CC-7951-6.1: decimal64 too fine", DECIMAL, "2.571", "yang.invalid-datatype"],
  ["CC-7951-6.1: decimal64 with an exponent", DECIMAL, "2e0", "yang.invalid-datatype"],
  ["CC-7951-6.1: decimal64 below its range", DECIMAL, "-2.5", "yang.not-in-range"],
  ["CC-7951-6.4: an enum by number", enums("up", "down"), 0, "yang.invalid-datatype"],
  ["CC-7951-6.5: a bit twice", ALARM_STATE, "major major", "yang.invalid-datatype"],
  [
    "CC-7951-6.1: int64 in hexadecimal, as only YANG modules may write it",
    { base: "int64" },
    "0x1f",
    "yang.invalid-datatype",
  ],
  ["CC-7951-6.1: int64 with a fraction", { base: "int64" }, "1.0", "yang.invalid-datatype"],
  ["CC-7951-6.1: uint64 above 2^64", { base: "uint64" }, "18446744073709551616", "yang.not-in-range"],
  ["CC-7951-6.5: an unknown bit", ALARM_STATE, "critical funny", "yang.invalid-datatype"],
  ["CC-7951-6.6: bad base64", { base: "binary" }, "Zm9", "yang.invalid-datatype"],
  ["CC-7951-6.9: empty as null", { base: "empty" }, null, "yang.invalid-datatype"],
  ["CC-7951-6.8: an identity nobody has", INTERFACE, "ianaift:token-ring", "yang.invalid-datatype"],
  ["CC-7951-6.2: an object", { base: "string" }, {}, "yang.invalid-datatype"],
];

test.each(REFUSED_JSON)("%s is refused", (_name, type, json, code) => {
  try {
    fromJson({ "t:leaf": json }, schemaOf(type));
  } catch (error) {
    expect(isCoded(error) ? error.code : error).toBe(code);
  }
  expect.assertions(1);
});
