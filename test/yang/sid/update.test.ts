/** RFC 9595 §3, Appendix B — the .sid file of a module's next revision. */
import { describe, expect, test } from "@jest/globals";
import { type UpdateOptions, update } from "../../../gateway/yang/sid/update.ts";
import { refusal } from "../compile/inline.ts";
import { fileOf, moduleM, moduleNamed, type Row, treeOf } from "./modules.ts";

const BASE: readonly Row[] = [
  ["module", "m", 100],
  ["data", "/m:a", 101],
  ["data", "/m:b", 103],
];
const OLD = fileOf(BASE, { "sid-file-version": 4, "sid-file-status": "published", description: "by hand" });
const leaves = (...names: readonly string[]): string => names.map((name) => `leaf ${name} { type int8; }`).join(" ");
const tree = (names: readonly string[], revision = "2026-02-01") => treeOf(moduleM(leaves(...names), { revision }));
const rows = ({ file }: ReturnType<typeof update>) =>
  [...file.items].sort((a, b) => a.sid - b.sid).map(({ sid, identifier, status }) => [sid, identifier, status]);

describe("numbers", () => {
  const STORIES: ReadonlyArray<
    readonly [name: string, names: readonly string[], options: UpdateOptions, after: ReadonlyArray<readonly unknown[]>]
  > = [
    [
      "CC-SID-7: what has a number keeps it, and gaps are filled first",
      ["A", "a", "b", "c"],
      {},
      [
        [100, "m"],
        [101, "/m:a"],
        [102, "/m:A", "unstable"],
        [103, "/m:b"],
        [104, "/m:c", "unstable"],
      ],
    ],
    [
      "CC-SID-7: differs: what is gone stays as obsolete (RFC 9595 §3), where pyang only warns",
      ["b"],
      {},
      [
        [100, "m"],
        [101, "/m:a", "obsolete"],
        [103, "/m:b"],
      ],
    ],
    [
      "CC-SID-7: with pyang's quirks what is gone stays as it was",
      ["b", "c"],
      { pyangQuirks: true },
      [
        [100, "m"],
        [101, "/m:a"],
        [102, "/m:c", "unstable"],
        [103, "/m:b"],
      ],
    ],
    [
      "CC-SID-5: finalised, the new ones are stable at once",
      ["a", "b", "c"],
      { finalise: true },
      [
        [100, "m"],
        [101, "/m:a"],
        [102, "/m:c"],
        [103, "/m:b"],
      ],
    ],
  ];
  test.each(STORIES)("%s", (_name, names, options, after) => {
    expect(rows(update(OLD, tree(names), options))).toEqual(after.map(([sid, name, status]) => [sid, name, status]));
  });

  test("CC-9595-3: what was obsolete and is back gets its number back", () => {
    const old = fileOf([BASE[0]!, ["data", "/m:a", 101, "obsolete"]]);
    expect(rows(update(old, tree(["a"]), {}))).toEqual([
      [100, "m", undefined],
      [101, "/m:a", undefined],
    ]);
  });

  test("CC-SID-7: a range more, when the first is full", () => {
    const old = fileOf(BASE.slice(0, 2), { ranges: [[100, 2]] });
    expect(refusal(() => update(old, tree(["a", "b"]), {}))).toMatchObject({ code: "yang.sid-exhausted", missing: 1 });
    const done = update(old, tree(["a", "b"]), { ranges: [{ entryPoint: 500, size: 50 }] });
    expect(rows(done).at(-1)).toEqual([500, "/m:b", "unstable"]);
    expect(done.file.ranges).toHaveLength(2);
  });
});

describe("the file", () => {
  const version = (revision: string, options: UpdateOptions = {}) =>
    update(OLD, tree(["a", "b", "c"], revision), options).file.version;

  test("CC-SID-5: within one revision of the module the version is the next one", () => {
    expect(version("2026-01-01")).toBe(5);
  });

  test("CC-SID-5: differs: a new revision begins without version (ietf-sid-file, sid-file-version), pyang counts on", () => {
    expect(version("2026-02-01")).toBeUndefined();
    expect(version("2026-02-01", { pyangQuirks: true })).toBe(5);
  });

  test("CC-SID-5: the description stays, the status is unpublished until it is finalised", () => {
    expect(update(OLD, tree(["a"]), {}).file).toMatchObject({ status: "unpublished", description: "by hand" });
    expect(update(OLD, tree(["a"]), { finalise: true }).file.status).toBeUndefined();
  });

  const IMPORTING = (revision: string): [string, string] => [
    moduleM(leaves("a", "b"), { head: "import t { prefix t; }", revision: "2026-02-01" }),
    moduleNamed("t", "", { revision }),
  ];
  const noted = {
    "dependency-revision": [
      { "module-name": "gone", "module-revision": "2001-01-01" },
      { "module-name": "t", "module-revision": "2020-01-01" },
    ],
  };

  test("CC-SID-6: entries of the old file stay, in the revision that is there now", () => {
    const { dependencies } = update(fileOf(BASE, noted), treeOf(...IMPORTING("2025-01-01")), {}).file;
    expect(dependencies).toEqual([
      { module: "gone", revision: "2001-01-01" },
      { module: "t", revision: "2025-01-01" },
    ]);
  });

  test("CC-SID-6: with pyang's quirks they are noted again, though they are keyed by the name", () => {
    const options = { pyangQuirks: true };
    const { dependencies } = update(fileOf(BASE, noted), treeOf(...IMPORTING("2025-01-01")), options).file;
    expect(dependencies.map(({ module }) => module)).toEqual(["gone", "t", "t"]);
  });

  test("CC-SID-7: with nothing new the old file still holds", () => {
    expect(update(OLD, tree(["a", "b"], "2026-01-01"), {}).upToDate).toBe(true);
    expect(update(OLD, tree(["a", "b"]), {}).upToDate).toBe(false);
    expect(update(OLD, tree(["a", "b", "c"], "2026-01-01"), {}).upToDate).toBe(false);
    const draft = fileOf([...BASE.slice(0, 2), ["data", "/m:b", 103, "unstable"]], {
      "sid-file-status": "unpublished",
    });
    expect(update(draft, tree(["a", "b"], "2026-01-01"), { finalise: true }).upToDate).toBe(false);
  });

  const REFUSED: ReadonlyArray<readonly [name: string, run: () => unknown, refused: object]> = [
    [
      "CC-SID-6: an import older than in the file",
      () => update(fileOf(BASE, noted), treeOf(...IMPORTING("2019-01-01")), {}),
      { code: "yang.sid-older", module: "t", revision: "2020-01-01", older: "2019-01-01" },
    ],
    [
      "CC-9595-3: a module older than the file",
      () => update(OLD, tree(["a"], "2025-01-01"), {}),
      { code: "yang.sid-older", module: "m", revision: "2026-01-01" },
    ],
    [
      "CC-9595-4: another module",
      () => update(OLD, treeOf(moduleNamed("x", "")), {}),
      { code: "yang.sid-other-module", module: "m", other: "x", source: "x.yang" },
    ],
    [
      "CC-SID-7: an added range that overlaps",
      () => update(OLD, tree(["a"]), { ranges: [{ entryPoint: 149, size: 10 }] }),
      { code: "yang.sid-overlap" },
    ],
  ];
  test.each(REFUSED)("%s is refused", (_name, run, refused) => {
    expect(refusal(run)).toMatchObject(refused);
  });
});

describe("dialects", () => {
  const CHOICE = treeOf(
    moduleM("choice k { leaf a { type int8; } } leaf z { type int8; }", { revision: "2026-02-01" }),
  );
  const SHORT = fileOf([["data", "/m:a", 101]]);
  const LONG = fileOf([["data", "/m:k/a/a", 101]]);

  test("CC-SID-3: a file keeps its own", () => {
    expect(rows(update(SHORT, CHOICE, {})).map(([, identifier]) => identifier)).toEqual(["m", "/m:a", "/m:z"]);
    expect(rows(update(LONG, CHOICE, {})).map(([, identifier]) => identifier)).toEqual([
      "m",
      "/m:k/a/a",
      "/m:k",
      "/m:k/a",
      "/m:z",
    ]);
  });

  test("CC-SID-3: and is refused under the other, where all its numbers would change", () => {
    const wanted = { code: "yang.sid-dialect", dialect: "rfc9595", other: "pyang-head" };
    expect(refusal(() => update(SHORT, CHOICE, { dialect: "pyang-head" }))).toMatchObject(wanted);
  });
});

describe("paths that pyang broke", () => {
  const TARGET = moduleNamed("t", "container top { list e { key k; leaf k { type int8; } } }");
  const SOURCE = moduleM("grouping g { leaf l { type int8; } leaf n { type int8; } } augment /p:top/p:e { uses g; }", {
    head: "import t { prefix p; }",
  });

  test("CC-9595-4: differs: paths that pyang broke are put right under their old numbers", () => {
    const old = fileOf([
      ["module", "m", 100],
      ["data", "/m:/p:top/p:e/l", 101],
    ]);
    const done = update(old, treeOf(SOURCE, TARGET), {});
    expect(rows(done)).toEqual([
      [100, "m", undefined],
      [101, "/t:top/e/m:l", undefined],
      [102, "/t:top/e/m:n", "unstable"],
    ]);
    expect(done.repaired).toEqual([{ sid: 101, from: "/m:/p:top/p:e/l", to: "/t:top/e/m:l" }]);
    expect(done.gone).toEqual([]);
  });

  test("CC-V21: a submodule's number is never given out again, but obsolete", () => {
    const sub = "submodule s { yang-version 1.1; belongs-to m { prefix m; } leaf a { type int8; } }";
    const old = fileOf([
      ["module", "m", 100],
      ["module", "s", 101],
      ["data", "/s:a", 102],
    ]);
    expect(rows(update(old, treeOf(moduleM("", { head: "include s;" }), sub), {}))).toEqual([
      [100, "m", undefined],
      [101, "s", "obsolete"],
      [102, "/m:a", undefined],
    ]);
  });
});
