/**
 * Sources that nobody meant to write: mutated models give coded errors and nothing else, and no text, however short or
 * long, costs more than the limits allow (compile/limits.ts, parse/scan.ts).
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { isCoded } from "../../../gateway/base/index.ts";
import { compile } from "../../../gateway/yang/compile/compile.ts";
import { revisionOf } from "../../../gateway/yang/compile/module-set.ts";
import { builtInModels } from "../../../gateway/yang/index.ts";
import { openParser } from "../../../gateway/yang/parse/parser.ts";
import type { Statement } from "../../../gateway/yang/parse/statement.ts";
import { inDrill } from "../../support/drill.ts";
import { compileTexts, moduleM, refusal } from "./inline.ts";
import { filesOf, SETS } from "./published-sets.ts";

const parse = await openParser();

const COUNT = inDrill(1_000, 2_000);

/** The same numbers in each run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const OWN = readdirSync(builtInModels())
  .filter((name) => name.endsWith(".yang"))
  .map((name) => readFileSync(join(builtInModels(), name), "utf8"));
const LIBRARY = SETS.filter(({ name }) => name.endsWith("yang-js")).flatMap((set) =>
  filesOf(set).map(({ text }) => text),
);
const SMALL = SETS.flatMap((set) => filesOf(set).map(({ text }) => text)).filter(({ length }) => length < 5_000);
/** Words that have a meaning somewhere, and now stand elsewhere. */
const WORDS = [...OWN, ...LIBRARY].join("\n").match(/"[^"]{1,40}"|[\w:./-]+|[{};]/g) ?? [];

function mutated(text: string, random: (below: number) => number): string {
  let result = text;
  for (let times = 1 + random(3); times > 0; times--) {
    const at = random(result.length);
    const end = at + random(40);
    const word = WORDS[random(WORDS.length)] ?? "";
    switch (random(5)) {
      case 0:
        result = result.slice(0, at) + result.slice(end);
        break;
      case 1:
        result = `${result.slice(0, at)} ${word} ${result.slice(at)}`;
        break;
      case 2:
        result = result.slice(0, at) + String.fromCharCode(random(300)) + result.slice(at + 1);
        break;
      case 3:
        result = result.slice(0, at) + result.slice(end, end + 200) + result.slice(at);
        break;
      default:
        result = replaceToken(result, at, word);
    }
  }
  return result;
}

/** Keeps the text well formed more often, so that the compiler sees more of it. */
function replaceToken(text: string, at: number, word: string): string {
  const next = /[\w:./-]+/g;
  next.lastIndex = at;
  const found = next.exec(text);
  return found ? text.slice(0, found.index) + word + text.slice(next.lastIndex) : text;
}

/** Does it compile? Anything but a coded error of the user's making comes up. */
function tried(text: string, others: readonly Statement[]): "parse" | "compile" | "right" {
  let stage: "parse" | "compile" = "parse";
  try {
    const root = parse(text, "mutated.yang");
    stage = "compile";
    const roots = [root, ...others];
    compile({
      implemented: root.keyword === "module" ? [root] : [],
      find: (name, revision) =>
        roots.find((each) => each.argument === name && (revision === undefined || revisionOf(each) === revision)),
    });
    return "right";
  } catch (error) {
    if (!isCoded(error) || !["yang.parse", "yang.compile"].includes(error.code)) throw error;
    const { line, column, what } = error.facts;
    expect([line, column, what]).toEqual([expect.any(Number), expect.any(Number), expect.stringMatching(/./)]);
    return stage;
  }
}

test("CC-mutants: of hundreds of mutated modules each gives a schema or an error with its place", () => {
  const random = randomFrom(7950);
  const others = [...OWN, ...LIBRARY].flatMap((text) => {
    try {
      return [parse(text, "library.yang")];
    } catch {
      return [];
    }
  });
  const sources = [...OWN, ...SMALL];
  const results = { parse: 0, compile: 0, right: 0 };
  for (let run = 0; run < COUNT; run++) {
    const source = sources[random(sources.length)] ?? "";
    results[tried(mutated(source, random), others)] += 1;
  }
  expect(Math.min(results.parse, results.compile, results.right)).toBeGreaterThan(50);
});

const doubling = (levels: number, body: string): string => {
  const both = (level: number): string => `container a { uses g${level}; } container b { uses g${level}; }`;
  return `${chain(levels, (i) => `grouping g${i} { ${both(i + 1)} }`)} grouping g${levels} { ${body} } uses g0;`;
};
const chain = (length: number, link: (index: number) => string): string =>
  Array.from({ length }, (_, index) => link(index)).join("\n");
const row = (count: number, statement: (index: number) => string): string => chain(count, statement);

const BOMBS: ReadonlyArray<readonly [name: string, source: () => string, told: object | undefined]> = [
  [
    "groupings that double thirty times",
    () => doubling(30, "leaf x { type int8; }"),
    { what: "with its groupings written out the model set has more than 200000 nodes" },
  ],
  [
    "groupings without nodes that double thirty times",
    () => `${chain(30, (i) => `grouping g${i} { uses g${i + 1}; uses g${i + 1}; }`)} grouping g30; uses g0;`,
    { what: "with its groupings written out the model set has more than 200000 nodes" },
  ],
  [
    "a chain of 500 groupings",
    () => `${chain(500, (i) => `grouping g${i} { uses g${i + 1}; }`)} grouping g500; uses g0;`,
    { what: "groupings lead on for more than 100 steps" },
  ],
  [
    "a chain of 500 typedefs",
    () => `${chain(500, (i) => `typedef t${i} { type t${i + 1}; }`)} typedef t500 { type int8; } leaf a { type t0; }`,
    { what: "typedefs lead on for more than 100 steps" },
  ],
  [
    "unions that double thirty times",
    () =>
      `${chain(30, (i) => `typedef t${i} { type union { type t${i + 1}; type t${i + 1}; } }`)} typedef t30 { type int8; } leaf a { type t0; default x; }`,
    { what: "the default fits no type of the union" },
  ],
  [
    "a chain of 500 identities",
    () => `${chain(500, (i) => `identity i${i} { base i${i + 1}; }`)} identity i500;`,
    { what: "identities lead on for more than 100 steps" },
  ],
  [
    "a chain of 500 features",
    () => `${chain(500, (i) => `feature f${i} { if-feature f${i + 1}; }`)} feature f500;`,
    { what: "features lead on for more than 100 steps" },
  ],
  [
    "a chain of 500 leafrefs",
    () => `${chain(500, (i) => `leaf l${i} { type leafref { path ../l${i + 1}; } }`)} leaf l500 { type int8; }`,
    { what: "leafrefs lead on for more than 100 steps" },
  ],
  [
    "a thousand parentheses of features",
    () => `feature f; leaf a { if-feature "${"(".repeat(1000)}f${")".repeat(1000)}"; type int8; }`,
    { what: "the expression is nested deeper than 100" },
  ],
  [
    "a thousand parentheses of XPath",
    () => `leaf a { must "${"(".repeat(1000)}1${")".repeat(1000)}"; type int8; }`,
    { code: "yang.compile" },
  ],
  [
    "a pattern that repeats a repetition",
    () => "leaf a { type string { pattern '((a{1,1000}){1,1000}){1,1000}'; } }",
    { code: "yang.compile" },
  ],
  [
    "augments that nest 300 containers",
    () =>
      `container c0; ${chain(300, (i) => `augment ${"/m:c".concat(Array.from({ length: i + 1 }, (_, n) => n).join("/m:c"))} { container c${i + 1}; }`)}`,
    { what: "nodes are nested deeper than 200" },
  ],
  [
    "ten thousand leafs of one container, each of its typedef",
    () => `container c { typedef t { type int8; } ${row(10_000, (i) => `leaf l${i} { type t; }`)} }`,
    undefined,
  ],
  [
    "ten thousand enums",
    () => `leaf a { type enumeration { ${row(10_000, (i) => `enum e${i};`)} } default e9999; }`,
    undefined,
  ],
  [
    "ten thousand keys",
    () => `list l { key "${row(10_000, (i) => `k${i}`)}"; ${row(10_000, (i) => `leaf k${i} { type int8; }`)} }`,
    undefined,
  ],
  [
    "ten thousand augments of one container",
    () => `container c; ${row(10_000, (i) => `augment /m:c { leaf l${i} { type int8; } }`)}`,
    undefined,
  ],
  [
    "ten thousand identities of one base",
    () => `identity b; ${row(10_000, (i) => `identity i${i} { base b; }`)}`,
    undefined,
  ],
  [
    "a million blanks in a string",
    () => `description "a${" ".repeat(1_000_000)}b\n${"\t".repeat(100_000)}c";`,
    undefined,
  ],
  ["a hundred thousand escapes", () => `description "${'\\"'.repeat(100_000)}";`, undefined],
  ["a hundred thousand pieces of a string", () => `description ${"'a' + ".repeat(100_000)} 'b';`, undefined],
  ["a hundred thousand comments", () => `${"/* a */ // b\n".repeat(100_000)} leaf a { type int8; }`, undefined],
  [
    "more statements than allowed",
    () => row(100_000, () => "m:x;"),
    { what: "the file has more than 100000 statements" },
  ],
];

describe("what could take for ever", () => {
  test.each(BOMBS)("CC-limits: %s", (_name, source, told) => {
    const text = moduleM(source());
    const start = process.cpuUsage();
    const found = refusal(() => compileTexts([text]));
    const { user, system } = process.cpuUsage(start);
    if (told) expect(found).toMatchObject(told);
    else expect(found).toBeUndefined();
    expect((user + system) / 1e6).toBeLessThan(8);
  });
});
