import { describe, expect, test } from "@jest/globals";
import { MAX_DEPTH, parseXPath, XPathError } from "../../../gateway/yang/xpath/parse.ts";
import { moduleM } from "../compile/inline.ts";
import { openWorld, shown } from "./world.ts";

const MODULE = moduleM(`
  container top {
    leaf div { type int32; } leaf or { type int32; } leaf mod-1 { type int32; } leaf a.b { type int32; }
    leaf text { type int32; } leaf self { type int32; }
    leaf-list n { type int32; }
  }`);
const world = openWorld([MODULE], { "m:top": { div: 8, or: 2, "mod-1": 5, "a.b": 1, text: 4, self: 6, n: [1, 2, 3] } });
const ask = (expression: string) => shown(world.ask(expression, "/m:top"));

describe("CC-XPath-3.7: names are told from operators by what stands before and behind them", () => {
  test.each([
    ["div div or", 4],
    ["div * or", 16],
    ["or*or", 4],
    ["* = 8 and or or div", true],
    ["mod-1", ["mod-1=5"]],
    ["mod-1 -1", 4],
    ["mod-1 - 1", 4],
    ["a.b", ["a.b=1"]],
    ["text", ["text=4"]],
    ["text /text()", ["text()=4"]],
    ["self::top/self", ["self=6"]],
    ["self :: m:top / child :: m:div", ["div=8"]],
    ["(or)*(or)", 4],
    ["n[. mod 2 = 1]", ["n=1", "n=3"]],
    [".5 + 1. + 0.25", 1.75],
    ['"it\'s"', "it's"],
    ["'say \"x\"'", 'say "x"'],
    ["concat('a' , \t\r\n 'b')", "ab"],
  ])("%s", (expression, value) => expect(ask(expression)).toEqual(value));
});

describe("CC-XPath-3.4 CC-XPath-3.5: operators bind as the grammar says", () => {
  test.each([
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["7 - 2 - 1", 4],
    ["2 * 6 div 3 mod 3", 1],
    ["- - 3", 3],
    ["-n + 1", 0],
    ["1 < 2 = true()", true],
    ["3 > 2 > 1", false],
    ["true() or false() and false()", true],
    ["1 = 1 != false()", true],
    ["-or | div", -8],
    ["n[1] | n[3] | n[1]", ["n=1", "n=3"]],
  ])("%s", (expression, value) => expect(ask(expression)).toEqual(value));
});

describe("CC-XPath-3.1 CC-XPath-3.2 CC-XPath-3.3: what is no expression is refused where it goes wrong", () => {
  test.each([
    ["", 0],
    ["a b", 2],
    ["a[", 2],
    ["a]", 1],
    ["(a", 2],
    ["a/", 2],
    ["//", 2],
    ["a//", 3],
    ["..[1]", 2],
    [".[1]", 1],
    ["a::b", 0],
    ["'open", 0],
    ["a = ", 4],
    ["$x", 0],
    ["a & b", 2],
    ["#", 0],
    ["count()", 0],
    ["count(a, b)", 0],
    ["count('a')", 0],
    ["concat('a')", 0],
    ["substring('a')", 0],
    ["true(1)", 0],
    ["nothing()", 0],
    ["m:count(a)", 0],
    ["1 | a", 0],
    ["'a'[1]", 0],
    ["string(a)/b", 0],
    ["deref('a')/b", 0],
    ["a !b", 2],
    ["1 1", 2],
    ["node", undefined],
    ["node(", 5],
    ["@", 1],
    ["a or", 4],
  ])("%j", (text, at) => expect(refusedAt(text)).toBe(at));

  test("nesting has a bound, rows of operands have none", () => {
    const nested = (depth: number) => `${"(".repeat(depth)}1${")".repeat(depth)}`;
    expect(refusedAt(nested(MAX_DEPTH - 1))).toBeUndefined();
    expect(refusedAt(nested(20_000))).toBe(MAX_DEPTH);
    expect(refusedAt(`1${"[1".repeat(20_000)}`)).toBeDefined();
    expect(refusedAt("-".repeat(20_000))).toBe(MAX_DEPTH);
    expect(refusedAt(Array(20_000).fill("1").join("+"))).toBeDefined();
    expect(refusedAt(Array(10_000).fill("a = 1").join(" or "))).toBeUndefined();
    expect(refusedAt(Array(10_000).fill("a").join("/"))).toBeUndefined();
  });
});

function refusedAt(text: string): number | undefined {
  try {
    parseXPath(text);
    return undefined;
  } catch (error) {
    if (error instanceof XPathError) return error.at;
    throw error;
  }
}
