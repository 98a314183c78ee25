/** suit-manifest-37 §8.4.4 — the texts of a release: read strictly, shown harmlessly. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type ErrorCode, toHex } from "../../../gateway/base/index.ts";
import {
  componentKey,
  encodeText,
  inLanguage,
  readText,
  SUIT_LIMITS,
  shownText,
  TEXT,
  TEXT_COMPONENT,
} from "../../../gateway/wire/suit/index.ts";
import { suitTexts } from "../../support/arbitrary-manifest.ts";
import { mapOf, type Raw, raw } from "../../support/suit-raw.ts";

const FW = [Buffer.from("fw")];

test("SU-M3: §8.4.4: texts of the release and of its components, by language", () => {
  const content = raw(mapOf(["en-US", mapOf([1, "A valve"], [FW, mapOf([3, "arm.com"], [6, "2.0"])])]));
  const text = readText(content);
  const english = text.get("en-US");
  expect(english?.manifest.get(TEXT.manifestDescription)).toBe("A valve");
  const component = english?.components.get(componentKey(FW));
  expect(component?.texts.get(TEXT_COMPONENT.componentVersion)).toBe("2.0");
  expect(toHex(encodeText(text))).toBe(toHex(content));
});

test("§8.4.4: every text comes back from its bytes, and gives the same bytes", () => {
  fc.assert(
    fc.property(suitTexts, (text) => {
      const content = encodeText(text);
      const read = readText(content);
      expect(new Set(read.keys())).toEqual(new Set(text.keys()));
      for (const [language, value] of text) expect(read.get(language)).toEqual(value);
      expect(toHex(encodeText(read))).toBe(toHex(content));
    }),
    { numRuns: 40 },
  );
});

describe("SU-M3: §8.4.4: a text is refused that has", () => {
  test.each<readonly [string, ErrorCode, Raw]>([
    ["no language", "suit.missing", mapOf()],
    ["a language that is none", "suit.malformed", mapOf(["en_US", mapOf([1, "x"])])],
    ["a number instead of text", "cbor.type", mapOf(["en", mapOf([1, 1])])],
    ["its components first", "cbor.key-order", mapOf(["en", mapOf([FW, mapOf()], [1, "x"])])],
    ["a component that is text", "cbor.type", mapOf(["en", mapOf(["fw", mapOf()])])],
    ["text that is not UTF-8", "cbor.utf8", mapOf(["en", mapOf([1, { hex: "61ff" }])])],
    ["17 languages", "suit.limit", mapOf(...Array.from({ length: 17 }, (_, i) => [`l-${10 + i}`, mapOf()] as const))],
    ["257 texts", "suit.limit", mapOf(["en", mapOf(...Array.from({ length: 257 }, (_, i) => [i, ""] as const))])],
    ["a text too long", "suit.limit", mapOf(["en", mapOf([1, "x".repeat(SUIT_LIMITS.text)])])],
  ])("%s [%s]", (_name, code, content) => {
    expect(() => readText(raw(content))).toThrow(expect.objectContaining({ code }));
  });
});

test.each([
  ["plain words stay", "Fixes the valve (#12) – grün", "Fixes the valve (#12) – grün"],
  ["lines become one", "a\r\n\tb\n", "a b "],
  ["an escape sequence", "\u001b[2Jgone", "\\u{1b}[2Jgone"],
  ["the eight-bit form of one", "\u009b2J", "\\u{9b}2J"],
  ["a change of direction", "safe\u202egnp.exe", "safe\\u{202e}gnp.exe"],
  ["what has no width", "a\u200b\ufeffb", "a\\u{200b}\\u{feff}b"],
  ["other ends of lines", "a\u2028b\u2029c", "a\\u{2028}b\\u{2029}c"],
  ["half a character", "a\ud800b", "a\\u{d800}b"],
  ["tags beyond the first plane", "a\u{e0041}", "a\\u{e0041}"],
  ["what is too long, between characters", "💡".repeat(500), `${"💡".repeat(400)}…`],
])("SU-U6: um, suit-text: %s, when shown", (_name, text, shown) => {
  expect(shownText(text)).toBe(shown);
});

test.each([
  ["de", "de"],
  ["de-AT", "de"],
  ["EN-us", "en-US"],
  ["fr", "en-US"],
])("the language shown to who wants %s is %s", (wanted, language) => {
  const nothing = { manifest: new Map(), components: new Map() };
  const text = new Map(["de", "en-US", "it"].map((tag) => [tag, nothing]));
  expect(inLanguage(text, wanted)?.[0]).toBe(language);
  expect(inLanguage(new Map([["it", nothing]]), wanted)?.[0]).toBe("it");
});
