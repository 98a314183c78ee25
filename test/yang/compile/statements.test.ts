/** RFC 7950 — what each statement does to the schema, with the traps that yang-js falls into (dossier, 3.2). */
import { describe, expect, test } from "@jest/globals";
import { openSchema } from "../../../gateway/yang/compile/open-schema.ts";
import type { LeafType, SchemaNode } from "../../../gateway/yang/index.ts";
import { compileTexts, moduleM, nodeAt, RESTCONF, refusal, STRUCTURE_EXT, schemaOf } from "./inline.ts";

const names = (node: SchemaNode): readonly string[] => node.children.map((each) => each.name);
const typeOf = (body: string): LeafType | undefined => nodeAt(schemaOf(moduleM(body)), "/m:a").type;

describe("types", () => {
  const ROWS: ReadonlyArray<readonly [name: string, body: string, type: Partial<LeafType>]> = [
    [
      "CC-7950-9.2: a built-in type has no restriction of its own",
      "leaf a { type int8; }",
      { base: "int8", range: undefined },
    ],
    [
      "CC-7950-9.2.4: min and max are those of the type below",
      'typedef t { type int8 { range "1..5 | 7..9"; } } leaf a { type t { range "min..2 | 8..max"; } }',
      {
        base: "int8",
        typedef: "m:t",
        range: [
          ["1", "2"],
          ["8", "9"],
        ],
      },
    ],
    [
      "CC-7950-9.2.4: a 64-bit range keeps all its digits",
      "leaf a { type uint64 { range 1..max; } }",
      { range: [["1", "18446744073709551615"]] },
    ],
    ["a range may be below zero", "leaf a { type int16 { range -16..-1; } }", { range: [["-16", "-1"]] }],
    [
      "CC-7950-9.3.4: decimal64 bounds are scaled",
      'typedef t { type decimal64 { fraction-digits 2; range "-1.5..2"; } } leaf a { type t { range "0.25..max"; } }',
      { fractionDigits: 2, range: [["25", "200"]] },
    ],
    [
      "CC-7950-9.4.4: a length joins",
      'typedef t { type string { length 2..max; } } leaf a { type t { length "min | 8"; } }',
      {
        length: [
          ["2", "2"],
          ["8", "8"],
        ],
      },
    ],
    [
      "CC-7950-9.4.5 CC-7950-9.4.6: patterns of the whole chain must match",
      "typedef t { type string { pattern 'a.*'; } } leaf a { type t { pattern '\\p{L}'; pattern x { modifier invert-match; } } }",
      {
        patterns: [
          { source: "a.*", invert: false },
          { source: "\\p{L}", invert: false },
          { source: "x", invert: true },
        ],
      },
    ],
    [
      "CC-7950-9.6.4.2: an enum without value is one above the highest so far, also after a negative one",
      "leaf a { type enumeration { enum x { value -3; } enum y; enum z { value 7; } enum w; } }",
      {
        enums: [
          { name: "x", value: -3 },
          { name: "y", value: -2 },
          { name: "z", value: 7 },
          { name: "w", value: 8 },
        ],
      },
    ],
    [
      "CC-7950-9.6.3: an enum keeps its value in a restricted type",
      "typedef t { type enumeration { enum x; enum y; } } leaf a { type t { enum y; } }",
      { enums: [{ name: "y", value: 1 }] },
    ],
    [
      "CC-7950-9.7.4.2: bits stand in order of position",
      "leaf a { type bits { bit x { position 9; } bit y { position 2; } bit z; } }",
      {
        bits: [
          { name: "y", position: 2 },
          { name: "x", position: 9 },
          { name: "z", position: 10 },
        ],
      },
    ],
    [
      "CC-7950-9.10.2: an identityref may have several bases",
      "identity x; identity y; leaf a { type identityref { base x; base m:y; } }",
      { identityBases: ["m:x", "m:y"] },
    ],
    [
      "CC-7950-9.13: instance-identifiers are required by default",
      "leaf a { type instance-identifier; }",
      { requireInstance: true },
    ],
    [
      "CC-7950-9.9.3: a leafref may do without its target",
      "leaf b { type int8; } leaf a { type leafref { path ../b; require-instance false; } }",
      { requireInstance: false },
    ],
    ["CC-7950-9.11: empty has no value", "leaf a { type empty; }", { base: "empty" }],
  ];
  test.each(ROWS)("%s", (_name, body, type) => {
    expect(typeOf(body)).toMatchObject(type);
  });

  test("CC-7950-5.5: a typedef of one container is not that of another", () => {
    const schema = schemaOf(
      moduleM(
        "container c { typedef t { type string; } leaf a { type t; } } container d { typedef t { type int8; } leaf b { type t; } }",
      ),
    );
    expect(nodeAt(schema, "/m:c/a").type?.base).toBe("string");
    expect(nodeAt(schema, "/m:d/b").type?.base).toBe("int8");
  });

  test("CC-7950-9.12: a union keeps its members in order, each with its own chain", () => {
    const type = typeOf(
      "typedef t { type uint8 { range 1..4; } } identity i; leaf a { type union { type t; type union { type identityref { base i; } } } }",
    );
    expect(type?.members?.map((each) => each.base)).toEqual(["uint8", "union"]);
    expect(type?.members?.[0]).toMatchObject({ typedef: "m:t", range: [["1", "4"]] });
    expect(type?.members?.[1]?.members?.[0]?.identityBases).toEqual(["m:i"]);
  });

  test("CC-7950-9.9.2: a leafref has the type that it leads to, through predicates and other leafrefs", () => {
    const schema = schemaOf(
      moduleM(`list i { key n; leaf n { type int8; } leaf m { type uint32 { range 1..9; } } }
        leaf k { type leafref { path /m:i/m:n; } }
        leaf v { type leafref { path "/m:i[m:n = current()/../k]/m:m"; } }
        leaf w { type leafref { path ../v; } }`),
    );
    expect(nodeAt(schema, "/m:k").type?.target?.base).toBe("int8");
    expect(nodeAt(schema, "/m:v").type?.target).toMatchObject({ base: "uint32", range: [["1", "9"]] });
    expect(nodeAt(schema, "/m:w").type?.target?.target?.base).toBe("uint32");
  });

  test("CC-7950-9.9.2: a relative leafref in a grouping leads elsewhere from each place", () => {
    const schema = schemaOf(
      moduleM(`grouping g { leaf r { type leafref { path ../v; } } }
        container x { leaf v { type int8; } uses g; } container y { leaf v { type string; } uses g; }`),
    );
    expect(nodeAt(schema, "/m:x/r").type?.target?.base).toBe("int8");
    expect(nodeAt(schema, "/m:y/r").type?.target?.base).toBe("string");
  });

  test("CC-7950-6.4.1: a leafref in an input sees its siblings, and the data outside the rpc", () => {
    const schema = schemaOf(
      moduleM(`leaf d { type int8; } rpc r { input { leaf v { type string; }
        leaf x { type leafref { path ../v; } } leaf y { type leafref { path ../../d; } } } }`),
    );
    expect(nodeAt(schema, "/m:r/input/x").type?.target?.base).toBe("string");
    expect(nodeAt(schema, "/m:r/input/y").type?.target?.base).toBe("int8");
  });

  test("equal types are one object", () => {
    const schema = schemaOf(moduleM("leaf a { type string { length 1; } } leaf b { type string { length 1; } }"));
    expect(nodeAt(schema, "/m:a").type).toBe(nodeAt(schema, "/m:b").type);
  });
});

describe("leafs and lists", () => {
  const FACTS: ReadonlyArray<readonly [name: string, body: string, facts: Partial<SchemaNode>]> = [
    [
      "CC-7950-7.3.3 CC-7950-7.3.4: default and units come from the typedef",
      "typedef t { type int8; units s; default 5; } leaf a { type t; }",
      { units: "s", defaults: ["5"] },
    ],
    [
      "CC-7950-7.3.4 CC-7950-7.6.4: the leaf's own come first",
      "typedef t { type int8; units s; default 5; } leaf a { type t; units h; default 6; }",
      { units: "h", defaults: ["6"] },
    ],
    [
      "CC-7950-7.6.1: a mandatory leaf ignores the typedef's default",
      "typedef t { type int8; default 5; } leaf a { type t; mandatory true; }",
      { mandatory: true, defaults: undefined },
    ],
    ["a default may be hexadecimal", "leaf a { type int16; default -0x10; }", { defaults: ["-0x10"] }],
    [
      "CC-7950-7.7.4: a leaf-list has several defaults",
      "leaf-list a { type int8; default 1; default 2; }",
      { defaults: ["1", "2"] },
    ],
    [
      "CC-7950-7.6.4: a default identity is named with its module",
      "identity b; identity c { base b; } leaf a { type identityref { base b; } default c; }",
      { defaults: ["m:c"] },
    ],
    [
      "CC-7950-9.12: a default in a union is that of the member that takes it",
      "identity b; identity c { base b; } leaf a { type union { type int8; type identityref { base b; } } default m:c; }",
      { defaults: ["m:c"] },
    ],
    [
      "CC-7950-7.7.5 CC-7950-7.7.6 CC-7950-7.7.7: bounds and order of a leaf-list",
      "leaf-list a { type int8; min-elements 1; max-elements 3; ordered-by user; }",
      { minElements: 1, maxElements: 3, orderedByUser: true },
    ],
    [
      "CC-7950-7.7.6: no bounds",
      "leaf-list a { type int8; max-elements unbounded; }",
      { minElements: undefined, maxElements: undefined, orderedByUser: false },
    ],
    [
      "CC-7950-7.8.2: keys in the order of the key statement",
      "list a { key 'y x'; leaf x { type int8; } leaf y { type int8; } }",
      { keys: ["y", "x"] },
    ],
    [
      "CC-7950-7.8.3: unique sets",
      "list a { key x; unique 'y c/z'; unique y; leaf x { type int8; } leaf y { type int8; } container c { leaf z { type int8; } } }",
      { unique: [["y", "c/z"], ["y"]] },
    ],
    [
      "CC-7950-7.8.2: a list of state may lack a key",
      "list a { config false; leaf x { type int8; } }",
      { keys: [], config: false },
    ],
    ["CC-7950-7.5.5: presence", "container a { presence yes; }", { presence: true }],
    ["CC-7950-7.5.1: no presence", "container a;", { presence: false }],
    [
      "CC-7950-7.5.3 CC-7950-7.21.5: must and when with module names for prefixes",
      "leaf a { type int8; must \"m:b = 'm:c' and . > 1\"; must x; when \"derived-from(/m:b, 'm:c')\"; }",
      { must: [{ expression: "m:b = 'm:c' and . > 1" }, { expression: "x" }], when: ["derived-from(/m:b, 'm:c')"] },
    ],
    [
      "CC-7950-7.8.3: unique leafs that another module may have too",
      "list a { key x; unique 'm:y c/z'; leaf x { type int8; } leaf y { type int8; } container c { leaf z { type int8; } } }",
      { unique: [["y", "c/z"]] },
    ],
    ["CC-7950-7.10: anydata", "anydata a { mandatory true; }", { kind: "anydata", mandatory: true }],
    ["CC-7950-7.11: anyxml", "anyxml a;", { kind: "anyxml" }],
  ];
  test.each(FACTS)("%s", (_name, body, facts) => {
    expect(nodeAt(schemaOf(moduleM(body)), "/m:a")).toMatchObject(facts);
  });

  test("CC-7950-7.21.1: config false reaches everything below", () => {
    const schema = schemaOf(
      moduleM("container a { config false; container b { leaf c { type int8; } } } leaf d { type int8; }"),
    );
    expect(["/m:a", "/m:a/b", "/m:a/b/c", "/m:d"].map((path) => nodeAt(schema, path).config)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});

describe("choices", () => {
  const schema = schemaOf(
    moduleM(`container t {
      choice c { default y; mandatory false; when "m:on = 'true'";
        case x { leaf x1 { type int8; } leaf x2 { type int8; } }
        leaf y { type int8; }
        case empty;
        case n { when z; choice inner { mandatory true; anydata deep; container deeper; } } }
      leaf on { type boolean; } }`),
  );

  test("CC-7950-7.9: choices and cases have no node; their children stand in the data parent, in order", () => {
    expect(names(nodeAt(schema, "/m:t"))).toEqual(["x1", "x2", "y", "deep", "deeper", "on"]);
  });

  test("CC-7950-7.9.2 CC-7950-7.9.3 CC-7950-7.9.4: each child knows its choices and cases from the outside in", () => {
    // Both have one condition around them: the choice's.
    const outer = { choice: "c", mandatory: false, conditions: 1 };
    expect(nodeAt(schema, "/m:t/x2").cases).toEqual([{ ...outer, case: "x", isDefault: false }]);
    expect(nodeAt(schema, "/m:t/y").cases).toEqual([{ ...outer, case: "y", isDefault: true }]);
    expect(nodeAt(schema, "/m:t/deeper").cases).toEqual([
      { ...outer, case: "n", isDefault: false },
      { choice: "inner", case: "deeper", mandatory: true, isDefault: false, conditions: 2 },
    ]);
    expect(nodeAt(schema, "/m:t/on").cases).toBeUndefined();
  });

  test("CC-7950-7.21.5: the conditions of choices and cases are evaluated at the data parent", () => {
    expect(nodeAt(schema, "/m:t/y").parentWhen).toEqual(["m:on = 'true'"]);
    expect(nodeAt(schema, "/m:t/deep").parentWhen).toEqual(["m:on = 'true'", "z"]);
  });
});

describe("groupings", () => {
  test("CC-7950-7.13: uses stand where they are written, not at the end", () => {
    const schema = schemaOf(
      moduleM(
        "grouping g { leaf u { type int8; } leaf v { type int8; } } container t { leaf a { type int8; } uses g; leaf b { type int8; } }",
      ),
    );
    expect(names(nodeAt(schema, "/m:t"))).toEqual(["a", "u", "v", "b"]);
  });

  test("CC-7950-7.12 CC-7950-7.13.2: one grouping used twice, refined in one place only", () => {
    const schema = schemaOf(
      moduleM(`grouping g { container c { leaf a { type int8; default 1; must x; } leaf-list l { type int8; } } }
        container t { uses g { refine c { presence yes; } refine c/a { default 2; config false; must y; description d; }
          refine c/l { default 3; default 4; max-elements 5; } } }
        container u { uses g; }`),
    );
    expect(nodeAt(schema, "/m:t/c").presence).toBe(true);
    expect(nodeAt(schema, "/m:t/c/a")).toMatchObject({
      defaults: ["2"],
      config: false,
      must: [{ expression: "x" }, { expression: "y" }],
      description: "d",
    });
    expect(nodeAt(schema, "/m:t/c/l")).toMatchObject({ defaults: ["3", "4"], maxElements: 5 });
    expect(nodeAt(schema, "/m:u/c")).toMatchObject({ presence: false });
    expect(nodeAt(schema, "/m:u/c/a")).toMatchObject({ defaults: ["1"], config: true, must: [{ expression: "x" }] });
  });

  test("CC-7950-7.13 CC-7950-7.17: nested uses, local groupings and typedefs, and augment inside uses", () => {
    const schema = schemaOf(
      moduleM(`grouping outer { grouping inner { typedef t { type int8; } leaf i { type t; } } container c { uses inner; choice k { leaf k1 { type int8; } } } }
        uses outer { when w; augment c { when x; leaf extra { type int8; } } augment c/k { leaf k2 { type int8; } case k3 { leaf k4 { type int8; } } } }`),
    );
    expect(names(nodeAt(schema, "/m:c"))).toEqual(["i", "k1", "k2", "k4", "extra"]);
    expect(nodeAt(schema, "/m:c").parentWhen).toEqual(["w"]);
    expect(nodeAt(schema, "/m:c/extra").parentWhen).toEqual(["x"]);
    expect(nodeAt(schema, "/m:c/k2").cases?.[0]).toMatchObject({ choice: "k", case: "k2" });
    expect(nodeAt(schema, "/m:c/k4").cases?.[0]).toMatchObject({ choice: "k", case: "k3" });
  });

  test("CC-7950-7.12: the nodes are in the module that uses the grouping, their types in the one that defines it", () => {
    const other =
      'module o { namespace "urn:o"; prefix o; typedef t { type uint8; } grouping g { leaf a { type t; must o:x; } } }';
    const schema = schemaOf(moduleM("import o { prefix other; } uses other:g;"), other);
    expect(nodeAt(schema, "/m:a")).toMatchObject({ module: "m", must: [{ expression: "o:x" }] });
    expect(nodeAt(schema, "/m:a").type).toMatchObject({ typedef: "o:t" });
  });
});

describe("operations and notifications", () => {
  const schema = schemaOf(
    moduleM(`rpc r; rpc s { input { must x; leaf a { type int8; mandatory true; } } output { list o { leaf b { type int8; } } } }
      container t { list l { key k; leaf k { type int8; } action act { output { leaf z { type int8; } } } notification n { leaf q { type int8; } } } }
      notification top { container c { leaf d { type int8; } } }`),
  );

  test("CC-7950-7.14.2 CC-7950-7.14.3 CC-7950-7.15: input and output exist even where nobody wrote them", () => {
    expect(nodeAt(schema, "/m:r").children.map((each) => each.kind)).toEqual(["input", "output"]);
    expect(names(nodeAt(schema, "/m:t/l/act"))).toEqual(["input", "output"]);
    expect(nodeAt(schema, "/m:s/input").must?.map(({ expression }) => expression)).toEqual(["x"]);
  });

  test("CC-7950-7.14 CC-7950-7.16: a list in an operation needs no key, and nothing in it or in a notification is configuration", () => {
    expect(nodeAt(schema, "/m:s/output/o")).toMatchObject({ kind: "list", config: false });
    expect(nodeAt(schema, "/m:t/l/n/q")).toMatchObject({ config: false });
    expect(nodeAt(schema, "/m:top")).toMatchObject({ kind: "notification", parent: undefined });
  });
});

describe("augments and deviations", () => {
  const base =
    'module b { yang-version 1.1; namespace "urn:b"; prefix b; container t { leaf x { type int8; default 3; must p; } choice c { leaf c1 { type int8; } } } rpc r; notification n; }';

  test("CC-7950-7.17: an augment from another module keeps its own namespace, whatever the order", () => {
    const schema = schemaOf(
      moduleM(`import b { prefix base; }
        augment /base:t/m:extra/m:deep { leaf d { type int8; } }
        augment /base:t { when base:x; container extra { container deep; } }
        augment /base:t/base:c { leaf c2 { type int8; } case c3 { leaf c4 { type int8; } } }
        augment /base:t/base:c/base:c1 { leaf c5 { type int8; } }
        augment /base:r/base:input { leaf i { type int8; } } augment /base:n { leaf j { type int8; } }`),
      base,
    );
    expect(names(nodeAt(schema, "/b:t"))).toEqual(["x", "c1", "c5", "c2", "c4", "extra"]);
    expect(nodeAt(schema, "/b:t/m:extra")).toMatchObject({ module: "m", parentWhen: ["b:x"] });
    expect(nodeAt(schema, "/b:t/m:extra/deep/d").kind).toBe("leaf");
    expect(nodeAt(schema, "/b:t/m:c4").cases?.[0]).toMatchObject({ choice: "c", case: "c3" });
    expect(nodeAt(schema, "/b:r/input/m:i").kind).toBe("leaf");
    expect(nodeAt(schema, "/b:n/m:j").kind).toBe("leaf");
  });

  test("CC-7950-7.2: a submodule brings nodes, definitions and augments with prefixes of its own", () => {
    const schema = schemaOf(
      moduleM("include s; container top { uses sg; }"),
      "submodule s { yang-version 1.1; belongs-to m { prefix own; } import b { prefix m; } grouping sg { leaf g { type own:st; } } typedef st { type int8; } augment /m:t { leaf fromsub { type st; } } container sub; augment /own:top { leaf late { type int8; } } }",
      base,
    );
    expect(names(nodeAt(schema, "/m:top"))).toEqual(["g", "late"]);
    expect(nodeAt(schema, "/b:t/m:fromsub").type).toMatchObject({ typedef: "m:st" });
    expect(nodeAt(schema, "/m:sub").module).toBe("m");
  });

  test("CC-7950-7.20.3.2: deviations take away, add, replace and delete", () => {
    const schema = schemaOf(
      moduleM(`import b { prefix b; }
        deviation /b:t/b:c { deviate not-supported; }
        deviation /b:t/b:x { deviate replace { type uint8; default 9; } deviate add { units V; must q; } deviate delete { must p; } }`),
      base,
    );
    expect(names(nodeAt(schema, "/b:t"))).toEqual(["x"]);
    expect(nodeAt(schema, "/b:t/x")).toMatchObject({ defaults: ["9"], units: "V", must: [{ expression: "q" }] });
    expect(nodeAt(schema, "/b:t/x").type?.base).toBe("uint8");
  });
});

describe("features", () => {
  const body = `feature on; feature off; feature both { if-feature "on and off"; }
    leaf a { type int8; if-feature "on and not (off or both)"; } leaf b { type int8; if-feature off; }
    leaf c { type int8; if-feature "off or on"; } leaf e { type enumeration { enum x { if-feature off; } enum y; } }
    identity i { if-feature off; if-feature on; } grouping g { leaf r { type int8; } } uses g { refine r { if-feature off; } }`;

  test("CC-7950-7.20.1: all features are there by default", () => {
    const schema = schemaOf(moduleM(body));
    expect(schema.roots.map((each) => each.name)).toEqual(["b", "c", "e", "r"]);
    expect(schema.identities.has("m:i")).toBe(true);
  });

  test("CC-7950-7.20.2: what needs a feature that is off is not there, and the values beside it do not move", () => {
    const { image } = compileTexts([moduleM(body)], { features: (_module, feature) => feature !== "off" });
    const schema = openSchema(image);
    expect(schema.roots.map((each) => each.name)).toEqual(["a", "c", "e"]);
    expect(nodeAt(schema, "/m:e").type?.enums).toEqual([{ name: "y", value: 1 }]);
    expect(schema.identities.has("m:i")).toBe(false);
  });
});

describe("identities", () => {
  const schema = schemaOf(
    moduleM("import o { prefix o; } identity x { base o:top; } identity y { base x; base z; } identity z;"),
    'module o { namespace "urn:o"; prefix o; identity top; }',
  );

  test("CC-7950-7.18.2: derivation is transitive, over modules and several bases, and no identity is derived from itself", () => {
    expect(schema.identities.get("m:y")?.bases).toEqual(["m:x", "m:z"]);
    expect(schema.derivedFrom("m:y", "o:top")).toBe(true);
    expect(schema.derivedFrom("m:y", "m:z")).toBe(true);
    expect(schema.derivedFrom("m:x", "m:z")).toBe(false);
    expect(schema.derivedFrom("m:x", "m:x")).toBe(false);
  });
});

describe("modules", () => {
  test("CC-7950-7.1.7 CC-7950-7.1.8 CC-7950-7.21.3 CC-7950-7.21.4: what is for people stands once, and of nodes the description is kept", () => {
    const head = 'organization o; contact "c"; description d; reference r;';
    const body = `leaf a { type int8; description "what it is"; reference "RFC 7950"; }`;
    expect(nodeAt(schemaOf(moduleM(`${head} ${body}`)), "/m:a").description).toBe("what it is");
    for (const statement of ["organization x;", "contact x;", "description x;", "reference x;"]) {
      expect(refusal(() => schemaOf(moduleM(`${statement} ${head} ${body}`)))).toMatchObject({ code: "yang.parse" });
    }
  });

  test("CC-7950-5.1.1 CC-7950-7.1.5: an import by revision takes that revision's definitions, while the newest is the one with data", () => {
    const old =
      'module o { namespace "urn:o"; prefix o; revision 2019-01-01; typedef t { type int8; } leaf gone { type int8; } }';
    const now =
      'module o { namespace "urn:o"; prefix o; revision 2019-01-01; revision 2021-01-01; typedef t { type string; } leaf here { type int8; } }';
    const schema = schemaOf(moduleM("import o { prefix o; revision-date 2019-01-01; } leaf a { type o:t; }"), old, now);
    expect(nodeAt(schema, "/m:a").type?.base).toBe("int8");
    expect(schema.byPath("/o:gone")).toBeUndefined();
    expect(nodeAt(schema, "/o:here").module).toBe("o");
    expect(schema.modules.filter((each) => each.name === "o").map((each) => [each.revision, each.importOnly])).toEqual(
      expect.arrayContaining([
        ["2019-01-01", true],
        ["2021-01-01", false],
      ]),
    );
  });

  test("CC-8791-2 CC-8040-8: structures and yang-data are roots that are no data nodes", () => {
    const schema = schemaOf(
      moduleM(`import ietf-yang-structure-ext { prefix sx; } import ietf-restconf { prefix rc; }
        sx:structure s { leaf a { type int8; } list l { leaf b { type int8; } } }
        rc:yang-data named { container y { leaf c { type int8; } } }
        sx:augment-structure /m:s { leaf d { type int8; } }`),
      STRUCTURE_EXT,
      RESTCONF,
    );
    expect(schema.roots.map((each) => [each.name, each.structure])).toEqual([
      ["s", true],
      ["y", true],
    ]);
    expect(names(nodeAt(schema, "/m:s"))).toEqual(["a", "l", "d"]);
    expect(nodeAt(schema, "/m:y/c").structure).toBe(true);
  });

  test("all nodes have the same fields in the same order, which keeps the codec's reads fast", () => {
    const schema = schemaOf(moduleM("container a { leaf b { type int8; } } rpc r;"));
    const shapes = new Set(
      ["/m:a", "/m:a/b", "/m:r", "/m:r/input"].map((path) => Object.keys(nodeAt(schema, path)).join()),
    );
    expect(shapes.size).toBe(1);
  });
});
