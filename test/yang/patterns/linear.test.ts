/** No text and no pattern makes the matcher backtrack, and what it remembers is bounded. */
import { expect, test } from "@jest/globals";
import { openPattern } from "../../../gateway/yang/patterns/index.ts";

const LONG = 60_000;
/** Each makes a backtracking matcher take longer than the universe has lasted. */
const STALLING: ReadonlyArray<readonly [pattern: string, text: string, matches: boolean]> = [
  ["(a*)*b", "a".repeat(LONG), false],
  ["(a|a)*b", "a".repeat(LONG), false],
  ["(a|aa)+", "a".repeat(LONG), true],
  ["([a-z]+)*", `${"a".repeat(LONG)}!`, false],
  ["(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x", "y".repeat(LONG), false],
  ["(a?){200}a{200}", "a".repeat(200), true],
  ["([0-9]+.?)*(\\.[0-9]+)+", "1".repeat(LONG), false],
  // Published: ietf-inet-types, domain-name and ipv6-address.
  [
    "((([a-zA-Z0-9_]([a-zA-Z0-9\\-_]){0,61})?[a-zA-Z0-9]\\.)*([a-zA-Z0-9_]([a-zA-Z0-9\\-_]){0,61})?[a-zA-Z0-9]\\.?)|\\.",
    "a-".repeat(LONG / 2),
    false,
  ],
  ["(([^:]+:){6}(([^:]+:[^:]+)|(.*\\..*)))|((([^:]+:)*[^:]+)?::(([^:]+:)*[^:]+)?)(%.+)?", ":a".repeat(LONG / 2), false],
];

test.each(STALLING)("CC-limits: %s is decided in one pass", (pattern, text, matches) => {
  expect(openPattern(pattern).matches(text)).toBe(matches);
});

test("a text that never meets a state twice is decided all the same, and states are forgotten", () => {
  // Which of the last 13 characters were an `a`: 8192 states, more than are kept.
  const pattern = openPattern("(a|b)*a(a|b){12}");
  let bits = 1;
  let text = "";
  for (let i = 0; i < LONG; i++) {
    bits = (bits * 1_103_515_245 + 12_345) % 2_147_483_648;
    text += bits > 1_073_741_824 ? "a" : "b";
  }
  expect(pattern.matches(text)).toBe(text.at(-13) === "a");
  expect(pattern.matches(`${text}a${"b".repeat(12)}`)).toBe(true);
  expect(pattern.matches(`${text}b${"b".repeat(12)}`)).toBe(false);
});

test("CC-limits: a text of very many different characters is decided all the same", () => {
  const text = Array.from({ length: 50_000 }, (_, i) => String.fromCodePoint(0xe000 + 3 * i)).join("");
  const pattern = openPattern("(\\p{Co}|\\w|[^\\p{L}-[x]])*");
  expect(pattern.matches(text)).toBe(true);
  expect(pattern.matches(text.slice(0, 100))).toBe(true);
});
