/** RFC 9595 §3, Appendix B — what gets a number, by which name, in which order, in both dialects. */
import { describe, expect, test } from "@jest/globals";
import { generate } from "../../../gateway/yang/sid/generate.ts";
import { itemsOf } from "../../../gateway/yang/sid/items.ts";
import type { Dialect } from "../../../gateway/yang/sid/module-tree.ts";
import { refusal } from "../compile/inline.ts";
import { moduleM, moduleNamed, treeOf } from "./modules.ts";

const named = (dialect: Dialect, ...texts: [string, ...string[]]): string[] =>
  itemsOf(treeOf(...texts), dialect).map(({ namespace, identifier }) => `${namespace} ${identifier}`);
const data = (dialect: Dialect, ...texts: [string, ...string[]]): string[] =>
  named(dialect, ...texts).flatMap((each) => (each.startsWith("data ") ? each.slice(5) : []));

describe("items", () => {
  test("CC-SID-1 CC-SID-4: module, identities, features, data: each sorted by name", () => {
    const text = moduleM("leaf b { type int8; } leaf a { type int8; } feature g; feature f; identity j; identity i;");
    expect(named("rfc9595", text)).toEqual([
      "module m",
      "identity i",
      "identity j",
      "feature f",
      "feature g",
      "data /m:a",
      "data /m:b",
    ]);
  });

  test("CC-SID-4: by code point, so that capitals come first and '-' comes before letters", () => {
    const text = moduleM(
      "leaf ab { type int8; } leaf a-b { type int8; } leaf Z { type int8; } leaf a.b { type int8; }",
    );
    expect(data("rfc9595", text)).toEqual(["/m:Z", "/m:a-b", "/m:a.b", "/m:ab"]);
  });

  const NODES: ReadonlyArray<
    readonly [name: string, body: string, short: readonly string[], long?: readonly string[]]
  > = [
    [
      "CC-SID-2: every kind of data node",
      "container c { leaf l { type int8; } leaf-list k { type int8; } anydata d; anyxml x; list e { config false; } }",
      ["/m:c", "/m:c/d", "/m:c/e", "/m:c/k", "/m:c/l", "/m:c/x"],
    ],
    [
      "CC-SID-2 CC-9595-B: an rpc has input and output, even empty ones",
      "rpc r { input { leaf a { type int8; } } }",
      ["/m:r", "/m:r/input", "/m:r/input/a", "/m:r/output"],
    ],
    [
      "CC-SID-2: actions and notifications inside nodes",
      "container c { action a; notification n { leaf l { type int8; } } }",
      ["/m:c", "/m:c/a", "/m:c/a/input", "/m:c/a/output", "/m:c/n", "/m:c/n/l"],
    ],
    [
      "CC-SID-2 CC-SID-3: choices and cases are numbered by one dialect only",
      "choice k { case x { leaf a { type int8; } } leaf b { type int8; } }",
      ["/m:a", "/m:b"],
      ["/m:k", "/m:k/b", "/m:k/b/b", "/m:k/x", "/m:k/x/a"],
    ],
    [
      "CC-SID-1: what stands under a feature, on or off",
      'feature f; leaf a { if-feature "not f"; type int8; }',
      ["/m:a"],
    ],
    [
      "CC-SID-1: deviations leave everything its number",
      "leaf a { type int8; } deviation /m:a { deviate not-supported; }",
      ["/m:a"],
    ],
    [
      "CC-SID-2: a grouping's nodes where it is used, those of its augment too",
      "grouping g { container h { leaf a { type int8; } } } uses g { augment h { leaf b { type int8; } } }",
      ["/m:h", "/m:h/a", "/m:h/b"],
    ],
  ];
  test.each(NODES)("%s", (_name, body, short, long = short) => {
    expect(data("rfc9595", moduleM(body))).toEqual(short);
    expect(data("pyang-head", moduleM(body))).toEqual(long);
  });

  const TARGET = moduleNamed(
    "t",
    "container top { list e { key k; leaf k { type int8; } } choice c { leaf a { type int8; } } }",
  );
  const importing = (body: string): string => moduleM(body, { head: "import t { prefix p; }" });

  test("CC-SID-2 CC-SID-3: what a module adds to another is its own, qualified where the module changes", () => {
    const text = importing("augment /p:top/p:e { container b { leaf d { type int8; } } }");
    expect(data("rfc9595", text, TARGET)).toEqual(["/t:top/e/m:b", "/t:top/e/m:b/d"]);
  });

  test("CC-SID-3: a case added to another module's choice", () => {
    const text = importing("augment /p:top/p:c { case n { leaf d { type int8; } } }");
    expect(data("rfc9595", text, TARGET)).toEqual(["/t:top/m:d"]);
    expect(data("pyang-head", text, TARGET)).toEqual(["/t:top/c/m:n", "/t:top/c/m:n/d"]);
  });

  test("CC-V8 CC-SID-2: structures by their name, yang-data without one", () => {
    const sx = moduleNamed(
      "ietf-yang-structure-ext",
      "extension structure { argument n; } extension augment-structure { argument n; }",
    );
    const rc = moduleNamed("ietf-restconf", "extension yang-data { argument n; }");
    const text = moduleM(
      "sx:structure s { leaf a { type int8; } } sx:augment-structure /m:s { leaf b { type int8; } } rc:yang-data y { container d; }",
      { head: "import ietf-yang-structure-ext { prefix sx; } import ietf-restconf { prefix rc; }" },
    );
    expect(data("rfc9595", text, sx, rc)).toEqual(["/m:d", "/m:s", "/m:s/a", "/m:s/b"]);
  });

  test("CC-V21: the items of a submodule are those of its module, and it has no number itself", () => {
    const sub =
      "submodule s { yang-version 1.1; belongs-to m { prefix m; } identity i; feature f; leaf a { type int8; } }";
    expect(named("rfc9595", moduleM("leaf b { type int8; }", { head: "include s;" }), sub)).toEqual([
      "module m",
      "identity i",
      "feature f",
      "data /m:a",
      "data /m:b",
    ]);
  });
});

describe("generation", () => {
  const numbering = { dialect: "rfc9595" } as const;
  const range = (entryPoint: number, size: number) => ({ entryPoint, size });

  test("CC-SID-4: numbers run through the ranges in the order of their entry points", () => {
    const tree = treeOf(moduleM("leaf a { type int8; } leaf b { type int8; } leaf c { type int8; }"));
    const file = generate(tree, [range(500, 10), range(100, 2)], numbering);
    expect(file.items.map(({ sid, identifier }) => [sid, identifier])).toEqual([
      [100, "m"],
      [101, "/m:a"],
      [500, "/m:b"],
      [501, "/m:c"],
    ]);
  });

  test("CC-SID-5: new items are unstable and the file unpublished, until it is finalised", () => {
    const tree = treeOf(moduleM("leaf a { type int8; }"));
    const draft = generate(tree, [range(100, 50)], numbering);
    expect([draft.status, ...draft.items.map(({ status }) => status)]).toEqual(["unpublished", "unstable", "unstable"]);
    const final = generate(tree, [range(100, 50)], { ...numbering, finalise: true });
    expect([final.status, ...final.items.map(({ status }) => status)]).toEqual([undefined, undefined, undefined]);
  });

  const OLD = moduleNamed("t", "", { revision: "2020-01-01" });
  const NEW = moduleNamed("t", "", { revision: "2025-01-01" });

  test("CC-SID-6: dependencies in the order of the imports, in the revision named or the newest", () => {
    const head = "import t { prefix t; revision-date 2020-01-01; } import a { prefix a; }";
    const tree = treeOf(moduleM("", { head }), NEW, OLD, moduleNamed("a", ""));
    expect(tree.dependencies).toEqual([
      { module: "t", revision: "2020-01-01" },
      { module: "a", revision: "2026-01-01" },
    ]);
    expect(treeOf(moduleM("", { head: "import t { prefix t; }" }), NEW, OLD).dependencies).toEqual([
      { module: "t", revision: "2025-01-01" },
    ]);
  });

  test("CC-SID-6: differs: what submodules import counts too (ietf-sid-file, dependency-revision), pyang misses it", () => {
    const sub = "submodule s { yang-version 1.1; belongs-to m { prefix m; } import t { prefix t; } }";
    const tree = treeOf(moduleM("", { head: "include s;" }), sub, NEW);
    expect(tree.dependencies).toEqual([{ module: "t", revision: "2025-01-01" }]);
    expect(tree.importsAsWritten).toEqual([]);
  });

  const NO_REVISION = 'module t { namespace "urn:t"; prefix t; }';
  const REFUSED: ReadonlyArray<readonly [name: string, run: () => unknown, refused: object]> = [
    [
      "CC-SID-6: an import without any revision",
      () => treeOf(moduleM("", { head: "import t { prefix t; }" }), NO_REVISION),
      { code: "yang.sid-no-revision", module: "t", file: "m.yang" },
    ],
    [
      "CC-SID-1: a submodule as input",
      () => treeOf("submodule s { yang-version 1.1; belongs-to m { prefix m; } }"),
      { code: "yang.sid-submodule", module: "m" },
    ],
    [
      "CC-SID-4: ranges that are too small, with the number that is missing",
      () => generate(treeOf(moduleM("leaf a { type int8; } leaf b { type int8; }")), [range(100, 1)], numbering),
      { code: "yang.sid-exhausted", module: "m", missing: 2, ranges: "100-100" },
    ],
    [
      "CC-SID-7: ranges that overlap",
      () => generate(treeOf(moduleM("")), [range(100, 50), range(149, 50)], numbering),
      { code: "yang.sid-overlap", range: "149-198", otherRange: "100-149" },
    ],
  ];
  test.each(REFUSED)("%s is refused", (_name, run, refused) => {
    expect(refusal(run)).toMatchObject(refused);
  });
});
