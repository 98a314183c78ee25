/** RFC 7950 — what is right, and easy to get wrong: each row compiles, and the schema says what the RFC means. */
import { describe, expect, test } from "@jest/globals";
import type { FeatureChoice } from "../../../gateway/yang/compile/features.ts";
import { openSchema } from "../../../gateway/yang/compile/open-schema.ts";
import type { Schema, SchemaNode } from "../../../gateway/yang/index.ts";
import { compileTexts, moduleM, nodeAt, STRUCTURE_EXT, schemaOf } from "./inline.ts";

const names = (node: Schema | SchemaNode): readonly string[] =>
  ("roots" in node ? node.roots : node.children).map((each) => each.name);
const other = (body: string): string => `module o { yang-version 1.1; namespace "urn:o"; prefix o; ${body} }`;
const without =
  (...off: readonly string[]): FeatureChoice =>
  (_module, feature) =>
    !off.includes(feature);

describe("leafrefs", () => {
  test("CC-7950-10.3.1: deref() leads on from the leaf that a leafref refers to", () => {
    const schema = schemaOf(
      moduleM(`list i { key n; leaf n { type string; } leaf v { type uint32 { range 1..9; } } }
        leaf r { type leafref { path /i/n; } } leaf a { type leafref { path "deref(../r)/../v"; } }`),
    );
    expect(nodeAt(schema, "/m:a").type?.target).toMatchObject({ base: "uint32", range: [["1", "9"]] });
  });

  test("CC-7950-9.9: a leafref to a leaf whose feature is off has its type all the same", () => {
    const source = moduleM("feature f; leaf b { if-feature f; type int8; } leaf a { type leafref { path ../b; } }");
    const schema = openSchema(compileTexts([source], { features: without("f") }).image);
    expect(names(schema)).toEqual(["a"]);
    expect(nodeAt(schema, "/m:a").type?.target?.base).toBe("int8");
  });

  test("CC-7950-9.9.2: names without prefix in the path of a typedef are those of the typedef's module", () => {
    const schema = schemaOf(
      moduleM("import o { prefix o; } leaf a { type o:ref; } list l { key k; leaf k { type string; } }"),
      other("typedef ref { type leafref { path '/l[k = current()]/k'; } } list l { key k; leaf k { type int8; } }"),
    );
    expect(nodeAt(schema, "/m:a").type).toMatchObject({ path: "/o:l[o:k = current()]/o:k", target: { base: "int8" } });
  });

  test("CC-7950-6.4.1: names without prefix in a grouping are those of the module that uses it", () => {
    const schema = schemaOf(
      moduleM("import o { prefix o; } uses o:g; leaf b { type int8; }"),
      other("grouping g { leaf a { type leafref { path ../b; } } } leaf b { type string; }"),
    );
    expect(nodeAt(schema, "/m:a").type?.target?.base).toBe("int8");
  });

  test("CC-7950-9.12: a union may hold leafrefs, each with its own target", () => {
    const schema = schemaOf(
      moduleM(
        "leaf b { type int8; } leaf c { type string; } leaf a { type union { type leafref { path ../b; } type leafref { path ../c; } } }",
      ),
    );
    expect(nodeAt(schema, "/m:a").type?.members?.map(({ target }) => target?.base)).toEqual(["int8", "string"]);
  });

  test("CC-7950-6.4.1: an absolute path into an operation means its input, or its output for what stands there", () => {
    const leafs = "leaf v { type %; } leaf a { type leafref { path /r/v; } }";
    const schema = schemaOf(
      moduleM(`rpc r { input { ${leafs.replace("%", "int8")} } output { ${leafs.replace("%", "string")} } }`),
    );
    expect(nodeAt(schema, "/m:r/input/a").type?.target?.base).toBe("int8");
    expect(nodeAt(schema, "/m:r/output/a").type?.target?.base).toBe("string");
  });
});

describe("features", () => {
  const PLACES: ReadonlyArray<readonly [place: string, body: string, left: readonly string[]]> = [
    ["container", "container c { if-feature f; } leaf x { type int8; }", ["x"]],
    ["choice", "choice c { if-feature f; leaf a { type int8; } } leaf x { type int8; }", ["x"]],
    ["case", "choice c { case a { if-feature f; leaf a { type int8; } } leaf x { type int8; } }", ["x"]],
    ["uses", "grouping g { leaf a { type int8; } } uses g { if-feature f; } leaf x { type int8; }", ["x"]],
    [
      "refine",
      "grouping g { leaf a { type int8; } leaf x { type int8; } } uses g { refine a { if-feature f; } }",
      ["x"],
    ],
    ["augment", "choice c { leaf x { type int8; } } augment /m:c { if-feature f; leaf a { type int8; } }", ["x"]],
    ["rpc", "rpc r { if-feature f; } leaf x { type int8; }", ["x"]],
    ["notification", "notification n { if-feature f; } leaf x { type int8; }", ["x"]],
    ["anydata", "anydata n { if-feature 'f and f'; } anydata x { if-feature 'not (f)'; }", ["x"]],
    [
      "a feature that another one needs",
      "feature g { if-feature f; } leaf a { if-feature g; type int8; } leaf x { type int8; }",
      ["x"],
    ],
    [
      "what an augment adds to a node that is gone",
      "container c { if-feature f; } augment /m:c { leaf a { type int8; } } leaf x { type int8; }",
      ["x"],
    ],
    [
      "a unique of a leaf that is gone",
      "list x { key k; unique a; leaf k { type int8; } leaf a { if-feature f; type int8; } }",
      ["x"],
    ],
  ];
  test.each(PLACES)("CC-7950-7.20.2: with its feature off is not there: %s", (_place, body, left) => {
    const { image } = compileTexts([moduleM(`feature f; ${body}`)], { features: without("f") });
    expect(names(openSchema(image))).toEqual(left);
    expect(names(schemaOf(moduleM(`feature f; ${body}`))).length).toBeGreaterThanOrEqual(left.length);
  });

  test("CC-7950-7.20.2: a bit keeps its position when the one before it is off", () => {
    const source = moduleM("feature f; leaf a { type bits { bit x { if-feature f; } bit y; } }");
    const schema = openSchema(compileTexts([source], { features: without("f") }).image);
    expect(nodeAt(schema, "/m:a").type?.bits).toEqual([{ name: "y", position: 1 }]);
  });

  test("CC-7950-7.20.2: what is off is checked all the same", () => {
    const source = moduleM("feature f; leaf a { if-feature f; type int8; default 300; }");
    expect(() => compileTexts([source], { features: without("f") })).toThrow();
  });

  test("what is off or not supported is known by its paths, with and without choices, and identities by name", () => {
    const source =
      moduleM(`feature f; container c { choice h { leaf a { if-feature f; type int8; } } leaf b { type int8; } }
      identity i { if-feature f; } deviation /m:c/m:b { deviate not-supported; }`);
    const { absent, paths } = compileTexts([source], { features: without("f") });
    expect([...absent].sort()).toEqual(["/m:c/a", "/m:c/b", "/m:c/h/a", "/m:c/h/a/a", "m:i"]);
    expect([...paths.keys()]).toEqual(["/m:c"]);
  });
});

describe("modules and submodules", () => {
  test("CC-7950-7.1.6: a submodule may be included through another one, and one prefix may mean two modules", () => {
    const submodule = (name: string, body: string): string =>
      `submodule ${name} { yang-version 1.1; belongs-to m { prefix m; } ${body} }`;
    const schema = schemaOf(
      moduleM("include s; import p { prefix x; } leaf a { type x:t; } leaf c { type u; }"),
      submodule("s", "include t; import o { prefix x; } leaf b { type x:t; }"),
      submodule("t", "typedef u { type boolean; } container d;"),
      other("typedef t { type int8; }"),
      'module p { namespace "urn:p"; prefix p; typedef t { type string; } }',
    );
    expect(["a", "b", "c"].map((name) => nodeAt(schema, `/m:${name}`).type?.base)).toEqual([
      "string",
      "int8",
      "boolean",
    ]);
    expect(nodeAt(schema, "/m:d").module).toBe("m");
  });

  test("CC-7950-6.2: in YANG 1.1 a name and a prefix may begin with xml", () => {
    const schema = schemaOf(
      'module xmlm { yang-version 1.1; namespace "urn:x"; prefix xm; extension XMLe; xm:XMLe; leaf xml-leaf { type int8; } }',
    );
    expect(names(schema)).toEqual(["xml-leaf"]);
  });

  test("CC-7950-7.1.9: revisions may stand in any order, and the newest counts", () => {
    const schema = schemaOf(
      'module m { namespace "urn:m"; prefix m; revision 2019-05-05; revision 2021-01-01; revision 2020-02-02; }',
    );
    expect(schema.modules.map(({ revision }) => revision)).toEqual(["2021-01-01"]);
  });

  test("CC-8791-2: a structure of a submodule may be augmented from another module", () => {
    const schema = schemaOf(
      moduleM("include s;"),
      `submodule s { yang-version 1.1; belongs-to m { prefix m; } import ietf-yang-structure-ext { prefix sx; }
        sx:structure st { choice c { leaf a { type int8; } } } }`,
      other(
        "import m { prefix m; } import ietf-yang-structure-ext { prefix sx; } sx:augment-structure /m:st/m:c { case d { leaf b { type int8; } } }",
      ),
      STRUCTURE_EXT,
    );
    expect(names(nodeAt(schema, "/m:st"))).toEqual(["a", "b"]);
    expect(nodeAt(schema, "/m:st/o:b")).toMatchObject({ structure: true, cases: [{ choice: "c", case: "d" }] });
  });
});

describe("nodes", () => {
  test("CC-7950-7.8.3: a unique may lead through choices, which have no data", () => {
    const schema = schemaOf(
      moduleM(
        "list l { key k; unique 'c/d/y b/z'; leaf k { type int8; } choice c { case d { leaf y { type int8; } } } container b { leaf z { type int8; } } }",
      ),
    );
    expect(nodeAt(schema, "/m:l").unique).toEqual([["y", "b/z"]]);
  });

  test("CC-7950-7.8.2: the default of a key is ignored", () => {
    const schema = schemaOf(
      moduleM(
        "typedef t { type int8; default 1; } list l { key 'k j'; leaf k { type t; } leaf j { type int8; default 2; } leaf v { type t; } }",
      ),
    );
    expect(["k", "j", "v"].map((name) => nodeAt(schema, `/m:l/${name}`).defaults)).toEqual([
      undefined,
      undefined,
      ["1"],
    ]);
  });

  test("CC-7950-7.15 CC-7950-7.16: actions and notifications stand in containers, keyed lists and augments", () => {
    const schema = schemaOf(
      moduleM(`container c { notification n; list l { key k; leaf k { type int8; } action a { input { leaf i { type int8; } } } } }
        augment /m:c/m:l { notification late { leaf x { type int8; } } action b; }`),
    );
    expect(names(nodeAt(schema, "/m:c"))).toEqual(["n", "l"]);
    expect(names(nodeAt(schema, "/m:c/l"))).toEqual(["k", "a", "late", "b"]);
  });

  test("CC-7950-7.17: a foreign module may add mandatory state and mandatory input", () => {
    const schema = schemaOf(
      moduleM(`import o { prefix o; } augment /o:s { leaf a { type int8; mandatory true; } }
        augment /o:r/o:input { leaf a { type int8; mandatory true; } } augment /o:c { container p { presence x; leaf a { type int8; mandatory true; } } }`),
      other("container s { config false; } rpc r; container c;"),
    );
    expect(nodeAt(schema, "/o:s/m:a").mandatory).toBe(true);
  });

  test("CC-7950-7.20.3: deviations reach nodes in choices, and take cases and their children away", () => {
    const schema = schemaOf(
      moduleM(
        "import o { prefix o; } deviation /o:c/o:x { deviate not-supported; } deviation /o:c/o:y/o:y { deviate add { units s; } }",
      ),
      other("choice c { case x { leaf x1 { type int8; } leaf x2 { type int8; } } leaf y { type int8; } }"),
    );
    expect(names(schema)).toEqual(["y"]);
    expect(nodeAt(schema, "/o:y").units).toBe("s");
  });

  test("CC-7950-9.12: unions nest, and a default is that of the first member that takes it", () => {
    const schema = schemaOf(
      moduleM(
        "typedef t { type union { type int8 { range 1..2; } type union { type enumeration { enum x; } type string { pattern 'y+'; } } } } leaf a { type t; default yy; }",
      ),
    );
    expect(nodeAt(schema, "/m:a")).toMatchObject({ defaults: ["yy"], type: { typedef: "m:t" } });
  });

  test("CC-7950-7.18: an identity may lean on others through several roads", () => {
    const schema = schemaOf(
      moduleM("identity a; identity b { base a; } identity c { base a; } identity d { base b; base c; }"),
    );
    expect(["a", "b", "c"].map((base) => schema.derivedFrom("m:d", `m:${base}`))).toEqual([true, true, true]);
  });
});
