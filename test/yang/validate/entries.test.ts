/** The index beside a list finds what a walk over the entries finds, however its array came about. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { planOf } from "../../../gateway/yang/codec/plan.ts";
import { equalLeaf } from "../../../gateway/yang/codec/value.ts";
import { copyEntries, entryText, findEntry, withEntry } from "../../../gateway/yang/datastore/entries.ts";
import { type EntryValue, hasEntryWith } from "../../../gateway/yang/datastore/entry-values.ts";
import type { LeafValue, Tree } from "../../../gateway/yang/index.ts";
import { container, handSchema, leaf, list } from "../../support/hand-schema.ts";

const PLAN = planOf(
  handSchema([
    container("m:c", 1, [
      list("one", 10, ["k"], [leaf("k", 11, "uint16"), leaf("v", 12, "uint8")]),
      list("two", 20, ["a", "b"], [leaf("a", 21, "string"), leaf("b", 22, "binary")]),
      list("three", 30, ["u"], [leaf("u", 31, { base: "union", members: [{ base: "uint8" }, { base: "string" }] })]),
      list("four", 40, ["at"], [leaf("at", 41, "instance-identifier")]),
    ]),
  ]),
);
const [ONE, TWO, THREE, FOUR] = [10, 20, 30, 40].map((sid) => PLAN.nodes.get(sid)!);

const walk = (entries: readonly Tree[], key: number): number =>
  entries.findIndex((entry) => equalLeaf(entry.get(11) as LeafValue, key));
/** Few values, so that many entries share one. */
const valueIn: EntryValue = (each) => (each.get(12) as number) % 5;
const walkForValue = (entries: readonly Tree[], value: number, except?: Tree): boolean =>
  entries.some((each) => each !== except && valueIn(each) === value);
const entry = (key: number, value = 0): Tree =>
  new Map([
    [11, key],
    [12, value],
  ]);

const KEYS = Array.from({ length: 41 }, (_, key) => key);

/** Arrays grow out of each other in branches, as when an edit is refused and another one follows. */
const step = fc.record({
  of: fc.nat(),
  key: fc.nat({ max: 40 }),
  how: fc.constantFrom("set", "set", "set", "delete", "look", "grow"),
});

test("CC-I3 CC-7950-7.8.3: entries are found in every array of a family, by keys and by values", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
      const family: Array<readonly Tree[]> = [Array.from({ length: 16 }, (_, key) => entry(key))];
      for (const { of, key, how } of steps) {
        const entries = family[of % family.length]!;
        const at = findEntry(entries, ONE!, [key]);
        expect(at).toBe(walk(entries, key));
        if (key % 2 === 0) expect(hasEntryWith(entries, valueIn, of % 6)).toBe(walkForValue(entries, of % 6));
        if (how === "set") family.push(withEntry(entries, at, entry(key, of)));
        else if (how === "delete" && at >= 0) family.push(entries.toSpliced(at, 1));
        else if (how === "grow" && at < 0) {
          const copy = copyEntries(entries);
          copy.push(entry(key));
          family.push(copy);
        }
      }
      for (const entries of family) {
        const values = [0, 1, 2, 3, 4, 5];
        expect(values.map((value) => hasEntryWith(entries, valueIn, value, entries[7]))).toEqual(
          values.map((value) => walkForValue(entries, value, entries[7])),
        );
        expect(KEYS.map((key) => findEntry(entries, ONE!, [key]))).toEqual(KEYS.map((key) => walk(entries, key)));
      }
    }),
    { numRuns: 40 },
  );
});

test("refused edits do not fill the index of a list that stays", () => {
  const entries = Array.from({ length: 20 }, (_, key) => entry(key));
  for (let key = 100; key < 1000; key++) {
    expect(findEntry(entries, ONE!, [key])).toBe(-1);
    expect(findEntry(withEntry(entries, -1, entry(key)), ONE!, [key])).toBe(20);
  }
  expect(findEntry(entries, ONE!, [19])).toBe(19);
});

const many = (make: (index: number) => Tree): readonly Tree[] => Array.from({ length: 30 }, (_, index) => make(index));

test.each<readonly [string, NonNullable<typeof TWO>, (index: number) => readonly (readonly [number, LeafValue])[]]>([
  [
    "two keys, one of bytes",
    TWO!,
    (index) => [
      [21, `a${index % 5}`],
      [22, Uint8Array.of(index)],
    ],
  ],
  [
    "a union, in which 1 and '1' differ",
    THREE!,
    (index) => [[31, index % 2 === 0 ? { member: 0, value: index >> 1 } : { member: 1, value: String(index >> 1) }]],
  ],
  ["an instance-identifier", FOUR!, (index) => [[41, { sid: 11, keys: [index] }]]],
])("CC-K3: keys of other types: %s", (_name, node, leaves) => {
  const entries = many((index) => new Map(leaves(index)));
  for (let index = 0; index < 30; index++) {
    expect(
      findEntry(
        entries,
        node,
        leaves(index).map(([, value]) => structuredClone(value)),
      ),
    ).toBe(index);
  }
  expect(new Set(entries.map((each) => entryText(each, node))).size).toBe(30);
  expect(entryText(new Map(), node)).toBeUndefined();
});
