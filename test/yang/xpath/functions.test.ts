import { describe, expect, test } from "@jest/globals";
import { moduleM } from "../compile/inline.ts";
import { openWorld, shown } from "./world.ts";

const MODULE = moduleM(`
  container top {
    leaf s { type string; }
    leaf-list n { type int32; ordered-by user; }
    leaf d { type decimal64 { fraction-digits 3; } }
    leaf big { type uint64; }
    leaf flag { type boolean; }
    leaf nothing { type empty; }
    leaf bytes { type binary; }
    leaf many { type bits { bit x; bit y; } }
    leaf kind { type enumeration { enum red { value 4; } enum blue; } }
    container box { presence "p"; leaf p { type string; } leaf q { type string; } }
  }`);
const world = openWorld([MODULE], {
  "m:top": {
    s: " A  text\tof\nwords ",
    n: [3, 1, 2],
    d: "-2.500",
    big: "18446744073709551615",
    flag: false,
    nothing: [null],
    bytes: "AQID",
    many: "y x",
    kind: "blue",
    box: { p: "one", q: "two" },
  },
});
const ask = (expression: string) => shown(world.ask(expression, "/m:top"));
const rows = (table: ReadonlyArray<readonly [string, unknown]>) =>
  test.each(table.map(([expression, value]) => [expression, value]))("%s", (expression, value) =>
    expect(ask(String(expression))).toEqual(value),
  );

describe("CC-XPath-4.1: functions of nodes", () => {
  rows([
    ["last()", 1],
    ["position()", 1],
    ["n[last()]", ["n=2"]],
    ["n[position() = 2]", ["n=1"]],
    ["count(n)", 3],
    ["count(none)", 0],
    ["count(n | n)", 3],
    ["id('x')", []],
    ["local-name()", "top"],
    ["local-name(n)", "n"],
    ["local-name(none)", ""],
    ["local-name(/)", ""],
    ["local-name(s/text())", ""],
    ["namespace-uri()", "urn:m"],
    ["namespace-uri(/)", ""],
    ["name(n)", "m:n"],
    ["name(none)", ""],
  ]);
});

describe("CC-XPath-4.2: functions of strings", () => {
  rows([
    ["string(n)", "3"],
    ["string(none)", ""],
    ["string(box)", "onetwo"],
    ["string(flag)", "false"],
    ["string(true())", "true"],
    ["string(d)", "-2.5"],
    ["string(big)", "18446744073709551615"],
    ["string(nothing)", ""],
    ["string(bytes)", "AQID"],
    ["string(many)", "x y"],
    ["string(kind)", "blue"],
    ["n[string() = '1']", ["n=1"]],
    ["concat(n, '-', 1 div 2, true())", "3-0.5true"],
    ["starts-with('abc', 'ab')", true],
    ["starts-with('abc', 'b')", false],
    ["starts-with('abc', '')", true],
    ["contains('abc', 'bc')", true],
    ["contains('abc', 'cb')", false],
    ["substring-before('1999/04/01', '/')", "1999"],
    ["substring-before('1999', '/')", ""],
    ["substring-before('abc', '')", ""],
    ["substring-after('1999/04/01', '/')", "04/01"],
    ["substring-after('1999', '/')", ""],
    ["substring-after('abc', '')", "abc"],
    ["substring('12345', 2, 3)", "234"],
    ["substring('12345', 2)", "2345"],
    ["substring('12345', 1.5, 2.6)", "234"],
    ["substring('12345', 0, 3)", "12"],
    ["substring('12345', 0 div 0, 3)", ""],
    ["substring('12345', 1, 0 div 0)", ""],
    ["substring('12345', -42, 1 div 0)", "12345"],
    ["substring('12345', -1 div 0, 1 div 0)", ""],
    ["substring('12345', -1 div 0)", "12345"],
    ["string-length('abc')", 3],
    ["string-length('a\u{1f600}b')", 3],
    ["n[string-length() = 1]", ["n=3", "n=1", "n=2"]],
    ["normalize-space(s)", "A text of words"],
    ["normalize-space(' \u00a0 ')", "\u00a0"],
    ["translate('bar', 'abc', 'ABC')", "BAr"],
    ["translate('--aaa--', 'abc-', 'ABC')", "AAA"],
    ["translate('aa', 'aa', 'bc')", "bb"],
    ["translate('\u{1f600}x', '\u{1f600}', 'y')", "yx"],
    ["substring('\u{1f600}x', 2)", "x"],
  ]);
});

describe("CC-XPath-4.3: functions of truth", () => {
  rows([
    ["boolean(n)", true],
    ["boolean(none)", false],
    ["boolean(flag)", true],
    ["boolean('')", false],
    ["boolean('false')", true],
    ["boolean(0)", false],
    ["boolean(-0)", false],
    ["boolean(0 div 0)", false],
    ["boolean(-1)", true],
    ["not(none)", true],
    ["not(flag)", false],
    ["not(flag = 'true')", true],
    ["true()", true],
    ["false()", false],
    ["lang('en')", false],
  ]);
});

describe("CC-XPath-4.4 CC-XPath-3.5: numbers", () => {
  rows([
    ["number(d)", -2.5],
    ["number('  12.5\n')", 12.5],
    ["number('.5')", 0.5],
    ["number('5.')", 5],
    ["number('-')", Number.NaN],
    ["number('+1')", Number.NaN],
    ["number('1e3')", Number.NaN],
    ["number('0x10')", Number.NaN],
    ["number('')", Number.NaN],
    ["number(true())", 1],
    ["number(none)", Number.NaN],
    ["number(kind)", Number.NaN],
    ["n[number() = 1]", ["n=1"]],
    ["sum(n)", 6],
    ["sum(none)", 0],
    ["sum(n | s)", Number.NaN],
    ["floor(2.6)", 2],
    ["floor(-2.5)", -3],
    ["ceiling(2.1)", 3],
    ["ceiling(-2.5)", -2],
    ["round(2.5)", 3],
    ["round(-2.5)", -2],
    ["round(0 div 0)", Number.NaN],
    ["1 div round(-0.2)", Number.NEGATIVE_INFINITY],
    ["5 mod 2", 1],
    ["5 mod -2", 1],
    ["-5 mod 2", -1],
    ["1.5 mod 0.5", 0],
    ["1 div 0", Number.POSITIVE_INFINITY],
    ["big + 0", 18446744073709552000],
  ]);

  describe("CC-XPath-4.2: string() of a number has no exponent and no point without need", () => {
    rows([
      ["string(0 div 0)", "NaN"],
      ["string(1 div 0)", "Infinity"],
      ["string(-1 div 0)", "-Infinity"],
      ["string(-0)", "0"],
      ["string(3.0)", "3"],
      ["string(-0.5)", "-0.5"],
      ["string(100000000000000000000000)", "100000000000000000000000"],
      ["string(0.0000001)", "0.0000001"],
      ["string(-0.00000012)", "-0.00000012"],
    ]);
  });
});

describe("CC-XPath-3.4: comparisons", () => {
  rows([
    ["n = 2", true],
    ["n = 4", false],
    ["n != 2", true],
    ["n > 2", true],
    ["n > 3", false],
    ["2 < n", true],
    ["3 < n", false],
    ["n = '2'", true],
    ["n = '02'", false],
    ["n = 02", true],
    ["n = n", true],
    ["n != n", true],
    ["n < n", true],
    ["n[1] < n[1]", false],
    ["n[1] != n[1]", false],
    ["n[. = 1] < n[. != 1]", true],
    ["n[. > 1] < n[. = 1]", false],
    ["n[. > 1] != n[. = 1]", true],
    ["n[. > 1] = n[. < 3]", true],
    ["n[. > 1] = n[. < 2]", false],
    ["n >= n[. = 3]", true],
    ["n[. < 3] >= n[. = 3]", false],
    ["none = none", false],
    ["none != none", false],
    ["none = ''", false],
    ["none = false()", true],
    ["none != true()", true],
    ["n = true()", true],
    ["n > false()", true],
    ["flag = false()", false],
    ["flag = 'false'", true],
    ["s < 1", false],
    ["s >= 1", false],
    ["'1' = 1", true],
    ["'1' < '2'", true],
    ["'a' < 'b'", false],
    ["'a' = 'a'", true],
    ["true() = 'x'", true],
    ["true() = 2", true],
    ["true() > false()", true],
    ["0 div 0 = 0 div 0", false],
    ["0 div 0 != 0 div 0", true],
    ["box = 'onetwo'", true],
    ["n + 1 = 4", true],
    ["d < -2.4", true],
  ]);
});
