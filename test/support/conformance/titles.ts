/**
 * Which rows of the conformance pages the tests show: a title (or a row of a test's table) that begins with ids, such as
 * `CC-V14 CC-V17: bits in a union`, shows those rows (`CC-`: CORECONF and YANG, `SU-`: SUIT and COSE, `UX-`: campaigns).
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export interface Shown {
  readonly id: string;
  /** The title without its ids. */
  readonly title: string;
  /** From the root of the repository. */
  readonly file: string;
}

const IDS = String.raw`(?:CC|SU|UX)-[\w.-]+(?: (?:CC|SU|UX)-[\w.-]+)*`;
const TITLE = new RegExp(String.raw`(["'${"`"}])(${IDS}): ((?:\\.|(?!\1)[^\\\n])*)\1`, "g");
/** A title that would be passed over: its ids are written in some other way. */
const MISWRITTEN = new RegExp(String.raw`["'${"`"}](?!${IDS}(?:: |["'${"`"}]))(?:CC|SU|UX)-[^"'${"`"}\n]*`, "g");
const FOLDERS = [
  "yang",
  "interop",
  "app",
  "e2e",
  "fuzz",
  "southbound",
  "service",
  "coap",
  "lockstep",
  "wire",
  "sim",
] as const;

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
