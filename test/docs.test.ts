/** The documentation says what the tables in the code say, all of it and nothing else. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { SETTING_KEYS } from "../gateway/app/config/index.ts";
import { ERRORS } from "../gateway/base/index.ts";
import { errorsPage, PAGES } from "../scripts/docs.ts";
import { CAMPAIGN_AREAS } from "./support/conformance/campaign-page.ts";
import { CORECONF_AREAS } from "./support/conformance/coreconf-page.ts";
import { missingRows, ROWS, unknownRows } from "./support/conformance/rows.ts";
import { SUIT_AREAS } from "./support/conformance/suit-page.ts";
import { miswritten, shownByTests, titlesIn } from "./support/conformance/titles.ts";
import { YANG_AREAS } from "./support/conformance/yang-page.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (name: string): string => readFileSync(join(ROOT, "docs", name), "utf8");
/** The code words in the first column of the tables of a page. */
const firstColumn = (page: string): string[] => [...page.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1]!);

describe("docs/", () => {
  test.each(PAGES)("%s is what 'npx tsx scripts/docs.ts' writes", (name, make) => {
    expect(read(name)).toBe(make());
  });

  test("errors.md has each code once", () => {
    expect(firstColumn(read("errors.md"))).toEqual(Object.keys(ERRORS).sort());
  });

  test("configuration.md has each setting once", () => {
    expect(firstColumn(read("configuration.md"))).toEqual(SETTING_KEYS);
  });

  describe("the conformance pages", () => {
    const shown = shownByTests(ROOT);

    test("have a test for each rule, and a rule for each test", () => {
      expect([missingRows(shown), unknownRows(shown), miswritten(ROOT)]).toEqual([[], [], []]);
    });

    test("show each rule", () => {
      const onPages = [...YANG_AREAS, ...CORECONF_AREAS, ...SUIT_AREAS, ...CAMPAIGN_AREAS].flatMap(({ rows }) =>
        Object.keys(rows),
      );
      expect(new Set(onPages)).toEqual(new Set(Object.keys(ROWS)));
    });

    test("a test that goes, or names what nobody knows, would be missed", () => {
      expect(missingRows(shown.filter(({ id }) => id !== "CC-V14" && id !== "CC-7950-7.18"))).toEqual([
        "CC-V14",
        "CC-7950-7.18",
      ]);
      expect(unknownRows(titlesIn('test("CC-V14 CC-V99: bits", () => {});', "a.test.ts"))).toEqual(["CC-V99"]);
    });

    test("titles are read with all their ids, and cases are left out", () => {
      const source = 'test.each(ROWS)("CC-K1 CC-7950-9.13: %s is \\"read\\"", () => {});';
      const title = '… is "read"';
      expect(titlesIn(source, "a.test.ts")).toEqual([
        { id: "CC-K1", title, file: "a.test.ts" },
        { id: "CC-7950-9.13", title, file: "a.test.ts" },
      ]);
    });
  });

  test("a new code would be missed", () => {
    const added = { ...ERRORS, "some.new-code": { blame: "usage", text: "t", hint: "h" } } as const;
    expect(errorsPage(added)).not.toBe(read("errors.md"));
  });
});
