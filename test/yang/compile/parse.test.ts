/** RFC 7950 §6 — statements with their places, and syntax errors that say where. */
import { expect, test } from "@jest/globals";
import { openParser } from "../../../gateway/yang/parse/parser.ts";
import { child, type Statement } from "../../../gateway/yang/parse/statement.ts";
import { refusal } from "./inline.ts";

const parse = await openParser();
const HEAD = 'module m { namespace "urn:m"; prefix m;';

const places = (statement: Statement): readonly string[] => [
  `${statement.line}:${statement.column} ${statement.keyword} ${statement.argument ?? "-"}`,
  ...statement.children.flatMap(places),
];

test("CC-parser CC-7950-6.3: each statement knows its line and column", () => {
  const text = `${HEAD} // a comment; { with "signs
  /* another
     one } */ leaf a { type string { length "1.." + 'max'; } }
\tcontainer b; m:note 'it''s';
}`.replace("'it''s'", '"it\'s"');
  expect(places(parse(text, "m.yang"))).toEqual([
    "1:1 module m",
    "1:12 namespace urn:m",
    "1:31 prefix m",
    "3:15 leaf a",
    "3:24 type string",
    "3:38 length 1..max",
    "4:2 container b",
    "4:15 m:note it's",
  ]);
});

test("CC-7950-6: a file may begin with a byte order mark and end in a comment without line feed", () => {
  expect(parse(`\uFEFF${HEAD} } // end`, "m.yang").argument).toBe("m");
});

test("CC-6020-6.1.3: a module of YANG 1.0 keeps its odd escapes after a module of YANG 1.1 was parsed", () => {
  const pattern = 'leaf a { type string { pattern "\\d+\\.\\\\"; } } }';
  parse(`${HEAD} yang-version 1.1; }`, "new.yang");
  const leaf = child(parse(`${HEAD} ${pattern}`, "old.yang"), "leaf");
  expect(leaf?.children[0]?.children[0]?.argument).toBe("\\d+\\.\\");
});

test.each([
  [
    "CC-7950-7.18.2: an identity with several bases and if-feature",
    "identity a { base b; base c; if-feature f; if-feature g; }",
  ],
  ["CC-7950-9.10.2: an identityref with several bases", "leaf a { type identityref { base b; base c; } }"],
  ["CC-7950-7.13.2: a refine with several defaults", "uses g { refine a { default 1; default 2; } }"],
  ["CC-7950-7.8.3: a list with several unique", "list a { key b; unique c; unique d; leaf b { type string; } }"],
  ["CC-7950-7.9.2: choice and anydata inside a choice", "choice a { choice b { anydata c; } anydata d; }"],
  ["CC-7950-7.9.2: an empty case", "choice a { case b; }"],
])("%s is taken, which yang-js alone refuses or mistakes", (_name, body) => {
  expect(parse(`module m { yang-version 1.1; ${HEAD.slice(11)} ${body} }`, "m.yang").children).toHaveLength(4);
});

const BROKEN: ReadonlyArray<readonly [name: string, text: string, line: number, column: number]> = [
  ["an empty file", "", 1, 1],
  ["no statement at all", "42", 1, 1],
  ["CC-7950-6.3: a statement without its semicolon", `${HEAD}\n leaf a {\n  type string\n }\n}`, 3, 3],
  ["CC-7950-6.3: a block that is not closed", `${HEAD}\n container a {\n  leaf b { type string; }\n`, 2, 2],
  ["CC-7950-6.3: one brace too many", `${HEAD} }\n }`, 2, 2],
  ["CC-7950-5.2: a second module in the file", `${HEAD} }\nmodule n;`, 2, 1],
  ["CC-7950-6.1.3: a string that is not closed", `${HEAD}\n description "what;\n }`, 2, 14],
  ["CC-7950-6.1.1: a comment that is not closed", `${HEAD}\n /* what;\n }`, 2, 2],
  ["CC-7950-6.1.3: a plus without its string", `${HEAD} description "a" + b; }`, 1, 59],
  ["CC-7950-6.1.3: an unknown escape in YANG 1.1", `${HEAD} yang-version 1.1;\n description "a\\d"; }`, 2, 16],
  ["CC-7950-14: a misspelt keyword", `${HEAD}\n leef a { type string; } }`, 2, 2],
  ["CC-7950-14: a statement where it cannot stand", `${HEAD}\n container a {\n  namespace b; } }`, 3, 3],
  ["CC-7950-7.6.3: two types in a leaf", `${HEAD}\n leaf a { type string;\n type int8; } }`, 3, 2],
  ["CC-7950-5.2: a file that holds a leaf", "leaf a { type string; }", 1, 1],
  ["CC-limits: statements nested beyond reason", `${HEAD}\n${"container a {".repeat(200)}`, 2, 1288],
];
test.each(BROKEN)("%s is refused at its place", (_name, text, line, column) => {
  expect(refusal(() => parse(text, "m.yang"))).toMatchObject({ code: "yang.parse", file: "m.yang", line, column });
});

test("a misspelt keyword is answered with the one that was meant", () => {
  expect(refusal(() => parse(`${HEAD} contaner a; }`, "m.yang"))).toMatchObject({
    what: "there is no statement 'contaner', did you mean 'container'?",
  });
});

const OLD = (body: string): string => `${HEAD}\n ${body} }`;
const NEW = (body: string): string => `module m { yang-version 1.1; namespace "urn:m"; prefix m;\n ${body} }`;
const GRAMMAR: ReadonlyArray<readonly [rule: string, text: string, what: string]> = [
  [
    "CC-7950-12: an action in YANG 1",
    OLD("container c { action a; }"),
    "'action' can stand inside 'container c' only in a module with 'yang-version 1.1;'",
  ],
  [
    "CC-7950-12: anydata in YANG 1",
    OLD("anydata a;"),
    "'anydata' can stand inside 'module m' only in a module with 'yang-version 1.1;'",
  ],
  [
    "CC-7950-12: a modifier in YANG 1",
    OLD("leaf a { type string { pattern a { modifier invert-match; } } }"),
    "'modifier' can stand inside 'pattern a' only in a module with 'yang-version 1.1;'",
  ],
  [
    "CC-7950-12: an identity with two bases in YANG 1",
    OLD("identity i { base a; base b; }"),
    "'identity i' has more than one 'base'; only YANG 1.1 allows several",
  ],
  [
    "CC-6020-6.2: a name that begins with xml in YANG 1",
    OLD("leaf xMl { type int8; }"),
    "'leaf' has the name 'xMl', but in YANG 1 no name begins with 'xml'",
  ],
  [
    "CC-7950-6.2: a name with a blank",
    NEW('leaf "a b" { type int8; }'),
    "'leaf' has the argument 'a b', which must be a name: letters, digits, '_', '-' and '.', beginning with a letter or '_'",
  ],
  [
    "CC-7950-7.1.9: a date that is none",
    NEW("revision 2020-13-01;"),
    "'revision' has the argument '2020-13-01', which must be a date such as 2026-11-21",
  ],
  [
    "CC-7950-7.1.2: a version that is none",
    NEW("").replace("1.1", "1.2"),
    "'yang-version' has the argument '1.2', which must be 1 or 1.1",
  ],
  [
    "CC-7950-7.6.5: a mandatory that is neither",
    NEW("leaf a { type int8; mandatory yes; }"),
    "'mandatory' has the argument 'yes', which must be true or false",
  ],
  [
    "CC-7950-7.7.5: a negative min-elements",
    NEW("leaf-list a { type int8; min-elements -1; }"),
    "'min-elements' has the argument '-1', which must be 0 or a positive whole number",
  ],
  [
    "CC-7950-7.7.6: max-elements 0",
    NEW("leaf-list a { type int8; max-elements 0; }"),
    "'max-elements' has the argument '0', which must be a positive whole number or 'unbounded'",
  ],
  [
    "CC-7950-7.7.7: an order that is none",
    NEW("leaf-list a { type int8; ordered-by me; }"),
    "'ordered-by' has the argument 'me', which must be user or system",
  ],
  [
    "CC-7950-9.3.4: too many fraction-digits",
    NEW("leaf a { type decimal64 { fraction-digits 19; } }"),
    "'fraction-digits' has the argument '19', which must be a whole number from 1 to 18",
  ],
  [
    "CC-7950-7.20.3: an unknown deviation",
    NEW("deviation /m:a { deviate change; }"),
    "'deviate' has the argument 'change', which must be not-supported, add, replace or delete",
  ],
  ["CC-7950-7.14: an input with an argument", NEW("rpc r { input x; }"), "'input' takes no argument"],
  ["CC-7950-7.6: a leaf without a type", NEW("leaf a;"), "'leaf a' needs a 'type' statement"],
  ["CC-7950-7.6: a leaf without a name", NEW("leaf { type int8; }"), "'leaf' needs an argument"],
  ["CC-7950-7.1: a module without namespace", "module m { prefix m; }", "'module m' needs a 'namespace' statement"],
  [
    "CC-7950-7.1: an import behind the body",
    NEW("leaf a { type int8; } import o { prefix o; }"),
    "'import' must stand before 'leaf'",
  ],
  [
    "CC-7950-14: a config in a case",
    NEW("choice c { case a { config false; } }"),
    "'config' cannot stand inside 'case a'",
  ],
  [
    "CC-8791-2: a config in a structure",
    NEW("import ietf-yang-structure-ext { prefix sx; } sx:structure s { config false; }"),
    "'config' cannot stand inside 'sx:structure s'",
  ],
  [
    "CC-7950-6: a control character",
    NEW('description "a\u0007";'),
    "a control character must not stand in a YANG file",
  ],
];
test.each(GRAMMAR)("%s is refused", (_rule, text, what) => {
  expect(refusal(() => parse(text, "m.yang"))).toMatchObject({ code: "yang.parse", what });
});

const STRINGS: ReadonlyArray<readonly [name: string, text: string, value: string]> = [
  ["CC-7950-6.1.3: single quotes keep everything", "'a\\n \n  b'", "a\\n \n  b"],
  ["CC-7950-6.1.3: escapes in double quotes", '"a\\n\\t\\"\\\\"', 'a\n\t"\\'],
  ["CC-7950-6.1.3: blanks at the end of a line go", '"a  \t\nb"', "a\nb"],
  [
    "CC-7950-6.1.3: the indentation up to the quote goes",
    '"a\n               b\n                 c\n  d"',
    "a\nb\n  c\nd",
  ],
  ["CC-7950-6.1.3: blanks around an escaped line feed stay", '"a \\n  b"', "a \n  b"],
  ["CC-7950-6.1.3: a tab counts as eight columns", '"a\n\t\tb"', "a\n b"],
  ["CC-7950-6.1.3: pieces are joined", '"a" + \'b\'\n + /* c */ "d"', "abd"],
  ["CC-7950-6.1.3: CR LF is a line break", '"a\r\n               b"', "a\nb"],
  ["CC-7950-6.1.3: an empty string", '""', ""],
];
test.each(STRINGS)("%s", (_name, text, value) => {
  const root = parse(`module m { yang-version 1.1; namespace "urn:m"; prefix m;\n  description ${text}; }`, "m.yang");
  expect(child(root, "description")?.argument).toBe(value);
});
