/** All must, when and path expressions of the published modules can be read (needs ../shared/yang). */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { openParser } from "../../../gateway/yang/parse/parser.ts";
import type { Statement } from "../../../gateway/yang/parse/statement.ts";
import { parseXPath, XPathError } from "../../../gateway/yang/xpath/parse.ts";

const FOLDER = fileURLToPath(new URL("../../../../shared/yang", import.meta.url));

(existsSync(FOLDER) ? test : test.skip)(
  "CC-XPath-3: every must, when and path of the published modules is read (needs ../shared/yang)",
  async () => {
    const parser = await openParser();
    const texts: string[] = [];
    const gather = ({ keyword, argument, children }: Statement): void => {
      if (keyword === "must" || keyword === "when" || keyword === "path") texts.push(argument ?? "");
      for (const child of children) gather(child);
    };
    for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".yang"))) {
      gather(parser(readFileSync(join(FOLDER, file), "utf8"), file));
    }
    expect(texts.length).toBeGreaterThan(50);
    expect(texts.flatMap((text) => refusals(text))).toEqual([]);
  },
);

function refusals(text: string): readonly string[] {
  try {
    parseXPath(text);
    return [];
  } catch (error) {
    if (error instanceof XPathError) return [`${text}: ${error.what} at ${error.at}`];
    throw error;
  }
}
