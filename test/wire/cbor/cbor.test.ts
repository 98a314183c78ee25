/** The CBOR reader and writer: RFC 8949 appendix A both ways, appendix F and our limits as refusals, cbor-x as oracle. */
import { expect, test } from "@jest/globals";
import { Encoder } from "cbor-x";
import fc from "fast-check";
import { fromHex, isCoded, toHex } from "../../../gateway/base/index.ts";
import {
  ANYTHING,
  type CborItem,
  type CborPolicy,
  CborReader,
  CborWriter,
  CORECONF,
  decodeItem,
  decodeItems,
  ENVELOPE,
  formatItem,
  HEADER,
  readItem,
  writeItem,
} from "../../../gateway/wire/cbor/index.ts";
import { inDrill } from "../../support/drill.ts";

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array();
const codeOf = (work: () => unknown): string => {
  try {
    work();
    return "accepted";
  } catch (error) {
    return isCoded(error) ? error.code : `not coded: ${error}`;
  }
};

const WRITE: { readonly [K in CborItem["kind"]]: (writer: CborWriter, item: CborItem & { readonly kind: K }) => void } =
  {
    integer: (writer, { value }) => writer.integer(value),
    bytes: (writer, { value }) => writer.byteString(value),
    text: (writer, { value }) => writer.text(value),
    float: (writer, { value }) => writer.float(value),
    unassigned: (writer, { value }) => writer.simple(value),
    simple: (writer, { value }) => (value === null ? writer.null() : writer.boolean(value === true)),
    tag(writer, { tag, item }) {
      writer.tag(tag);
      put(writer, item);
    },
    array(writer, { items }) {
      writer.array(items.length);
      for (const item of items) put(writer, item);
    },
    map(writer, { entries }) {
      writer.map(entries.length);
      for (const item of entries.flat()) put(writer, item);
    },
  };
const put = (writer: CborWriter, item: CborItem): void =>
  (WRITE[item.kind] as (writer: CborWriter, item: CborItem) => void)(writer, item);

function write(item: CborItem): string {
  const writer = new CborWriter(1);
  put(writer, item);
  return toHex(writer.finish());
}

/** RFC 8949 appendix A, in the canonical encoding. */
const BOTH_WAYS: ReadonlyArray<readonly [hex: string, notation: string]> = [
  ["00", "0"],
  ["17", "23"],
  ["1818", "24"],
  ["18ff", "255"],
  ["190100", "256"],
  ["19ffff", "65535"],
  ["1a00010000", "65536"],
  ["1affffffff", "4294967295"],
  ["1b0000000100000000", "4294967296"],
  ["1b000000e8d4a51000", "1000000000000"],
  ["1b001fffffffffffff", "9007199254740991"],
  ["1b0020000000000000", "9007199254740992"],
  ["1bffffffffffffffff", "18446744073709551615"],
  ["20", "-1"],
  ["3863", "-100"],
  ["3b001ffffffffffffe", "-9007199254740991"],
  ["3b001fffffffffffff", "-9007199254740992"],
  ["3b7fffffffffffffff", "-9223372036854775808"],
  ["3bffffffffffffffff", "-18446744073709551616"],
  ["fb3ff199999999999a", "1.1"],
  ["f4", "false"],
  ["f5", "true"],
  ["f6", "null"],
  ["f0", "simple(16)"],
  ["f8ff", "simple(255)"],
  ["40", "h''"],
  ["4401020304", "h'01020304'"],
  ["60", '""'],
  ["6449455446", '"IETF"'],
  ["62c3bc", '"ü"'],
  ["63e6b0b4", '"水"'],
  ["64f0908591", '"𐅑"'],
  ["80", "[]"],
  ["8301820203820405", "[1, [2, 3], [4, 5]]"],
  ["a201020304", "{1: 2, 3: 4}"],
  ["c48221196ab3", "4([-2, 27315])"],
];

test.each(BOTH_WAYS)("%s is %s, both ways", (bytes, notation) => {
  const item = decodeItem(hex(bytes), ENVELOPE);
  expect(formatItem(item)).toBe(notation);
  expect(write(item)).toBe(bytes);
  expect(canonical(bytes)).toBe(bytes);
});

function canonical(bytes: string): string {
  const writer = new CborWriter();
  writeItem(writer, decodeItem(hex(bytes), ANYTHING));
  return toHex(writer.finish());
}

/** RFC 8949 §4.2.1; the floats are those of its appendix A. */
test.each<readonly [name: string, hex: string, canonical: string]>([
  ["a half float", "f93c00", "f93c00"],
  ["1.0 as a double", "fb3ff0000000000000", "f93c00"],
  ["-0.0", "fb8000000000000000", "f98000"],
  ["65504.0", "fa477fe000", "f97bff"],
  ["100000.0", "fb40f86a0000000000", "fa47c35000"],
  ["the largest single", "fa7f7fffff", "fa7f7fffff"],
  ["the smallest half", "fb3e70000000000000", "f90001"],
  ["the smallest normal half", "fa38800000", "f90400"],
  ["half of the smallest half", "fb3e60000000000000", "fa33000000"],
  ["1.1", "fb3ff199999999999a", "fb3ff199999999999a"],
  ["infinity", "fb7ff0000000000000", "f97c00"],
  ["minus infinity", "faff800000", "f9fc00"],
  ["a NaN with a payload", "fb7ff8000000000001", "f97e00"],
  ["undefined", "f7", "f7"],
  [
    "keys in the order of their bytes",
    "a5200161620263616161030a046161f4",
    "a50a0420016161f461620263616161 03".replace(" ", ""),
  ],
  ["lengths that are not known yet", "bf0a9f5f4101ffffff", "a10a814101"],
  ["a date", "c11b0000000000000001", "c101"],
])("the canonical form of %s", (_name, bytes, expected) => {
  expect(canonical(bytes)).toBe(expected);
  expect(canonical(expected)).toBe(expected);
});

/** Legal in header and CORECONF documents, not in what is signed. */
const LENIENT: ReadonlyArray<readonly [name: string, hex: string, notation: string]> = [
  ["a number that is longer than it must be", "1800", "0"],
  ["a length that is longer than it must be", "580101", "h'01'"],
  ["an array of indefinite length", "9f0102ff", "[1, 2]"],
  ["a map of indefinite length", "bf0102ff", "{1: 2}"],
  ["a byte string in chunks", "5f42010243030405ff", "h'0102030405'"],
  ["a text in chunks", "7f657374726561646d696e67ff", '"streaming"'],
  ["an empty text in chunks", "7fff", '""'],
];

test.each(LENIENT)("%s: read, but not in an envelope", (_name, bytes, notation) => {
  expect(formatItem(decodeItem(hex(bytes), CORECONF))).toBe(notation);
  expect(formatItem(decodeItem(hex(bytes), HEADER))).toBe(notation);
  expect(codeOf(() => decodeItem(hex(bytes), ENVELOPE))).toBe("cbor.malformed");
});

const REFUSED: ReadonlyArray<readonly [name: string, hex: string, code: string, policy?: CborPolicy]> = [
  ["nothing where an item belongs", "", "cbor.truncated"],
  ["a head without its argument", "19", "cbor.truncated"],
  ["a head cut in its argument", "1a0001", "cbor.truncated"],
  ["a string shorter than announced", "43aabb", "cbor.truncated"],
  ["an array that lies about its length", "9a7fffffff00", "cbor.too-long"],
  ["an array longer than the rest", "820102".slice(0, 4), "cbor.truncated"],
  ["a map of 2^32 entries", "bb0000000100000000", "cbor.too-long"],
  ["a map without its last value", "a101", "cbor.truncated"],
  ["an open array", "9f01", "cbor.truncated"],
  ["a map of indefinite length with half a pair", "bf01ff", "cbor.malformed"],
  ["a break by itself", "ff", "cbor.malformed"],
  ["a break inside a definite array", "82ff00", "cbor.malformed"],
  ["reserved additional information 28", "1c", "cbor.malformed"],
  ["reserved additional information 30", "5e", "cbor.malformed"],
  ["a number of indefinite length", "1f", "cbor.malformed"],
  ["a tag of indefinite length", "df00", "cbor.malformed"],
  ["a chunk of another type", "5f6161ff", "cbor.type"],
  ["a chunk of indefinite length", "5f5f4100ffff", "cbor.malformed"],
  ["a simple value of two bytes that needs one", "f818", "cbor.malformed"],
  ["bytes after the item", "0000", "cbor.trailing"],
  ["a text that is not UTF-8", "61ff", "cbor.utf8"],
  ["a surrogate in UTF-8", "63eda080", "cbor.utf8"],
  ["an overlong UTF-8 form", "62c080", "cbor.utf8"],
  ["a character cut by a chunk", "7f61c361bcff", "cbor.utf8"],
  ["a key twice", "a201000102", "cbor.duplicate-key"],
  ["a key twice in two encodings", "a20100180102", "cbor.duplicate-key"],
  ["65 arrays in one another", `${"81".repeat(65)}00`, "cbor.too-deep"],
  ["a million open arrays", "9f".repeat(100_000), "cbor.too-deep"],
  ["tags on tags on tags", "c4".repeat(50), "cbor.too-deep"],
  ["a tag that YANG-CBOR does not know", "c001", "cbor.tag"],
  ["a text above the limit", `7a00010001${"61".repeat(65_537)}`, "cbor.too-long", HEADER],
];

test.each(REFUSED)("%s is refused", (_name, bytes, code, policy = CORECONF) => {
  expect(codeOf(() => decodeItem(hex(bytes), policy))).toBe(code);
});

test("errors name the byte", () => {
  try {
    decodeItem(hex("8301a1026101ff"), CORECONF);
  } catch (error) {
    expect(isCoded(error) ? error.facts : {}).toMatchObject({ offset: 6 });
  }
  expect.assertions(1);
});

test("a sequence of no bytes is empty; items know where they stand", () => {
  expect(decodeItems(hex(""), CORECONF)).toEqual([]);
  const [first, second] = decodeItems(hex("1906bb821905fd6465746830"), CORECONF);
  expect([first?.start, first?.end, second?.start, second?.end]).toEqual([0, 3, 3, 12]);
});

test("half and single floats are read (RFC 8949 appendix A)", () => {
  const rows = { f90000: 0, f93c00: 1, f97bff: 65504, f90001: 2 ** -24, f9c400: -4, fa47c35000: 100000 };
  for (const [bytes, value] of Object.entries(rows)) {
    expect(new CborReader(hex(bytes), CORECONF).float()).toBe(value);
  }
  expect(new CborReader(hex("f97c00"), CORECONF).float()).toBe(Number.POSITIVE_INFINITY);
  expect(new CborReader(hex("f97e00"), CORECONF).float()).toBeNaN();
});

const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.integer(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).filter((big) => big > 2n ** 53n || big < -(2n ** 53n)),
    fc.string({ unit: "binary" }),
    fc.uint8Array(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(fc.integer(), tie("value")), { maxLength: 5, selector: ([key]) => key })
      .map((pairs) => new Map(pairs)),
  ),
})).value;

const CBOR_X = new Encoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false });

function plain(item: CborItem): unknown {
  switch (item.kind) {
    case "array":
      return item.items.map(plain);
    case "map":
      return new Map(item.entries.map(([key, value]) => [plain(key), plain(value)]));
    case "tag":
      return { tag: item.tag, value: plain(item.item) };
    case "bytes":
      return [...item.value];
    default:
      return item.value;
  }
}
const same = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(same);
  if (value instanceof Map) return new Map([...value].map(([key, entry]) => [key, same(entry)]));
  return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
};

test("what cbor-x writes we read, and what we write cbor-x reads", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const theirs = Buffer.from(CBOR_X.encode(value));
      const item = decodeItem(theirs, HEADER);
      expect(plain(item)).toEqual(same(value));
      expect(same(CBOR_X.decode(hex(write(item))))).toEqual(same(value));
    }),
    { numRuns: inDrill(50, 150) },
  );
});

test("random and cut bytes throw coded errors only", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      for (const policy of [CORECONF, ENVELOPE, HEADER]) {
        const reader = new CborReader(bytes, policy);
        expect(codeOf(() => readItem(reader))).toMatch(/^(accepted|cbor\.)/);
      }
    }),
    { numRuns: inDrill(333, 1000) },
  );
});
