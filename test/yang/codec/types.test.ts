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
  ["uint16 (§6.1)", MTU, "190500", 1280, 1280],
  ["int16 (§6.2)", OFFSET, "39012b", -300, -300],
  ["uint32, largest", { base: "uint32" }, "1affffffff", 4294967295, 4294967295],
  ["int64, small", { base: "int64" }, "20", -1n, "-1"],
  ["int64, smallest", { base: "int64" }, "3b7fffffffffffffff", -(2n ** 63n), "-9223372036854775808"],
  ["uint64 above 2^53", { base: "uint64" }, "1b0020000000000001", 9007199254740993n, "9007199254740993"],
  ["uint64, largest", { base: "uint64" }, "1bffffffffffffffff", 2n ** 64n - 1n, "18446744073709551615"],
  ["decimal64 (§6.3)", DECIMAL, "c48221190101", 257n, "2.57"],
  ["decimal64, whole", DECIMAL, "c482211903e8", 1000n, "10.0"],
  ["decimal64, negative fraction", { base: "decimal64", fractionDigits: 3 }, "c4822224", -5n, "-0.005"],
  [
    "decimal64, 18 digits",
    { base: "decimal64", fractionDigits: 18 },
    "c482313b7fffffffffffffff",
    -(2n ** 63n),
    "-9.223372036854775808",
  ],
  ["string (§6.4)", { base: "string" }, "6465746830", "eth0", "eth0"],
  ["string, not ASCII, long", { base: "string" }, `781c${"c3bc".repeat(14)}`, "ü".repeat(14), "ü".repeat(14)],
  ["string with a pattern", HOUR, "6530363a3330", "06:30", "06:30"],
  ["boolean (§6.5)", { base: "boolean" }, "f5", true, true],
  ["enumeration (§6.6)", enums("up", "down", "unknown", "testing"), "03", 3, "testing"],
  [
    "enumeration in a union, by name (§6.6)",
    UNBOUNDED,
    "d82c69756e626f756e646564",
    { member: 1, value: 0 },
    "unbounded",
  ],
  ["integer in that union", UNBOUNDED, "20", { member: 0, value: -1 }, -1],
  [
    "bits, sparse (§6.7)",
    ALARM_STATE,
    "834204010e4101",
    "critical warning indeterminate",
    "critical warning indeterminate",
  ],
  ["bits (§6.7)", ALARM_STATE, "4106", "under-repair critical", "under-repair critical"],
  ["bits, none", ALARM_STATE, "40", "", ""],
  [
    "bits in a union, by names (§6.7)",
    ALARM_2,
    "d82b75756e6465722d72657061697220637269746963616c",
    { member: 0, value: "under-repair critical" },
    "under-repair critical",
  ],
  [
    "binary (§6.8)",
    KEY,
    "501f1ce6a3f42660d888d92a4d8030476e",
    Uint8Array.from(Buffer.from("1f1ce6a3f42660d888d92a4d8030476e", "hex")),
    "Hxzmo/QmYNiI2SpNgDBHbg==",
  ],
  ["leafref (§6.9)", { base: "leafref", path: "../x", target: { base: "string" } }, "6465746831", "eth1", "eth1"],
  ["identityref (§6.10)", INTERFACE, "190758", 1880, "ianaift:ethernetCsmacd"],
  ["empty (§6.11)", { base: "empty" }, "f6", null, [null]],
  [
    "instance-identifier (§6.13.1)",
    { base: "instance-identifier" },
    "1906cd",
    { sid: 1741, keys: [] },
    "/ietf-system:system/contact",
  ],
  [
    "instance-identifier, keys in the order of the key statement (§6.13.1)",
    { base: "instance-identifier" },
    "841906c663626f626561646d696e666672616e6365",
    { sid: 1734, keys: ["bob", "admin", "france"] },
    "/ietf-system:system/user[name='bob']/authorized-key[name='admin'][country='france']/key-data",
  ],
  ["decimal64 in a union", ALL, "c482200f", { member: 0, value: 15n }, "1.5"],
  ["identityref in a union, tag 45", ALL, "d82d190758", { member: 1, value: 1880 }, "ianaift:ethernetCsmacd"],
  [
    "instance-identifier in a union, tag 46",
    ALL,
    "d82e1906cd",
    { member: 2, value: { sid: 1741, keys: [] } },
    "/ietf-system:system/contact",
  ],
  ["boolean in a union", ALL, "f4", { member: 3, value: false }, false],
  ["a union in a union", ALL, "07", { member: 4, value: { member: 0, value: 7 } }, 7],
  ["empty in a union", ALL, "f6", { member: 5, value: null }, [null]],
  ["string in a union", ALL, "626869", { member: 6, value: "hi" }, "hi"],
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
  ["a number longer than it must be", MTU, "1a00000500", 1280],
  ["decimal64 at a coarser exponent", DECIMAL, "c4820003", 300n],
  ["decimal64 at a finer exponent, exact", DECIMAL, "c482221903e8", 100n],
  ["decimal64 in an array of indefinite length", DECIMAL, "c49f21190101ff", 257n],
  ["bits with zero bytes at the end", ALARM_STATE, "420600", "under-repair critical"],
  ["no bits as an empty array (mup1cc)", ALARM_STATE, "80", ""],
  ["bits as an array of one string", ALARM_STATE, "814106", "under-repair critical"],
  ["a string in chunks", { base: "string" }, "7f626574626830ff", "eth0"],
];

test.each(READ_ONLY)("read: %s", (_name, type, bytes, value) => {
  expect(decodeTree(fromHex(HEAD + bytes)!, schemaOf(type))).toEqual(new Map([[SID, value]]));
});

const REFUSED: ReadonlyArray<readonly [name: string, type: LeafType, hex: string, code: string]> = [
  ["uint16: negative", MTU, "20", "yang.invalid-datatype"],
  ["uint16: text", MTU, "6431323830", "yang.invalid-datatype"],
  ["uint16: below its range", MTU, "01", "yang.not-in-range"],
  ["uint16: 65536", MTU, "1a00010000", "yang.not-in-range"],
  ["int16: above its range", OFFSET, "1905dd", "yang.not-in-range"],
  ["uint8: a float", { base: "uint8" }, "f93c00", "yang.invalid-datatype"],
  ["int64: 2^63", { base: "int64" }, "1b8000000000000000", "yang.not-in-range"],
  ["decimal64: a float", DECIMAL, "f94100", "yang.invalid-datatype"],
  ["decimal64: a plain number", DECIMAL, "03", "yang.invalid-datatype"],
  ["decimal64: a bignum mantissa", DECIMAL, "c48221c24103", "yang.invalid-datatype"],
  ["decimal64: three elements", DECIMAL, "c483210101", "yang.invalid-datatype"],
  ["decimal64: one element", DECIMAL, "c48121", "yang.invalid-datatype"],
  ["decimal64: between two ranges", DECIMAL, "c48221190190", "yang.not-in-range"],
  ["decimal64: finer than the leaf", DECIMAL, "c482221909c5", "yang.invalid-datatype"],
  ["decimal64: an exponent of 2^60", DECIMAL, "c4821b100000000000000001", "yang.not-in-range"],
  ["decimal64: an exponent of -2^60", DECIMAL, "c4823b100000000000000001", "yang.invalid-datatype"],
  ["string: bytes", { base: "string" }, "4465746830", "yang.invalid-datatype"],
  ["string: an escape character", { base: "string" }, "631b5b6d", "yang.invalid-datatype"],
  ["string: a noncharacter", { base: "string" }, "63efbfbf", "yang.invalid-datatype"],
  ["string: too long", HOUR, "6630363a333030", "yang.invalid-length"],
  ["string: not its pattern", HOUR, "6532363a3330", "yang.pattern-test-failed"],
  ["string: an inverted pattern", HOUR, "6530303a3330", "yang.pattern-test-failed"],
  ["string: not UTF-8", { base: "string" }, "62ffff", "cbor.utf8"],
  ["boolean: 1", { base: "boolean" }, "01", "yang.invalid-datatype"],
  ["boolean: null", { base: "boolean" }, "f6", "yang.invalid-datatype"],
  ["enumeration: a value nobody has", enums("up", "down"), "07", "yang.invalid-datatype"],
  ["enumeration: its name outside a union", enums("up", "down"), "627570", "yang.invalid-datatype"],
  ["bits: a position nobody has", ALARM_STATE, "4120", "yang.invalid-datatype"],
  ["bits: a skip of 0", ALARM_STATE, "834101004101", "yang.invalid-datatype"],
  ["bits: a skip of 2^40", ALARM_STATE, "8341011b00000100000000004101", "yang.invalid-datatype"],
  ["bits: names outside a union", ALARM_STATE, "656d616a6f72", "yang.invalid-datatype"],
  ["binary: text", KEY, "6141", "yang.invalid-datatype"],
  ["binary: too short", KEY, "4101", "yang.invalid-length"],
  ["identityref: a SID of no identity", INTERFACE, "190001", "yang.invalid-datatype"],
  ["identityref: of another base", INTERFACE, "19076e", "yang.invalid-datatype"],
  ["empty: true", { base: "empty" }, "f5", "yang.invalid-datatype"],
  ["instance-identifier: an unknown SID", { base: "instance-identifier" }, "19ea60", "yang.unknown-element"],
  ["instance-identifier: too many keys", { base: "instance-identifier" }, "821906cd6161", "yang.unknown-element"],
  [
    "instance-identifier: a key of another type",
    { base: "instance-identifier" },
    "821906c201",
    "yang.invalid-datatype",
  ],
  ["union: an enum without its tag", UNBOUNDED, "69756e626f756e646564", "yang.invalid-datatype"],
  ["union: the tag of another type", UNBOUNDED, "d82d00", "yang.invalid-datatype"],
  ["union: no member takes it", ALL, "6464656566", "yang.invalid-datatype"],
];

test.each(REFUSED)("refused: %s", (_name, type, bytes, code) => {
  try {
    decodeTree(fromHex(HEAD + bytes)!, schemaOf(type));
  } catch (error) {
    expect(isCoded(error) ? error.code : error).toBe(code);
  }
  expect.assertions(1);
});

const REFUSED_JSON: ReadonlyArray<readonly [name: string, type: LeafType, json: Json, code: string]> = [
  ["uint64 as a number", { base: "uint64" }, 5, "yang.invalid-datatype"],
  ["uint8 as a string", { base: "uint8" }, "5", "yang.invalid-datatype"],
  ["uint8 with a fraction", { base: "uint8" }, 5.5, "yang.invalid-datatype"],
  ["uint8, 256", { base: "uint8" }, 256, "yang.not-in-range"],
  ["decimal64 as a number", DECIMAL, 2.57, "yang.invalid-datatype"],
  ["decimal64 too fine", DECIMAL, "2.571", "yang.invalid-datatype"],
  ["decimal64 with an exponent", DECIMAL, "2e0", "yang.invalid-datatype"],
  ["decimal64 below its range", DECIMAL, "-2.5", "yang.not-in-range"],
  ["an enum by number", enums("up", "down"), 0, "yang.invalid-datatype"],
  ["an unknown bit", ALARM_STATE, "critical funny", "yang.invalid-datatype"],
  ["bad base64", { base: "binary" }, "Zm9", "yang.invalid-datatype"],
  ["empty as null", { base: "empty" }, null, "yang.invalid-datatype"],
  ["an identity nobody has", INTERFACE, "ianaift:token-ring", "yang.invalid-datatype"],
  ["an object", { base: "string" }, {}, "yang.invalid-datatype"],
];

test.each(REFUSED_JSON)("refused in JSON: %s", (_name, type, json, code) => {
  try {
    fromJson({ "t:leaf": json }, schemaOf(type));
  } catch (error) {
    expect(isCoded(error) ? error.code : error).toBe(code);
  }
  expect.assertions(1);
});
