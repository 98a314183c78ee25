/** docs/conformance: each row names its document, says how far it goes, and names tests that exist. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDER = join(ROOT, "docs", "conformance");
const PAGES = readdirSync(FOLDER).filter((name) => name.endsWith(".md"));
const read = (name: string): string => readFileSync(join(FOLDER, name), "utf8");

interface Row {
  readonly topic: string;
  readonly rule: string;
  readonly document: string;
  readonly state: string;
  readonly tests: ReadonlyArray<{ readonly file: string; readonly title: string }>;
}

const HEAD = ["rule", "document", "state", "test"];
const cellsOf = (line: string): readonly string[] =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The rows of all tables. */
function rowsOf(page: string): readonly Row[] {
  let topic = "";
  const rows: Row[] = [];
  for (const line of page.split("\n")) {
    if (line.startsWith("## ")) topic = line.slice(3);
    if (!line.startsWith("|") || line.startsWith("|--") || cellsOf(line).join() === HEAD.join()) continue;
    const [rule = "", document = "", state = "", cell = ""] = cellsOf(line);
    const tests = [...cell.matchAll(/\]\(\.\.\/\.\.\/(test\/[^)]+)\) `([^`]+)`/g)].map(([, file = "", title = ""]) => ({
      file,
      title,
    }));
    rows.push({ topic, rule, document, state, tests });
  }
  return rows;
}

/** A title stands in its file as a text of its own: the test's name, or the row of a table that gives the name. */
const hasTitle = (source: string, title: string): boolean =>
  [`"${title}"`, `\`${title}\``, `\`${title}\${`].some((literal) => source.includes(literal));

/** What is wrong with a row; empty = nothing. */
function faultsOf({ document, state, tests }: Row): readonly string[] {
  const faults: string[] = [];
  if (document === "") faults.push("no document");
  if (!/^(yes|not yet|differs: .+)$/.test(state)) faults.push(`no state: ${state}`);
  if (tests.length === 0 && state !== "not yet") faults.push("no test");
  for (const { file, title } of tests) {
    const path = join(ROOT, file);
    if (!existsSync(path)) faults.push(`no file ${file}`);
    else if (!hasTitle(readFileSync(path, "utf8"), title)) faults.push(`no test "${title}" in ${file}`);
  }
  return faults;
}

const faultsIn = (page: string): readonly string[] =>
  rowsOf(page).flatMap((row) => faultsOf(row).map((fault) => `${row.topic}, ${row.rule}: ${fault}`));

test.each(PAGES)("%s names nothing that is not there", (name) => {
  expect(rowsOf(read(name)).length).toBeGreaterThan(0);
  expect(faultsIn(read(name))).toEqual([]);
});

test("coap.md has a row for each of the thirty defects", () => {
  const rows = rowsOf(read("coap.md")).filter(({ topic }) => topic === "The thirty defects");
  expect(rows.map(({ rule }) => Number.parseInt(rule, 10))).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  // and each is shown by a test of its own
  expect(new Set(rows.map(({ tests }) => tests[0]?.title)).size).toBe(30);
});

describe("a row that lies is found", () => {
  const link = "[coap/defects](../../test/coap/defects.test.ts)";
  const LIES: ReadonlyArray<readonly [name: string, row: string, fault: RegExp]> = [
    ["a file that is not there", "| a | b | yes | [x](../../test/coap/nowhere.test.ts) `t` |", /no file/],
    ["a title that is not there", `| a | b | yes | ${link} \`the engine flies\` |`, /no test "the engine flies"/],
    ["a part of a title", `| a | b | yes | ${link} \`a ping runs\` |`, /no test "a ping runs"/],
    ["no test", "| a | b | yes | see the engine |", /no test/],
    ["a difference without a reason", `| a | b | differs | ${link} \`a ping runs the application\` |`, /no state/],
    ["no document", `| a | | yes | ${link} \`a ping runs the application\` |`, /no document/],
  ];
  test.each(LIES)("%s", (_name, row, fault) => {
    expect(faultsIn(row)).toEqual([expect.stringMatching(fault)]);
  });

  test("and one that does not lie is left", () => {
    expect(faultsIn(`| a | b | yes | ${link} \`a ping runs the application\` |`)).toEqual([]);
    expect(faultsIn("| a | b | not yet | |")).toEqual([]);
  });
});
