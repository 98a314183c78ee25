/** RFC 7950 §7.6.1, §7.9.3, draft-ietf-core-comi-21 §3.1.2: which defaults a reader sees. */
import { expect, test } from "@jest/globals";
import { readTree, select } from "../../../gateway/yang/datastore/index.ts";
import { fromJson, type Json, toJson } from "../../../gateway/yang/index.ts";
import { moduleM, nodeAt, schemaOf } from "../compile/inline.ts";

const SCHEMA = schemaOf(
  moduleM(`container c {
    choice x { default a;
      case a { container box { leaf size { type uint8; default 3; } } leaf-list tag { type string; default "t"; } }
      case b { leaf b { type string; } leaf-list many { type string; } } } }`),
);
const ALL = { content: "a", defaults: "a" } as const;

const ROWS: ReadonlyArray<readonly [title: string, data: Record<string, Json>, seen: Json, size: Json | undefined]> = [
  ["CC-F6 CC-7950-7.9.3: those of the default case", {}, { box: { size: 3 }, tag: ["t"] }, 3],
  ["CC-F6 CC-7950-7.9.3: none of a case beside another", { b: "x" }, { b: "x" }, undefined],
  [
    "CC-F6 CC-7951-5.3: a leaf-list without values chooses no case",
    { many: [] },
    { box: { size: 3 }, tag: ["t"], many: [] },
    3,
  ],
];

test.each(ROWS)("%s", (_title, c, seen, size) => {
  const tree = fromJson({ "m:c": c }, SCHEMA);
  expect(toJson(readTree(tree, SCHEMA, ALL), SCHEMA)).toEqual({ "m:c": seen });
  const { sid } = nodeAt(SCHEMA, "/m:c/box");
  const box = select(tree, { sid, keys: [] }, SCHEMA, ALL);
  const leaf = select(tree, { sid: nodeAt(SCHEMA, "/m:c/box/size").sid, keys: [] }, SCHEMA, ALL);
  expect([box instanceof Map ? [...box.values()][0] : box, leaf]).toEqual([size, size]);
});
