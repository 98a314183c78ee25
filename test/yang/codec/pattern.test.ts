/** XSD regular expressions as JavaScript ones (XML Schema part 2, appendix F). */
import { expect, test } from "@jest/globals";
import { isCoded } from "../../../gateway/base/index.ts";
import { translatePattern } from "../../../gateway/yang/codec/index.ts";

const ROWS: ReadonlyArray<readonly [pattern: string, takes: readonly string[], refuses: readonly string[]]> = [
  ["a|b", ["a", "b"], ["ab", "xa", "bx"]],
  ["[0-9a-fA-F]*", ["", "0aF"], ["0g"]],
  ["a.b", ["axb", "a\u2028b"], ["a\nb", "a\rb"]],
  ["^$", ["^$"], ["", "^"]],
  ["a/b", ["a/b"], ["ab"]],
  ["[a-z-[aeiou]]+", ["xyz"], ["xay"]],
  ["[\\d\\-_.]+", ["1-2_3.4", "٣"], ["a"]],
  ["[^:/\\[\\]]+", ["ab"], ["a:b", "a[b"]],
  ["\\d{4}-\\d{2}", ["2026-11"], ["2026-1"]],
  ["\\p{L}+(\\p{Nd}?)", ["é", "é1"], ["1"]],
  ["[\\p{L}\\p{N}]+", ["é1"], ["-"]],
  ["\\P{L}", ["1"], ["a"]],
  ["\\i\\c*", ["_a-1", "x:y"], ["1a", "-"]],
  ["\\S+", ["ab"], ["a b"]],
  ["\\w+", ["aé1"], ["a b", "a.b"]],
  ["[+-]?\\d", ["+1", "-1", "1"], ["*1"]],
  ["\\p{IsBasicLatin}*", ["abc"], ["ü"]],
  ["a{2,3}\\{\\}", ["aa{}", "aaa{}"], ["a{}"]],
  ["💡+", ["💡💡"], ["\ud83d"]],
  ["[!-~&&--]", ["!", "&"], [" "]],
];

test.each(ROWS)("%s", (pattern, takes, refuses) => {
  const regexp = translatePattern(pattern);
  expect(takes.filter((text) => !regexp.test(text))).toEqual([]);
  expect(refuses.filter((text) => regexp.test(text))).toEqual([]);
});

test.each(["(", "[a", "\\p", "\\p{NoSuchThing}", "a{3,1}", "[a-z-[aeiou]x]", "a\\"])("%s is no pattern", (pattern) => {
  try {
    translatePattern(pattern);
  } catch (error) {
    expect(isCoded(error) ? error.code : error).toBe("yang.pattern");
  }
  expect.assertions(1);
});
