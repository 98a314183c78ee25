/** XSD regular expressions (RFC 7950 §9.4.5, XML Schema part 2 appendix F): what they match, what is none. */
import { expect, test } from "@jest/globals";
import { isCoded } from "../../../gateway/base/index.ts";
import { openPattern } from "../../../gateway/yang/patterns/index.ts";

const ROWS: ReadonlyArray<readonly [pattern: string, takes: readonly string[], refuses: readonly string[]]> = [
  ["", [""], ["a"]],
  ["a|b", ["a", "b"], ["ab", "xa", "bx", ""]],
  ["a|", ["a", ""], ["b"]],
  ["(ab|cd)*", ["", "ab", "cdab"], ["a", "abc"]],
  ["[0-9a-fA-F]*", ["", "0aF"], ["0g"]],
  ["a.b", ["axb", "a\u2028b", "a💡b"], ["a\nb", "a\rb", "ab"]],
  ["^$", ["^$"], ["", "^"]],
  ["a/b", ["a/b"], ["ab"]],
  ["[a-z-[aeiou]]+", ["xyz"], ["xay", "-"]],
  ["[^a-c-[x]]", ["d", "-"], ["a", "x"]],
  ["[\\w-[\\d-[5]]]+", ["a5"], ["4", "-"]],
  ["[\\d\\-_.]+", ["1-2_3.4", "٣"], ["a"]],
  ["[^:/\\[\\]]+", ["ab"], ["a:b", "a[b"]],
  ["[\\^x]", ["^", "x"], ["\\"]],
  ["[x^]", ["^", "x"], ["a"]],
  ["[-a]", ["-", "a"], ["b"]],
  ["[a-]", ["-", "a"], ["b"]],
  ["[^-]", ["a"], ["-", ""]],
  ["[a-z0-9+.-]*", ["a+9.-"], ["A"]],
  ["[\\w-.]", ["-", ".", "a"], ["!"]],
  ["[\\n-\\r]", ["\n", "\r", "\u000b"], ["\t"]],
  ["\\d{4}-\\d{2}", ["2026-11"], ["2026-1"]],
  ["\\D", ["a"], ["1", "٣"]],
  ["\\p{L}+(\\p{Nd}?)", ["é", "é1"], ["1"]],
  ["[\\p{L}\\p{N}]+", ["é1"], ["-"]],
  ["\\P{L}", ["1"], ["a"]],
  ["\\i\\c*", ["_a-1", "x:y", "é·"], ["1a", "-", "·a"]],
  ["\\I\\C", ["- ", "1!"], ["a ", "--"]],
  ["\\s\\S+", ["\tab", "\u0020\u00a0"], ["\u00a0b", " a b"]],
  ["\\w+", ["aé1", "$", "+"], ["a b", "a.b", "\u00a0"]],
  ["\\W", [".", " "], ["a"]],
  ["[+-]?\\d", ["+1", "-1", "1"], ["*1"]],
  ["\\p{IsBasicLatin}*", ["abc"], ["ü"]],
  ["\\P{IsLatin-1Supplement}", ["a"], ["ü"]],
  ["\\p{IsGreek}", ["λ"], ["l"]],
  ["a{2,3}\\{\\}", ["aa{}", "aaa{}"], ["a{}", "aaaa{}"]],
  ["a{0}b{1}", ["b"], ["ab", "bb"]],
  ["a{2,}", ["aa", "aaaaaaa"], ["a"]],
  ["(a{0,2}b?){2}", ["", "aaba", "baab"], ["aaabb", "aaaaa"]],
  ["(a*)*", ["", "aaa"], ["b"]],
  ["(a|b?)+c", ["c", "abbac"], ["ab"]],
  ["(a{1,2}){2,3}", ["aa", "aaaaaa"], ["a", "aaaaaaa"]],
  ["\\.\\\\\\?\\*\\+\\(\\)\\[\\]\\|\\^\\-\\$\\/", [".\\?*+()[]|^-$/"], [""]],
  ["💡+", ["💡💡"], ["\ud83d", "💡\ud83d"]],
  ["[💡-💣]", ["💢"], ["💤"]],
  ["[!-~&&--]", ["!", "&"], [" "]],
];

test.each(ROWS)("CC-7950-9.4.5: pattern %j", (source, takes, refuses) => {
  const pattern = openPattern(source);
  // Twice: what was learned from one text must not change the answer to the next.
  for (const round of [1, 2]) {
    expect([round, takes.filter((text) => !pattern.matches(text))]).toEqual([round, []]);
    expect([round, refuses.filter((text) => pattern.matches(text))]).toEqual([round, []]);
  }
});

const BAD: ReadonlyArray<readonly [pattern: string, at: number | undefined]> = [
  ["a(", 2],
  [")", 1],
  ["a)b", 2],
  ["]", 1],
  ["[a", 3],
  ["[]", 2],
  ["[^]", 3],
  ["[a[b]]", 3],
  ["[z-a]", 4],
  ["[a-\\d]", 5],
  ["*a", 1],
  ["a**", 3],
  ["a{2}{3}", 5],
  ["a{2}?", 5],
  ["a{3,1}", 2],
  ["a{,3}", 2],
  ["a{x}", 2],

  ["(?:a)", 2],
  ["\\p", 2],
  ["\\p{NoSuchThing}", 3],
  ["\\p{Cs}", 3],
  ["\\p{IsKlingon}", 3],
  ["\\b", 2],
  ["\\1", 2],
  ["[a-z-[aeiou]x]", 12],
  ["a\\", 3],
  ["a{9999}", undefined],
  ["((a{100}){100}){100}", undefined],
  ["((((){1000}){1000}){1000}){1000}", undefined],
  ["(".repeat(5_000), 101],
  ["a".repeat(20_000), undefined],
];

test.each(BAD)("CC-7950-9.4.5: no pattern, row %#", (pattern, at) => {
  let found: unknown;
  try {
    openPattern(pattern);
  } catch (error) {
    found = isCoded(error) ? [error.code, error.facts] : error;
  }
  const place = at === undefined ? /^it has|^with its/ : new RegExp(`, at character ${at}$`);
  expect(found).toEqual([
    "yang.pattern",
    expect.objectContaining({ pattern: expect.anything(), what: expect.stringMatching(place) }),
  ]);
});
