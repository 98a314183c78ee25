/** RFC 9595 — each rule that `sidgate sid check` holds .sid files to, with a file that breaks it. */
import { expect, test } from "@jest/globals";
import { type CheckOptions, check, isError, SID_RULES, type SidRule } from "../../../gateway/yang/sid/check.ts";
import { readRegistry } from "../../../gateway/yang/sid/registry.ts";
import { parseSidFile, type SidFile } from "../../../gateway/yang/sid/sid-file.ts";
import { moduleM, moduleNamed, type Row, sidText, treeOf } from "./modules.ts";

type Facts = Parameters<typeof sidText>[1];
const loose = (rows: readonly Row[], facts: Facts = {}): SidFile =>
  parseSidFile(sidText(rows, facts), `${facts?.module ?? "m"}.sid`);

const TARGET = moduleNamed("t", "container top;");
const SUB = "submodule s { yang-version 1.1; belongs-to m { prefix m; } }";
const TREE = treeOf(
  moduleM("leaf a { type int8; } grouping g { leaf b { type int8; } } augment /p:top { uses g; }", {
    head: "import t { prefix p; } include s;",
  }),
  TARGET,
  SUB,
);
const RIGHT: readonly Row[] = [
  ["module", "m", 100],
  ["data", "/m:a", 101],
  ["data", "/t:top/m:b", 102],
];
const NOTED = { "dependency-revision": [{ "module-name": "t", "module-revision": "2026-01-01" }] };
const REGISTRY = readRegistry(
  JSON.stringify({
    blocks: [{ "entry-point": 100, size: 1000 }],
    ranges: [
      { module: "m", "entry-point": 100, size: 50 },
      { module: "o", "entry-point": 200, size: 50 },
    ],
  }),
  "ranges.json",
);

const ROWS: ReadonlyArray<
  readonly [rules: readonly SidRule[], name: string, files: readonly SidFile[], options?: CheckOptions]
> = [
  [[], "a file that is right", [loose(RIGHT, NOTED)], { tree: TREE, registry: REGISTRY }],
  [
    ["range-overlap"],
    "ranges that overlap",
    [
      loose(RIGHT, {
        ranges: [
          [100, 50],
          [140, 50],
        ],
      }),
    ],
  ],
  [["sid-out-of-range"], "a number outside", [loose([["data", "/m:a", 150]])]],
  [
    ["sid-twice"],
    "a number of two items",
    [
      loose([
        ["data", "/m:a", 101],
        ["identity", "a", 101],
      ]),
    ],
  ],
  [
    ["item-twice"],
    "an item with two numbers",
    [
      loose([
        ["data", "/m:a", 101],
        ["data", "/m:a", 102],
      ]),
    ],
  ],
  [
    ["dependency-twice"],
    "a dependency noted twice, as pyang's update does",
    [loose(RIGHT, { "dependency-revision": [...NOTED["dependency-revision"], ...NOTED["dependency-revision"]] })],
  ],
  [["unstable-published"], "a published file with unstable items", [loose([["data", "/m:a", 101, "unstable"]])]],
  [[], "an unpublished one", [loose([["data", "/m:a", 101, "unstable"]], { "sid-file-status": "unpublished" })]],
  [["number-changed"], "a number that vanished", [loose(RIGHT), loose(RIGHT.slice(0, 2))]],
  [
    ["number-changed"],
    "a number that changed",
    [loose(RIGHT), loose([...RIGHT.slice(0, 2), ["data", "/t:top/m:b", 110]])],
  ],
  [
    ["number-changed"],
    "a stable item that is unstable",
    [
      loose(RIGHT),
      loose([...RIGHT.slice(0, 2), ["data", "/t:top/m:b", 102, "unstable"]], { "sid-file-status": "unpublished" }),
    ],
  ],
  [
    ["number-changed"],
    "a range that vanished",
    [
      loose([], {
        ranges: [
          [100, 50],
          [200, 50],
        ],
      }),
      loose([]),
    ],
  ],
  [["range-overlap"], "two modules in one range", [loose(RIGHT), loose([], { module: "o", ranges: [[120, 50]] })]],
  [
    ["two-numbers"],
    "two files that number one node",
    [loose(RIGHT), loose([["data", "/t:top/m:b", 201]], { module: "o", ranges: [[200, 50]] })],
  ],
  [["other-module"], "the module of another file", [loose([], { module: "o" })], { tree: TREE }],
  [
    ["other-revision"],
    "another revision of the module",
    [loose(RIGHT, { ...NOTED, revision: "2025-01-01" })],
    { tree: TREE },
  ],
  [
    ["unknown-identifier"],
    "a path that leads nowhere",
    [loose([...RIGHT, ["data", "/m:z", 103]], NOTED)],
    { tree: TREE },
  ],
  [[], "an obsolete one", [loose([...RIGHT, ["data", "/m:z", 103, "obsolete"]], NOTED)], { tree: TREE }],
  [
    ["broken-path"],
    "a path that pyang broke",
    [loose([...RIGHT.slice(0, 2), ["data", "/m:/p:top/b", 102]], NOTED)],
    { tree: TREE },
  ],
  [["submodule"], "a number of a submodule", [loose([...RIGHT, ["module", "s", 103]], NOTED)], { tree: TREE }],
  [["item-missing"], "a node without number", [loose(RIGHT.slice(0, 2), NOTED)], { tree: TREE }],
  [["dependency"], "an import that is not noted", [loose(RIGHT)], { tree: TREE }],
  [
    ["dependency"],
    "an import in another revision",
    [loose(RIGHT, { "dependency-revision": [{ "module-name": "t", "module-revision": "2020-01-01" }] })],
    { tree: TREE },
  ],
  [
    ["range-overlap"],
    "a range that the registry gives to another",
    [loose([], { ranges: [[220, 10]] })],
    { registry: REGISTRY },
  ],
  [
    ["range-not-registered"],
    "a range that it gives to nobody",
    [loose([], { ranges: [[300, 50]] })],
    { registry: REGISTRY },
  ],
  [["size-step"], "a size that is no multiple of 50", [loose([], { ranges: [[100, 60]] })]],
  [["size-large"], "a size above 1000", [loose([], { ranges: [[100, 1050]] })]],
  [["mega-range"], "a range over the border of two mega-ranges", [loose([], { ranges: [[999_950, 100]] })]],
  [["experimental"], "the experimental range", [loose([], { ranges: [[60_000, 50]] })]],
  [
    ["head-room"],
    "no room for the next revision",
    [loose(Array.from({ length: 40 }, (_, index): Row => ["data", `/m:n${index}`, 100 + index]))],
  ],
];

/** Findings about sizes stand beside most others in files as small as these. */
const ABOUT_SIZE: ReadonlySet<SidRule> = new Set([
  "size-step",
  "size-large",
  "head-room",
  "experimental",
  "mega-range",
]);

test.each(ROWS)("CC-SID-9: %j: %s", (rules, _name, files, options = {}) => {
  const found = check(files, options).map(({ rule }) => rule);
  const told = new Set(found.filter((rule) => rules.includes(rule) || !ABOUT_SIZE.has(rule)));
  expect([...told]).toEqual(rules);
});

test("CC-SID-9: every rule of 'sidgate sid check' has a row", () => {
  expect(new Set(ROWS.flatMap(([rules]) => rules))).toEqual(new Set(Object.keys(SID_RULES)));
});

test("CC-SID-9: 33 % above 37 items is 50 numbers; 38 items need more", () => {
  const items = (count: number) =>
    loose(Array.from({ length: count }, (_, index): Row => ["data", `/m:n${index}`, 100 + index]));
  expect(check([items(37)])).toEqual([]);
  expect(check([items(38)]).map(({ rule }) => rule)).toEqual(["head-room"]);
  expect(check([items(38)]).some(isError)).toBe(false);
});

test("CC-SID-9: a path that pyang broke is told with the right one", () => {
  const file = loose([...RIGHT.slice(0, 2), ["data", "/m:/p:top/b", 102]], NOTED);
  expect(check([file], { tree: TREE })[0]?.what).toContain("'/t:top/m:b' is meant");
});

test("CC-9595-4: the newest of several files is the one that the module is held against", () => {
  const old = loose(RIGHT.slice(0, 2), { ...NOTED, revision: "2025-01-01" });
  expect(check([old, loose(RIGHT, NOTED)], { tree: TREE })).toEqual([]);
});
