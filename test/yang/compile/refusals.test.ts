/** RFC 7950 — sources that parse and mean nothing: each is refused at its place, by the statement to blame. */
import { expect, test } from "@jest/globals";
import { compileTexts, moduleM, refusal } from "./inline.ts";

/** The body stands on line 2 of its module, so that column 1 is its first character. */
const ROWS: ReadonlyArray<readonly [name: string, body: string, statement: string, line: number, column: number]> = [
  ["CC-7950-7.4: an unknown type", "leaf a {\n type strng; }", "type strng", 3, 2],
  ["CC-7950-7.4: an unknown type of another module", "leaf a {\n type x:t; }", "type x:t", 3, 2],
  ["CC-7950-7.3: a typedef nobody uses, with an unknown type", "typedef t {\n type u; }", "type u", 3, 2],
  ["CC-7950-7.3: a typedef that is defined by itself", "typedef t { type u; }\ntypedef u { type t; }", "type t", 3, 13],
  ["CC-7950-7.1.5: an unknown import", "import other { prefix o; }", "import other", 2, 1],
  ["CC-7950-7.1.4: a prefix that is taken", "import m { prefix m; }", "prefix m", 2, 12],
  ["CC-7950-7.1.6: an unknown submodule", "include part;", "include part", 2, 1],
  ["CC-7950-7.13: an unknown grouping", "container c {\n uses g; }", "uses g", 3, 2],
  ["CC-7950-7.12: a grouping that uses itself", "grouping g { container c { uses g; } }\nuses g;", "uses g", 2, 28],
  [
    "CC-7950-7.13.2: a refine of nothing",
    "grouping g { leaf a { type string; } }\nuses g { refine b { default 1; } }",
    "refine b",
    3,
    10,
  ],
  ["CC-7950-7.17: an augment of nothing", "augment /m:a { leaf b { type string; } }", "augment /m:a", 2, 1],
  [
    "CC-7950-7.17: an augment of a leaf",
    "leaf a { type string; }\naugment /m:a { leaf b { type string; } }",
    "augment /m:a",
    3,
    1,
  ],
  ["CC-7950-7.20.3: a deviation of nothing", "deviation /m:a { deviate not-supported; }", "deviation /m:a", 2, 1],
  [
    "CC-7950-6.2.1: two children of one name",
    "container c {\n leaf a { type string; }\n container a; }",
    "container a",
    4,
    2,
  ],
  [
    "CC-7950-6.2.1: two children of one name in two cases",
    "choice c { case x { leaf a { type string; } }\n case y { leaf a { type string; } } }",
    "leaf a",
    3,
    11,
  ],
  ["CC-7950-7.8.2: a list of configuration without key", "list l { leaf a { type string; } }", "list l", 2, 1],
  ["CC-7950-7.8.2: a key that does not exist", "list l {\n key b; leaf a { type string; } }", "key b", 3, 2],
  ["CC-7950-7.8.2: a key that is no leaf", "list l {\n key a; container a; }", "key a", 3, 2],
  [
    "CC-7950-7.8.2: a key that differs in config",
    "list l { key a; leaf a { type string; config false; } }",
    "key a",
    2,
    10,
  ],
  [
    "CC-7950-7.8.3: a unique that is no leaf",
    "list l { key a; leaf a { type string; }\n unique b/c; }",
    "unique b/c",
    3,
    2,
  ],
  [
    "CC-7950-7.21.1: configuration below state",
    "container c { config false;\n leaf a { type string; config true; } }",
    "config true",
    3,
    24,
  ],
  [
    "CC-7950-7.6.4: a mandatory leaf with default",
    "leaf a { type string; mandatory true;\n default x; }",
    "default x",
    3,
    2,
  ],
  ["CC-7950-7.6.4: a default out of range", "leaf a { type uint8; default 256; }", "default 256", 2, 22],
  [
    "CC-7950-7.6.4: a default that is no enum",
    "leaf a { type enumeration { enum x; }\n default y; }",
    "default y",
    3,
    2,
  ],
  [
    "CC-7950-7.6.4: a default that is no identity",
    "identity b; leaf a { type identityref { base b; }\n default y; }",
    "default y",
    3,
    2,
  ],
  [
    "CC-7950-7.9.3: a default case that is not there",
    "choice c { default b; leaf a { type string; } }",
    "default b",
    2,
    12,
  ],
  ["CC-7950-9.2.4: a range wider than its type", "leaf a { type uint8 { range 0..256; } }", "range 0..256", 2, 23],
  [
    "CC-7950-9.2.4: a range wider than its typedef",
    "typedef t { type int8 { range 1..10; } } leaf a {\n type t { range 0..5; } }",
    "range 0..5",
    3,
    11,
  ],
  ["CC-7950-9.2.4: a range that descends", "leaf a { type int8 { range 5..1; } }", "range 5..1", 2, 22],
  ["CC-7950-9.2: a pattern for a number", 'leaf a { type int8 { pattern "1"; } }', "pattern 1", 2, 22],
  ["CC-7950-9.3.4: a decimal64 without digits", "leaf a { type decimal64; }", "type decimal64", 2, 10],
  [
    "CC-7950-9.5 CC-7950-7.6.4: a default that is no boolean",
    "leaf a { type boolean;\n default yes; }",
    "default yes",
    3,
    2,
  ],
  ["CC-7950-9.7.4: bits without bit", "leaf a { type bits; }", "type bits", 2, 10],
  [
    "CC-7950-9.7.3: a bit that the restricted type has not",
    "typedef t { type bits { bit x; } } leaf a { type t {\n bit y; } }",
    "bit y",
    3,
    2,
  ],
  ["CC-7950-9.6.4: an enumeration without enum", "leaf a { type enumeration; }", "type enumeration", 2, 10],
  [
    "CC-7950-9.6.4.2: two enums of one value",
    "leaf a { type enumeration { enum x { value 1; }\n enum y { value 1; } } }",
    "enum y",
    3,
    2,
  ],
  [
    "CC-7950-9.6.3: an enum that the restricted type has not",
    "typedef t { type enumeration { enum x; } } leaf a { type t {\n enum y; } }",
    "enum y",
    3,
    2,
  ],
  ["CC-7950-9.10.2: an unknown identity as base", "leaf a { type identityref { base b; } }", "base b", 2, 29],
  [
    "CC-7950-7.18.2: an identity derived from itself",
    "identity a { base b; }\nidentity b { base a; }",
    "identity a",
    2,
    1,
  ],
  ["CC-7950-9.9.2: a leafref that leads to nothing", "leaf a { type leafref { path ../b; } }", "path ../b", 2, 25],
  [
    "CC-7950-9.9.2: a leafref that climbs too high",
    "leaf a { type leafref { path ../../../b; } }",
    "path ../../../b",
    2,
    25,
  ],
  [
    "CC-7950-9.9.2: a leafref to a container",
    "leaf a { type leafref { path ../b; } } container b;",
    "path ../b",
    2,
    25,
  ],
  [
    "CC-7950-9.9: leafrefs in a circle",
    "leaf a { type leafref { path ../b; } }\nleaf b { type leafref { path ../a; } }",
    "path ../a",
    3,
    25,
  ],
  ["CC-7950-7.20.2: an unknown feature", "leaf a { if-feature f; type string; }", "if-feature f", 2, 10],
  [
    "CC-7950-7.20.2: an unfinished if-feature",
    'feature f; leaf a { if-feature "f and"; type string; }',
    "if-feature f and",
    2,
    21,
  ],
  [
    "CC-7950-7.20.1: a feature that needs itself",
    "feature f { if-feature f; }\nleaf a { if-feature f; type string; }",
    "if-feature f",
    2,
    13,
  ],
  ["CC-7950-7.21.5: an unknown prefix in a when", "leaf a { type string; when x:b; }", "when x:b", 2, 23],
];
test.each(ROWS)("%s is refused at its place", (_name, body, statement, line, column) => {
  const told = refusal(() => compileTexts([moduleM(body)]));
  expect(told).toMatchObject({ code: "yang.compile", file: "file0.yang", statement, line, column });
});

test("a misspelt type is answered with the one that was meant", () => {
  expect(refusal(() => compileTexts([moduleM("leaf a { type strng; }")]))).toMatchObject({
    what: "there is no type 'strng' in module 'm', did you mean 'string'?",
  });
});

test("a finding quotes the beginning of what is long, in the statement and in the sentence", () => {
  const long = `x${"y".repeat(200)}`;
  const told = refusal(() => compileTexts([moduleM(`leaf a { type string; must "${long} + "; }`)]));
  expect(told).toMatchObject({ statement: `must x${"y".repeat(78)}…` });
  expect(refusal(() => compileTexts([moduleM(`leaf a { type ${long}; }`)]))).toMatchObject({
    statement: `type x${"y".repeat(78)}…`,
    what: `there is no type 'x${"y".repeat(78)}…' in module 'm'`,
  });
});

test("a finding in a grouping of another module names the file of that module", () => {
  const other = 'module o { namespace "urn:o"; prefix o; grouping g { leaf a {\n type nothing; } } }';
  const told = refusal(() => compileTexts([moduleM("import o { prefix o; } uses o:g;"), other]));
  expect(told).toMatchObject({ code: "yang.compile", file: "file1.yang", line: 2, column: 2 });
});

test("an import names the revision that is missing", () => {
  const told = refusal(() =>
    compileTexts([
      moduleM("import o { prefix o; revision-date 2020-01-01; }"),
      'module o { namespace "urn:o"; prefix o; revision 2021-01-01; }',
    ]),
  );
  expect(told).toMatchObject({
    statement: "import o",
    what: "there is no module 'o' of revision 2020-01-01 in the model folders",
  });
});
