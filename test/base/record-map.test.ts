import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { RecordMap, seededRandom } from "../../gateway/base/index.ts";
import { inDrill } from "../support/drill.ts";

const bytesOf = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);
/** Jest compares large arrays element by element, in seconds. */
const same = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.compare(a, b) === 0;

test("what is set is got back, and nothing else", () => {
  const map = new RecordMap();
  map.set("n-0001", Uint8Array.of(1, 2, 3));
  map.set("", Uint8Array.of());
  expect(map.get("n-0001")).toEqual(Uint8Array.of(1, 2, 3));
  expect(map.get("")).toEqual(new Uint8Array());
  expect(map.get("n-0002")).toBeUndefined();
  expect(map.has("")).toBe(true);
  expect(map.size).toBe(2);
  expect([...map.keys()]).toEqual(["n-0001", ""]);
  expect(map.delete("")).toBe(true);
  expect(map.delete("")).toBe(false);
  expect(map.has("")).toBe(false);
});

const SIZES: ReadonlyArray<readonly [name: string, length: number]> = [
  ["empty", 0],
  ["of the smallest block", 8],
  ["of one byte more", 9],
  ["of the last even size", 248],
  ["of the first size after it", 249],
  ["of the largest shared block", 32 * 1024 - 8],
  ["with a page of its own", 32 * 1024 - 7],
  ["larger than a page", 300_001],
];

test.each(SIZES)("a record %s comes back whole, and its neighbours stay", (_name, length) => {
  const map = new RecordMap();
  for (const [at, key] of ["a", "b", "c"].entries()) map.set(key, bytesOf(length, at + 1));
  map.delete("b");
  map.set("d", bytesOf(length, 4));
  expect(same(map.get("a"), bytesOf(length, 1))).toBe(true);
  expect(same(map.get("c"), bytesOf(length, 3))).toBe(true);
  expect(same(map.get("d"), bytesOf(length, 4))).toBe(true);
});

const NAMES: ReadonlyArray<readonly [name: string, key: string, other: string]> = [
  ["latin letters and their two-byte twins", "\u00e9", "e\u0301"],
  ["half a surrogate pair and another half", "\ud800", "\ud801"],
  ["a wide name and the narrow one of its bytes", "\u4e00", "\u0000N"],
  ["zero bytes", "a\0", "a"],
];

test.each(NAMES)("%s are two names", (_name, key, other) => {
  const map = new RecordMap();
  map.set(key, Uint8Array.of(1));
  map.set(other, Uint8Array.of(2));
  expect(map.get(key)).toEqual(Uint8Array.of(1));
  expect(map.get(other)).toEqual(Uint8Array.of(2));
  expect([...map.keys()]).toEqual([key, other]);
});

test("a record can be written from a view of the map itself", () => {
  const map = new RecordMap();
  map.set(
    "a",
    Uint8Array.from({ length: 100 }, (_, at) => at),
  );
  const view = map.get("a");
  map.set("a", new Uint8Array([...(view ?? []), 100]));
  const grown = map.get("a") ?? new Uint8Array();
  map.set("a", grown.subarray(0, 10));
  expect(map.get("a")).toEqual(Uint8Array.from({ length: 10 }, (_, at) => at));
});

test("a place stays a record's own until it is deleted", () => {
  const map = new RecordMap();
  for (let i = 0; i < 100; i++) map.set(`n-${i}`, bytesOf(i, i));
  const place = map.place("n-7") ?? -1;
  for (let i = 0; i < 100; i++) map.set(`n-${i}`, bytesOf(1000 - i, i));
  expect(map.place("n-7")).toBe(place);
  expect(map.keyAt(place)).toBe("n-7");
  map.delete("n-7");
  expect(map.keyAt(place)).toBeUndefined();
  map.set("another", bytesOf(1, 1));
  expect(map.place("another")).toBe(place);
  expect(map.keyAt(1_000_000)).toBeUndefined();
});

test("a map does what a Map does", () => {
  const key = fc.oneof(
    fc.constantFrom("a", "b", "c", "d"),
    fc.string({ maxLength: 6 }),
    fc.string({ unit: "binary", maxLength: 4 }),
  );
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ key, length: fc.nat({ max: 700 }), fill: fc.nat({ max: 255 }) }) },
    { weight: 1, arbitrary: fc.record({ key, length: fc.integer({ min: 30_000, max: 40_000 }), fill: fc.nat(255) }) },
    { weight: 2, arbitrary: fc.record({ key, length: fc.constant(undefined), fill: fc.constant(0) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const map = new RecordMap();
      const model = new Map<string, Uint8Array>();
      for (const { key, length, fill } of steps) {
        if (length === undefined) {
          expect(map.delete(key)).toBe(model.delete(key));
        } else {
          map.set(key, bytesOf(length, fill));
          model.set(key, bytesOf(length, fill));
        }
      }
      expect(map.size).toBe(model.size);
      expect(new Set(map.keys())).toEqual(new Set(model.keys()));
      for (const [name, bytes] of model) expect(same(map.get(name), bytes)).toBe(true);
    }),
    { numRuns: inDrill(50, 150) },
  );
});

test("after thousands of random writes and deletions every record is whole, and the memory goes back", () => {
  const random = seededRandom(7);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const map = new RecordMap();
  const model = new Map<string, { readonly length: number; readonly fill: number }>();
  for (let i = 0; i < inDrill(30_000, 100_000); i++) {
    const key = `node-${below(20_000)}`;
    if (below(4) === 0) {
      if (map.delete(key) !== model.delete(key)) throw new Error(`${key} is not as the model says`);
      continue;
    }
    const written = { length: below(50) === 0 ? below(20_000) : below(400), fill: i & 0xff };
    map.set(key, bytesOf(written.length, written.fill));
    model.set(key, written);
  }
  expect(map.size).toBe(model.size);
  let sum = 0;
  for (const [key, { length, fill }] of model) {
    if (!same(map.get(key), bytesOf(length, fill))) throw new Error(`${key} is damaged`);
    sum += length + key.length;
  }
  // What lies in pages of many sizes; twice the bytes is far from a fleet of like records, and still bounded.
  expect(map.bytes).toBeLessThan(2 * sum + 75 * 256 * 1024);
  for (const key of model.keys()) map.delete(key);
  expect(map.size).toBe(0);
  expect(map.bytes).toBeLessThan(2 << 20);
});
