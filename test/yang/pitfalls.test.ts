/** Mistakes that others were seen to make with YANG-CBOR (RFC 9254) and YANG (RFC 7950): one row each, that we do not. */
import { describe, expect, test } from "@jest/globals";
import { fromHex, isCoded, toHex } from "../../gateway/base/index.ts";
import {
  decodeIdentifiers,
  decodeInstances,
  decodeTree,
  encodeTree,
  fromJson,
  type Json,
  toJson,
} from "../../gateway/yang/index.ts";
import { openPattern } from "../../gateway/yang/patterns/index.ts";
import { moduleM, nodeAt, numberedSchema, refusal, schemaOf } from "./compile/inline.ts";

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
const codeOf = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return isCoded(error) ? error.code : error;
  }
};

const SCHEMA = numberedSchema(
  moduleM(`container top { leaf n { type uint64; } leaf i { type int64; } leaf d { type decimal64 { fraction-digits 18; } }
    leaf s { type string; } leaf raw { type binary; } leaf b { type bits { bit x; } } list row { key k; leaf k { type uint8; } } }`),
);
const TOP = "a119ea60"; // {60000: ...
const top = (json: Json): string => toHex(encodeTree(fromJson({ "m:top": json }, SCHEMA), SCHEMA));
const read = (hex: string): Json => toJson(decodeTree(bytes(hex), SCHEMA), SCHEMA)["m:top"] ?? null;

describe("CBOR libraries", () => {
  const BOTH: ReadonlyArray<readonly [name: string, json: Json, hex: string]> = [
    ["CC-V1: a map is a map, without a tag", {}, `${TOP}a0`],
    ["CC-V9: 2^32 is an integer, no float", { n: "4294967296" }, `${TOP}a1011b0000000100000000`],
    ["CC-V9: a small number of a wide type takes one byte", { n: "1" }, `${TOP}a10101`],
    ["CC-V9: 2^64-1", { n: "18446744073709551615" }, `${TOP}a1011bffffffffffffffff`],
    ["CC-V10: -2^63", { i: "-9223372036854775808" }, `${TOP}a1023b7fffffffffffffff`],
    [
      "CC-V11: 18 digits of a decimal are all kept",
      { d: "2.571234567890123457" },
      `${TOP}a103c482311b23aedc376d4bbac1`,
    ],
    ["CC-V12: bytes have no tag of a typed array", { raw: "AQI=" }, `${TOP}a105420102`],
  ];
  test.each(BOTH)("%s", (_name, json, hex) => {
    expect(top(json)).toBe(hex);
    expect(read(hex)).toEqual(json);
  });

  const READ: ReadonlyArray<readonly [name: string, hex: string, json: Json]> = [
    [
      "CC-V18: text and bytes of open length",
      `${TOP}a2047f616161 62ff055f41014102ff`.replace(" ", ""),
      { s: "ab", raw: "AQI=" },
    ],
    ["CC-V18: maps and arrays of open length", `bf19ea60bf079fbf0105ffa10106ffffff`, { row: [{ k: 5 }, { k: 6 }] }],
    ["CC-V14: no bits as an array without items", `${TOP}a10680`, { b: "" }],
  ];
  test.each(READ)("%s", (_name, hex, json) => expect(read(hex)).toEqual(json));

  const REFUSED: ReadonlyArray<readonly [name: string, hex: string]> = [
    ["CC-V22: a key twice", `${TOP}a201010102`],
    ["CC-V22: text that is no UTF-8", `${TOP}a10462c328`],
    ["CC-V22: a date (tag 1)", `${TOP}a101c11a514b67b0`],
    ["CC-V22: a set (tag 258)", `${TOP}a107d9010280`],
    ["CC-V22: a shared value (tag 28)", `${TOP}d81ca0`],
    ["CC-V22: a reference to one (tag 29)", `${TOP}a104d81d00`],
    ["CC-V22: a record (tag 105)", `${TOP}d86980`],
    ["CC-V22: an object of the language (tag 27)", `${TOP}d81b82654572726f726178`],
    ["CC-V22: 20 000 arrays inside one another", "81".repeat(20_000)],
    ["CC-V22: an array that says it has 2^31 items", `${TOP}a1079a80000000`],
    ["CC-V22: a map that says it has 2^32 pairs", `${TOP}bb0000000100000000`],
    ["CC-V22: a text that says it has 2^64-1 bytes", `${TOP}a1047bffffffffffffffff`],
    ["CC-V22: bytes after the end", `${TOP}a000`],
    ["CC-V9: a float", `${TOP}a101fb41f0000000000000`],
    ["CC-V19: the SID 0", "a100a0"],
  ];
  test.each(REFUSED)("%s", (_name, hex) => {
    expect(codeOf(() => decodeTree(bytes(hex), SCHEMA))).toMatch(/^(yang|cbor)\./);
  });

  test("CC-E4: no bytes are an empty sequence", () => {
    expect([decodeInstances(bytes(""), SCHEMA), decodeIdentifiers(bytes(""), SCHEMA)]).toEqual([[], []]);
  });

  test("CC-V22: of a sequence that is cut off nothing is read", () => {
    expect(codeOf(() => decodeInstances(bytes(`a119ea6101a119ea61`), SCHEMA))).toMatch(/^(yang|cbor)\./);
  });

  test("CC-V22: a SID of another list inside an entry is refused at its own place, without the keys around it", () => {
    const schema = numberedSchema(
      moduleM(
        `identity i; container c { list a { key k; leaf k { type uint8; } } list b { key k; leaf k { type identityref { base i; } } } }`,
      ),
    );
    // {c: {a: [{k: 7, <k of b>: 1}]}}
    const facts = refusal(() => decodeTree(bytes("a119ea60a10181a201070301"), schema));
    expect(facts).toMatchObject({ code: "yang.unknown-element", path: "/m:c/b/k" });
  });
});

describe("YANG compilers", () => {
  test("CC-7950-9.6.4.2: an enum after a negative one goes on from it", () => {
    const schema = schemaOf(
      moduleM("leaf e { type enumeration { enum a { value -3; } enum b; enum c { value 9; } enum d; } }"),
    );
    expect(nodeAt(schema, "/m:e").type?.enums?.map(({ value }) => value)).toEqual([-3, -2, 9, 10]);
  });

  test("CC-7950-7.13: nodes of a uses stand where the uses stands", () => {
    const schema = schemaOf(
      moduleM(
        "grouping g { leaf u1 { type int8; } leaf u2 { type int8; } } container c { leaf a { type int8; } uses g; leaf b { type int8; } }",
      ),
    );
    expect(nodeAt(schema, "/m:c").children.map(({ name }) => name)).toEqual(["a", "u1", "u2", "b"]);
  });

  test("CC-7950-7.17: an augment or uses with a when keeps its nodes, and the condition", () => {
    const schema = schemaOf(
      moduleM(`grouping g { leaf from-uses { type int8; } } container c { leaf on { type boolean; } uses g { when "on = 'true'"; } }
        augment "/m:c" { when "m:on = 'true'"; leaf from-augment { type int8; } }`),
    );
    for (const name of ["from-uses", "from-augment"]) expect(nodeAt(schema, `/m:c/${name}`).parentWhen).toHaveLength(1);
  });

  test("CC-7950-7.9.2: empty cases, choices in choices, cases that an augment adds", () => {
    const schema = schemaOf(
      moduleM(`container c { choice x { case nothing; choice y { anydata any; leaf l { type int8; } } } }
        augment "/m:c/m:x" { case more { leaf added { type int8; } } }`),
    );
    expect(nodeAt(schema, "/m:c/added").cases).toMatchObject([{ choice: "x", case: "more" }]);
    expect(nodeAt(schema, "/m:c/any").cases).toHaveLength(2);
  });

  test("CC-7950-7.20.3: deviations are applied", () => {
    const schema = schemaOf(
      moduleM("container c { leaf gone { type int8; } leaf other { type int8; } }"),
      `module dev { yang-version 1.1; namespace "urn:dev"; prefix d; import m { prefix m; }
        deviation "/m:c/m:gone" { deviate not-supported; }
        deviation "/m:c/m:other" { deviate replace { type string; } deviate add { default "x"; units "y"; } } }`,
    );
    expect(schema.byPath("/m:c/gone")).toBeUndefined();
    expect(nodeAt(schema, "/m:c/other")).toMatchObject({ type: { base: "string" }, defaults: ["x"], units: "y" });
  });

  test("CC-7950-9.9.2: the path of a leafref keeps its predicate", () => {
    const schema = schemaOf(
      moduleM(`list i { key n; leaf n { type string; } leaf m { type int8; } } leaf a { type string; }
        leaf r { type leafref { path "/m:i[m:n = current()/../m:a]/m:m"; } }`),
    );
    expect(nodeAt(schema, "/m:r").type?.path?.replace(/\s/g, "")).toContain("current()/../m:a]/m:m");
    expect(nodeAt(schema, "/m:r").type?.target?.base).toBe("int8");
  });

  test("CC-parser CC-7950-6.1.3: a backslash that means nothing is legal in double quotes of YANG 1, also after a module of YANG 1.1", () => {
    const old = (name: string): string =>
      `module ${name} { namespace "urn:${name}"; prefix p; leaf l { type string { pattern "\\d+"; } } }`;
    const schema = schemaOf(moduleM("leaf l { type int8; }"), old("n"));
    expect(nodeAt(schema, "/n:l").type?.patterns?.[0]?.source).toBe("\\d+");
    expect(refusal(() => schemaOf(old("n").replace("{ namespace", "{ yang-version 1.1; namespace")))).toMatchObject({
      code: "yang.parse",
    });
  });

  test("CC-7950-9.4.5: letters are letters of all alphabets, and classes may be subtracted", () => {
    expect(["\\p{L}+", "\\i\\c*", "[\\w-[x]]+"].map((source) => openPattern(source).matches("été"))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test("CC-7950-7.21.1: config false goes down to all below", () => {
    const schema = schemaOf(moduleM("container c { config false; container d { list l { leaf x { type int8; } } } }"));
    expect(nodeAt(schema, "/m:c/d/l/x").config).toBe(false);
  });
});
