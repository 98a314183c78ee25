/** RFC 7950 §9: trees that no reader has made are held to their types as well. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { LeafValue, Value } from "../../../gateway/yang/index.ts";
import { findings } from "../../../gateway/yang/validate/index.ts";
import { ZOO, zooTree } from "../../support/arbitrary-tree.ts";
import { container, enums, handSchema, leaf, leafList, list } from "../../support/hand-schema.ts";
import { tree } from "../../support/trees.ts";

const SCHEMA = handSchema(
  [
    container("m:c", 1, [
      leaf("few", 2, { base: "uint8", range: [["1", "5"]] }),
      leaf("short", 3, {
        base: "string",
        length: [["1", "2"]],
        patterns: [{ source: "[a-z]*", invert: false }],
      }),
      leaf("one", 4, enums("a", "b")),
      leaf("who", 5, { base: "identityref", identityBases: ["m:base"] }),
      leaf("any", 6, { base: "union", members: [{ base: "uint8" }, { base: "boolean" }] }),
      leafList("all", 7, "boolean"),
      list("item", 8, ["k"], [leaf("k", 9, "int64"), leaf("fine", 10, { base: "decimal64", fractionDigits: 1 })]),
    ]),
  ],
  [
    ["m:base", 90],
    ["m:derived", 91, "m:base"],
  ],
);
const union = (member: number, value: LeafValue): LeafValue => ({ member, value });

const ROWS: ReadonlyArray<readonly [title: string, sid: number, value: Value, code: string | undefined]> = [
  ["CC-7950-9.2.4: inside its range", 2, 5, undefined],
  ["CC-7950-9.2.4: outside", 2, 6, "yang.not-in-range"],
  ["CC-7950-9.2: no number", 2, "5", "yang.invalid-datatype"],
  ["CC-7950-9.4.4: too long", 3, "abc", "yang.invalid-length"],
  ["CC-7950-9.4.5: against its pattern", 3, "A", "yang.pattern-test-failed"],
  ["CC-7950-9.6 CC-7950-9.6.4: no enum of that value", 4, 2, "yang.invalid-datatype"],
  ["CC-7950-9.10: derived from the base", 5, 91, undefined],
  ["CC-7950-9.10: the base itself", 5, 90, "yang.invalid-datatype"],
  ["CC-7950-9.10: no identity", 5, 92, "yang.invalid-datatype"],
  ["CC-7950-9.12: a member's value", 6, union(1, true), undefined],
  ["CC-7950-9.12: of no member", 6, union(2, true), "yang.invalid-datatype"],
  ["CC-7950-9.12: of the wrong member", 6, union(0, true), "yang.invalid-datatype"],
  ["CC-7950-7.7: one value for a leaf-list", 7, true, "yang.invalid-datatype"],
  ["CC-7950-7.7: a value among others", 7, [true, 1], "yang.invalid-datatype"],
  ["CC-7950-7.8: a tree for a list", 8, tree([9, 1n]), "yang.invalid-datatype"],
  ["CC-7950-9.2: a number where 64 bits are a bigint", 8, [tree([9, 1])], "yang.invalid-datatype"],
  ["CC-7950-7.8: a leaf of another place", 8, [tree([9, 1n], [2, 1])], "yang.unknown-element"],
];

test.each(ROWS)("%s", (_title, sid, value, code) => {
  const found = findings(tree([1, tree([sid, value])]), SCHEMA, { types: true });
  expect(found.map((each) => each.code)).toEqual(code === undefined ? [] : [code]);
});

test("what fits its types has no findings of types", () => {
  fc.assert(
    fc.property(zooTree, (data) => {
      const found = findings(data, ZOO, { types: true });
      expect(found.filter((each) => each.code !== "yang.instance-required")).toEqual([]);
    }),
    { numRuns: 50 },
  );
});
