/** RFC 9595 — several .sid files on one schema: who numbers what, and who must not. */
import { expect, test } from "@jest/globals";
import { openSchema } from "../../../gateway/yang/compile/open-schema.ts";
import { bindSids } from "../../../gateway/yang/sid/bind.ts";
import { compileTexts, nodeAt, refusal } from "../compile/inline.ts";
import { fileOf, moduleM, moduleNamed, type Row } from "./modules.ts";

const TARGET = moduleNamed("t", "container top { leaf a { type int8; } }");
const SOURCE = moduleM("feature f; leaf x { if-feature f; type int8; } augment /p:top { leaf b { type int8; } }", {
  head: "import t { prefix p; }",
});
const COMPILATION = compileTexts([SOURCE, TARGET]);
const T = fileOf(
  [
    ["data", "/t:top", 201],
    ["data", "/t:top/a", 202],
  ],
  { module: "t", ranges: [[200, 50]] },
);
const m = (...rows: readonly Row[]) => fileOf(rows);

test("CC-9595-3: the module that adds a node to another's tree numbers it", () => {
  const schema = openSchema(bindSids(COMPILATION, [T, m(["data", "/t:top/m:b", 101])]));
  expect(["/t:top", "/t:top/a", "/t:top/m:b"].map((path) => nodeAt(schema, path).sid)).toEqual([201, 202, 101]);
});

test("CC-9595-2.1 CC-S4: two files that give one node two numbers are refused", () => {
  expect(refusal(() => bindSids(COMPILATION, [T, m(["data", "/t:top/a", 101])]))).toEqual({
    code: "yang.sid-conflict",
    file: "m.sid",
    identifier: "/t:top/a",
    sid: 101,
    otherFile: "t.sid",
    otherSid: 202,
  });
});

test("CC-9595-2.1: an obsolete number gives way to one that is in force, whichever comes first", () => {
  const gone = m(["data", "/t:top/a", 101, "obsolete"]);
  for (const files of [
    [T, gone],
    [gone, T],
  ]) {
    expect(nodeAt(openSchema(bindSids(COMPILATION, files)), "/t:top/a").sid).toBe(202);
  }
});

test("CC-9595-3: unstable numbers work like others", () => {
  expect(nodeAt(openSchema(bindSids(COMPILATION, [m(["data", "/m:x", 101, "unstable"])])), "/m:x").sid).toBe(101);
});

test("CC-SID-1: where features are off, numbers of what is not there are passed over", () => {
  const off = compileTexts([SOURCE, TARGET], { features: () => false });
  const file = m(["feature", "f", 100], ["data", "/m:x", 101], ["data", "/t:top/m:b", 102]);
  expect(nodeAt(openSchema(bindSids(off, [file])), "/t:top/m:b").sid).toBe(102);
  const unknown = m(["data", "/m:y", 101]);
  expect(refusal(() => bindSids(off, [unknown]))).toMatchObject({ code: "yang.sid-identifier", identifier: "/m:y" });
});
