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

test("each statement knows its line and column", () => {
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

test("a file may begin with a byte order mark and end in a comment without line feed", () => {
  expect(parse(`\uFEFF${HEAD} } // end`, "m.yang").argument).toBe("m");
});

test("a module of YANG 1.0 keeps its odd escapes after a module of YANG 1.1 was parsed", () => {
  const pattern = 'leaf a { type string { pattern "\\d+\\.\\\\"; } } }';
  parse(`${HEAD} yang-version 1.1; }`, "new.yang");
  const leaf = child(parse(`${HEAD} ${pattern}`, "old.yang"), "leaf");
  expect(leaf?.children[0]?.children[0]?.argument).toBe("\\d+\\.\\");
});

test.each([
  ["identity with several bases and if-feature", "identity a { base b; base c; if-feature f; if-feature g; }"],
  ["identityref with several bases", "leaf a { type identityref { base b; base c; } }"],
  ["refine with several defaults", "uses g { refine a { default 1; default 2; } }"],
  ["list with several unique", "list a { key b; unique c; unique d; leaf b { type string; } }"],
  ["choice and anydata inside a choice", "choice a { choice b { anydata c; } anydata d; }"],
  ["empty case", "choice a { case b; }"],
])("%s is taken, which yang-js alone refuses or mistakes", (_name, body) => {
  expect(parse(`module m { yang-version 1.1; ${HEAD.slice(11)} ${body} }`, "m.yang").children).toHaveLength(4);
});

const BROKEN: ReadonlyArray<readonly [name: string, text: string, line: number, column: number]> = [
  ["an empty file", "", 1, 1],
  ["no statement at all", "42", 1, 1],
  ["a statement without its semicolon", `${HEAD}\n leaf a {\n  type string\n }\n}`, 3, 3],
  ["a block that is not closed", `${HEAD}\n container a {\n  leaf b { type string; }\n`, 2, 2],
  ["one brace too many", `${HEAD} }\n }`, 2, 2],
  ["a second module in the file", `${HEAD} }\nmodule n;`, 2, 1],
  ["a string that is not closed", `${HEAD}\n description "what;\n }`, 2, 14],
  ["a comment that is not closed", `${HEAD}\n /* what;\n }`, 2, 2],
  ["a plus without its string", `${HEAD} description "a" + b; }`, 1, 59],
  ["an unknown escape in YANG 1.1", `${HEAD} yang-version 1.1;\n description "a\\d"; }`, 2, 16],
  ["a misspelt keyword", `${HEAD}\n leef a { type string; } }`, 2, 2],
  ["a statement where it cannot stand", `${HEAD}\n container a {\n  namespace b; } }`, 3, 3],
  ["two types in a leaf", `${HEAD}\n leaf a { type string;\n type int8; } }`, 3, 2],
  ["a file that holds a leaf", "leaf a { type string; }", 1, 1],
  ["statements nested beyond reason", `${HEAD}\n${"container a {".repeat(200)}`, 2, 1288],
];
test.each(BROKEN)("%s is refused at its place", (_name, text, line, column) => {
  expect(refusal(() => parse(text, "m.yang"))).toMatchObject({ code: "yang.parse", file: "m.yang", line, column });
});

test("a misspelt keyword is answered with the one that was meant", () => {
  expect(refusal(() => parse(`${HEAD} contaner a; }`, "m.yang"))).toMatchObject({
    what: "there is no statement 'contaner', did you mean 'container'?",
  });
});
