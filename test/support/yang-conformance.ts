/**
 * docs/yang-conformance.md, made from the titles of the tests: a title (or a row of a test's table) that begins with ids,
 * such as `CC-V14 CC-V17: bits in a union`, shows those rows. `npx tsx scripts/docs.ts` writes the page, and
 * test/docs.test.ts fails while it differs or while a row has no test.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { LIMITS } from "./yang-limits.ts";
import { CONFORMANCE_ROWS, REQUIRED_ROWS } from "./yang-rows.ts";

export interface Shown {
  readonly id: string;
  /** The title without its ids. */
  readonly title: string;
  /** From the root of the repository. */
  readonly file: string;
}

const IDS = String.raw`CC-[\w.-]+(?: CC-[\w.-]+)*`;
const TITLE = new RegExp(String.raw`(["'${"`"}])(${IDS}): ((?:\\.|(?!\1)[^\\\n])*)\1`, "g");
/** A title that would be passed over: its ids are written in some other way. */
const MISWRITTEN = new RegExp(
  String.raw`["'${"`"}]CC-(?!(?:[\w.-]+(?: CC-[\w.-]+)*)(?:: |["'${"`"}]))[^"'${"`"}\n]*`,
  "g",
);
const FOLDERS = ["yang", "interop", "app", "e2e", "fuzz", "southbound"] as const;

/** What a title says of each case: `%s`, `$name`, `${where}`; as the last word it only tells what a test needs. */
const CASE = /%[sjid#]|\$\{(?:[^{}]|\{[^{}]*\})*\}|\$[a-z]\w*/g;
const readable = (title: string): string =>
  title
    .replaceAll(/\\(["'`])/g, "$1")
    .replaceAll(CASE, "…")
    .replace(/(?<=\S)…$/, "")
    .trim();

/** The titles of a test file that name rows. */
export const titlesIn = (source: string, file: string): readonly Shown[] =>
  [...source.matchAll(TITLE)].flatMap(([, , ids = "", title = ""]) =>
    ids.split(" ").map((id) => ({ id, title: readable(title), file })),
  );

function testFiles(root: string): ReadonlyArray<readonly [file: string, source: string]> {
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, "test", folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join(root, "test", folder, name)),
  ).sort();
  return paths.map((path) => [relative(root, path), readFileSync(path, "utf8")]);
}

export const shownByTests = (root: string): readonly Shown[] =>
  testFiles(root).flatMap(([file, source]) => titlesIn(source, file));

/** Titles whose ids nobody can read. */
export const miswritten = (root: string): readonly string[] =>
  testFiles(root).flatMap(([file, source]) => [...source.matchAll(MISWRITTEN)].map(([title]) => `${file}: ${title}`));

/** Rows of the table that no test shows and that do not say why. */
export function missingRows(shown: readonly Shown[]): readonly string[] {
  const ids = new Set(shown.map(({ id }) => id));
  return Object.entries(REQUIRED_ROWS).flatMap(([id, { notYet }]) => (ids.has(id) || notYet !== undefined ? [] : [id]));
}

/** Rows that tests name and the table does not know. */
export const unknownRows = (shown: readonly Shown[]): readonly string[] => [
  ...new Set(shown.map(({ id }) => id).filter((id) => CONFORMANCE_ROWS[id] === undefined)),
];

interface Area {
  readonly title: string;
  readonly has: (id: string) => boolean;
}

/** In the order of the page; a row stands under the first area that has it. */
const AREAS: readonly Area[] = [
  {
    title: "Modules and the compiler",
    has: (id) => /^CC-(6020|6991|7950-([5-7]|12|14)|8040-8|8341|8791|parser)/.test(id),
  },
  { title: "Types", has: (id) => /^CC-7950-9/.test(id) },
  { title: "Validation", has: (id) => /^CC-7950-8/.test(id) },
  { title: "XPath 1.0 and the functions of YANG", has: (id) => /^CC-(XPath|7950-10)/.test(id) },
  { title: "Values in YANG-CBOR", has: (id) => /^CC-V/i.test(id) },
  { title: "Instance-identifiers", has: (id) => /^CC-K\d/.test(id) },
  { title: "Content formats", has: (id) => /^CC-M\d/.test(id) },
  { title: "JSON", has: (id) => /^CC-(7951|7952|8040)/.test(id) },
  { title: "Errors", has: (id) => /^CC-error/.test(id) },
  { title: "SID files", has: (id) => /^CC-(SID|9595)/.test(id) },
  { title: "Models folder and commands", has: (id) => /^CC-(models|tools|8340)/.test(id) },
  { title: "Input of any kind", has: (id) => /^CC-(limits|mutants)/.test(id) },
  { title: "CORECONF", has: () => true },
];

const DIFFERS = /^differs: /;

/** Numbers inside ids count as numbers: 7.9 before 7.10. */
const byId = new Intl.Collator("en", { numeric: true });

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

/** So many titles are read at a glance. */
const AT_A_GLANCE = 4;

/** Per file, its titles; folded when they are many. */
function testsOf(shown: readonly Shown[]): string {
  const byFile = new Map<string, Set<string>>();
  for (const { file, title } of shown) byFile.set(file, (byFile.get(file) ?? new Set()).add(title));
  return [...byFile]
    .map(([file, set]) => {
      const titles = [...set].map((title) => cell(title.replace(DIFFERS, "unlike others: ")));
      const link = `[${file.slice("test/".length, -".test.ts".length)}](../${file})`;
      if (titles.length <= AT_A_GLANCE) return `${link}: ${titles.join("; ")}`;
      return `${link}: <details><summary>${titles.length} titles</summary>${titles.join("<br>")}</details>`;
    })
    .join("<br>");
}

function rowOf(id: string, shown: readonly Shown[]): string {
  const { rule = "", document = "", notYet = "" } = CONFORMANCE_ROWS[id] ?? {};
  const differs = shown.some(({ title }) => DIFFERS.test(title));
  const state = shown.length === 0 ? `not yet: ${notYet}` : differs ? "yes, unlike others" : "yes";
  return `| ${id} | ${cell(rule)} | ${document} | ${state} | ${testsOf(shown)} |`;
}

function areas(shown: readonly Shown[]): string {
  const ids = [...new Set([...Object.keys(REQUIRED_ROWS), ...shown.map(({ id }) => id)])].sort(byId.compare);
  const of = (row: string): readonly Shown[] => shown.filter(({ id }) => id === row);
  const areaOf = (id: string): Area | undefined => AREAS.find(({ has }) => has(id));
  return AREAS.map((area) => {
    const rows = ids.filter((id) => areaOf(id) === area).map((id) => rowOf(id, of(id)));
    return `## ${area.title}\n\n| row | rule | document | state | tests |\n|---|---|---|---|---|\n${rows.join("\n")}`;
  }).join("\n\n");
}

function differences(shown: readonly Shown[]): string {
  const lines = shown
    .filter(({ title }) => DIFFERS.test(title))
    .map(({ id, title, file }) => `- **${id}**: ${cell(title.replace(DIFFERS, ""))} ([test](../${file}))`);
  return [...new Set(lines)].sort(byId.compare).join("\n");
}

const limits = (): string =>
  LIMITS.map(({ of, what, figure, told }) => `| ${of} | ${what} | ${figure.toLocaleString("en")} | ${told} |`).join(
    "\n",
  );

export function yangConformancePage(root: string, made: string): string {
  const shown = shownByTests(root);
  return `# YANG, rule by rule

${made}

What the documents ask of YANG, YANG-CBOR and .sid files, and the tests that show it: this page is made from their titles. "…" in a
title stands for what the cases of a table differ in.

- **yes**: as the document says, as far as the tests named show it.
- **yes, unlike others**: so, too, where yanglint, pyang or another document says otherwise; [below](#where-we-differ) is how.
- **not yet**: not there.

${areas(shown)}

## Where we differ

From yanglint (libyang 2.1.30), pyang (2.7.1) and pycoreconf (0.3.0), with the section that speaks for us.

${differences(shown)}

## Limits

What is larger is refused with the code named ([errors.md](errors.md)); nothing is allocated for a length before its bytes are there.

| of | what | at most | else |
|---|---|---|---|
${limits()}
`;
}
