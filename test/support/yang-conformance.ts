/**
 * docs/yang-conformance.md, made from the titles of the tests: a title (or a row of a test's table) that begins with ids,
 * such as `CC-V14 CC-V17: bits in a union`, shows those rows. `npx tsx scripts/docs.ts` writes the page, and
 * test/docs.test.ts fails while it differs or while a row has no test.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { CONFORMANCE_ROWS } from "./yang-rows.ts";

export interface Shown {
  readonly id: string;
  /** The title without its ids. */
  readonly title: string;
  /** From the root of the repository. */
  readonly file: string;
}

const TITLE = /(["'`])(CC-[\w.-]+(?:,? CC-[\w.-]+)*): ((?:\\.|(?!\1)[^\\\n])*)\1/g;
const FOLDERS = ["yang", "interop", "app", "e2e", "fuzz", "southbound"] as const;

/** The titles of a test file that name rows. */
export const titlesIn = (source: string, file: string): readonly Shown[] =>
  [...source.matchAll(TITLE)].flatMap(([, , ids = "", title = ""]) =>
    ids.split(/,? /).map((id) => ({ id, title: title.replaceAll(/\\(["'`])/g, "$1"), file })),
  );

export function shownByTests(root: string): readonly Shown[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, "test", folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join(root, "test", folder, name)),
  ).sort();
  return files.flatMap((path) => titlesIn(readFileSync(path, "utf8"), relative(root, path)));
}

interface Area {
  readonly title: string;
  readonly has: (id: string) => boolean;
}

/** In the order of the page; a row stands under the first area that has it. */
const AREAS: readonly Area[] = [
  { title: "Compiler (RFC 7950, RFC 8791, RFC 8040)", has: (id) => /^CC-(7950|8791|8040|6020|8407|8340)/.test(id) },
  { title: "XPath 1.0 and the YANG functions", has: (id) => /^CC-(XPath|XSD)/i.test(id) },
  { title: "YANG-CBOR values", has: (id) => /^CC-V\d/.test(id) },
  { title: "Instance-identifiers", has: (id) => /^CC-K\d/.test(id) },
  { title: "Content formats", has: (id) => /^CC-(M\d|9254)/.test(id) },
  { title: "JSON", has: (id) => /^CC-7951|^CC-7952/.test(id) },
  { title: "SID files", has: (id) => /^CC-(SID|9595)/.test(id) },
  { title: "CORECONF and the rest", has: () => true },
];

const DOCUMENT = /^CC-(\d{4})-([\d.]+)$/;
const SECTION = /^CC-(XPath|XSD)-([\w.]+)$/i;

/** Where the rule stands: by the table, or said by the id itself. */
export function documentOf(id: string): string {
  const [, rfc, section] = DOCUMENT.exec(id) ?? [];
  if (rfc !== undefined) return `RFC ${rfc} §${section}`;
  const [, name, place] = SECTION.exec(id) ?? [];
  if (name !== undefined) return /xpath/i.test(name) ? `XPath 1.0 §${place}` : `XML Schema part 2, ${place}`;
  return CONFORMANCE_ROWS[id]?.document ?? "docs/coreconf.md";
}

const DIFFERS = /^differs: /;

/** Numbers inside ids count as numbers: 7.9 before 7.10. */
const byId = new Intl.Collator("en", { numeric: true });

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

function rowOf(id: string, shown: readonly Shown[]): string {
  const known = CONFORMANCE_ROWS[id];
  const differs = shown.filter(({ title }) => DIFFERS.test(title));
  const state = shown.length === 0 ? `not yet: ${known?.notYet ?? ""}` : differs.length === 0 ? "yes" : "differs";
  const tests = shown.map(
    ({ title, file }) => `[${file.slice("test/".length, -".test.ts".length)}](../${file}) ${cell(title)}`,
  );
  return `| ${id} | ${cell(known?.rule ?? "")} | ${documentOf(id)} | ${state} | ${tests.join("<br>")} |`;
}

export function yangConformancePage(root: string, made: string): string {
  const shown = shownByTests(root);
  const ids = [...new Set([...Object.keys(CONFORMANCE_ROWS), ...shown.map(({ id }) => id)])].sort(byId.compare);
  const sections = AREAS.map(({ title, has }, index) => {
    const own = ids.filter((id) => has(id) && !AREAS.slice(0, index).some((area) => area.has(id)));
    const rows = own.map((id) =>
      rowOf(
        id,
        shown.filter((each) => each.id === id),
      ),
    );
    return `## ${title}\n\n| row | rule | document | state | tests |\n|---|---|---|---|---|\n${rows.join("\n")}`;
  });
  const differences = shown.filter(({ title }) => DIFFERS.test(title));
  return `# YANG, rule by rule

${made}

What the documents ask of YANG, YANG-CBOR and .sid files, and the tests that show it: this page is made from their titles. A test whose
title has \`%s\` or \`$name\` in it has a row per case.

- **yes**: as the document says, as far as the tests named show it.
- **differs**: otherwise than a peer, or than a document that contradicts another; the title says why.
- **not yet**: not there.

${sections.join("\n\n")}

## Where we differ

${differences.map(({ id, title }) => `- **${id}**: ${title.replace(DIFFERS, "")}`).join("\n") || "Nowhere."}
`;
}

/** Rows of the table that no test shows and that do not say why. */
export function missingRows(root: string): readonly string[] {
  const ids = new Set(shownByTests(root).map(({ id }) => id));
  return Object.entries(CONFORMANCE_ROWS).flatMap(([id, { notYet }]) =>
    ids.has(id) || notYet !== undefined ? [] : [id],
  );
}
