/** The same answers as JavaScript's own regular expressions, for patterns that mean the same in both. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { openPattern } from "../../../gateway/yang/patterns/index.ts";
import { inDrill } from "../../support/drill.ts";
import { toRegExp } from "./to-reg-exp.ts";

const literal = fc.constantFrom("a", "b", "c", "0", "\\.", "\\-", "é", "💡");
const inClass = fc.constantFrom("a", "b-c", "0-9", "\\d", "\\w", "\\p{Lu}", "\\-", "é", "💡", "\\.");
const charClass = fc
  .tuple(fc.boolean(), fc.array(inClass, { minLength: 1, maxLength: 3 }), fc.option(inClass))
  .map(([negated, members, less]) => `[${negated ? "^" : ""}${members.join("")}${less === null ? "" : `-[${less}]`}]`);
const quantifier = fc.oneof(
  fc.constantFrom("", "", "", "?", "*", "+", "{0}", "{2}", "{1,}"),
  fc.tuple(fc.nat(3), fc.nat(2)).map(([low, more]) => `{${low},${low + more}}`),
);
const single = fc.oneof(literal, charClass, fc.constantFrom(".", "\\d", "\\w", "\\p{L}"));

/** Not deep: the oracle is one that backtracks. */
function patternOf(depth: number): fc.Arbitrary<string> {
  const atom =
    depth === 0
      ? single
      : fc.oneof(
          single,
          patternOf(depth - 1).map((inner) => `(${inner})`),
        );
  const piece = fc.tuple(atom, quantifier).map(([one, times]) => one + times);
  const branch = fc.array(piece, { maxLength: 3 }).map((pieces) => pieces.join(""));
  return fc.array(branch, { minLength: 1, maxLength: 3 }).map((branches) => branches.join("|"));
}
const TEXT = fc.array(fc.constantFrom("a", "b", "c", "A", "0", ".", "-", "é", "💡", "\n"), { maxLength: 8 });

test("CC-7950-9.4.5: random patterns answer as a RegExp does", () => {
  fc.assert(
    fc.property(patternOf(2), fc.array(TEXT, { minLength: 1, maxLength: 12 }), (source, texts) => {
      const ours = openPattern(source);
      const regexp = toRegExp(source);
      for (const text of texts.map((chars) => chars.join(""))) {
        expect([source, text, ours.matches(text)]).toEqual([source, text, regexp.test(text)]);
      }
    }),
    { numRuns: inDrill(50, 150) },
  );
});

test("CC-7950-9.4.5: every category holds the characters that JavaScript puts there", () => {
  const points = [
    ...Array.from({ length: 0x500 }, (_, i) => i),
    ...[0x2028, 0x20ac, 0x3042, 0xac00, 0xd800, 0xe000, 0xffff, 0x1f4a1, 0xe0001, 0x10ffff],
  ];
  for (const category of ["L", "Lu", "Ll", "M", "Nd", "No", "P", "Pc", "Zs", "Sc", "C", "Cc", "Cn"]) {
    const [ours, regexp] = [openPattern(`\\p{${category}}`), new RegExp(`^\\p{${category}}$`, "u")];
    const chars = points.map((point) => String.fromCodePoint(point));
    expect([category, chars.filter((char) => ours.matches(char))]).toEqual([
      category,
      chars.filter((char) => regexp.test(char)),
    ]);
  }
});

const PUBLISHED = "/work/shared/yang";
const SAMPLES = [
  ..."2026-11-21T21:22:44.5Z 00:11:22:aa:bb:cc 192.168.0.1 192.168.0.256 fe80::1%eth0 ::ffff:1.2.3.4 example.org. *".split(
    " ",
  ),
  ..."1.3.6.1.4.1 2.40.1 a_b-c.d -x xml 0 deadbeef f81d4fae-7dec-11d0-a765-00a0c91e6bf6 2001:db8::/32 10.0.0.0/8".split(
    " ",
  ),
  ..."user@host mailto:x 65000:1 0:1:2 6:00:11:22:33:44:55 :: . 239.1.1.1 ff02::1 $0$x $1$abc$def /a:b/c[d='1']".split(
    " ",
  ),
];

/** The patterns of a module, well enough for one that is known to be right: quoted strings joined by `+`. */
function patternsOf(text: string): readonly string[] {
  const statements = text.matchAll(/\bpattern\s+((?:'[^']*'|"[^"]*")(?:\s*\+\s*(?:'[^']*'|"[^"]*"))*)/g);
  return [...statements].map(([, quoted = ""]) =>
    [...quoted.matchAll(/'([^']*)'|"([^"]*)"/g)]
      .map(([, one, two = ""]) => one ?? two.replace(/\\(.)/g, "$1"))
      .join(""),
  );
}

const named = existsSync(PUBLISHED) ? test : test.skip;
named("CC-7950-9.4.5: the patterns of published modules (/work/shared/yang) answer as a RegExp does", () => {
  const files = readdirSync(PUBLISHED).filter((name) => name.endsWith(".yang"));
  const sources = new Set(files.flatMap((name) => patternsOf(readFileSync(join(PUBLISHED, name), "utf8"))));
  expect(sources.size).toBeGreaterThan(30);
  for (const source of sources) {
    const [ours, regexp] = [openPattern(source), toRegExp(source)];
    for (const text of SAMPLES) expect([source, text, ours.matches(text)]).toEqual([source, text, regexp.test(text)]);
  }
});
