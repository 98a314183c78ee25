/** XML Schema part 2 appendix F.1.1: the escapes of regular expressions that stand for many characters. */

import { BLOCKS } from "./blocks.ts";
import { anyOf, type CharSet, not, ofProperty, ofRanges, type Range } from "./char-set.ts";

/** Categories of Unicode that `\p` may name: `Cs` is none, no XML character has it. */
const CATEGORIES: ReadonlySet<string> = new Set(
  ("L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po Z Zs Zl Zp S Sm Sc Sk So " + "C Cc Cf Co Cn").split(
    " ",
  ),
);

/** XML 1.0 (fifth edition) §2.3, NameStartChar and NameChar. */
const NAME_START: readonly Range[] = [
  [0x3a, 0x3a],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x2ff],
  [0x370, 0x37d],
  [0x37f, 0x1fff],
  [0x200c, 0x200d],
  [0x2070, 0x218f],
  [0x2c00, 0x2fef],
  [0x3001, 0xd7ff],
  [0xf900, 0xfdcf],
  [0xfdf0, 0xfffd],
  [0x10000, 0xeffff],
];
const NAME: readonly Range[] = [
  ...NAME_START,
  [0x2d, 0x2e],
  [0x30, 0x39],
  [0xb7, 0xb7],
  [0x300, 0x36f],
  [0x203f, 0x2040],
];
const SPACE: readonly Range[] = [
  [0x09, 0x0a],
  [0x0d, 0x0d],
  [0x20, 0x20],
];
const LINE_ENDS: readonly Range[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
];

/** `.`: everything but the ends of lines. */
export const wildcard = (): CharSet => not(ofRanges(LINE_ENDS));

const MANY: { readonly [letter: string]: () => CharSet } = {
  s: () => ofRanges(SPACE),
  i: () => ofRanges(NAME_START),
  c: () => ofRanges(NAME),
  d: () => ofProperty("Nd"),
  // Defined by what it is not.
  w: () => not(anyOf([ofProperty("P"), ofProperty("Z"), ofProperty("C")])),
};

/** `\s \i \c \d \w` and their complements in upper case; undefined: `letter` is none of them. */
export function multiCharEscape(letter: string): CharSet | undefined {
  const lower = letter.toLowerCase();
  const set = MANY[lower]?.();
  if (set === undefined) return undefined;
  return letter === lower ? set : not(set);
}

/** What stands between the braces of `\p{...}`; undefined: there is no such category or block. */
export function categoryOrBlock(name: string): CharSet | undefined {
  if (CATEGORIES.has(name)) return ofProperty(name);
  const block = name.startsWith("Is") ? BLOCKS[name.slice(2)] : undefined;
  return block === undefined ? undefined : ofRanges(block);
}

const SINGLE: { readonly [letter: string]: string } = { n: "\n", r: "\r", t: "\t" };
/** Appendix F names \|.?*+(){}-[]^; modules in the wild put a backslash before other punctuation too (`\/`, `\$`). */
const PUNCTUATION = /^[!-/:-@[-`{-~]$/;

/** `\n \r \t` and punctuation that stands for itself; undefined: no such escape. */
export function singleCharEscape(char: string): string | undefined {
  return SINGLE[char] ?? (PUNCTUATION.test(char) ? char : undefined);
}
