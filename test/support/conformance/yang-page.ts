/** docs/yang-conformance.md, made from the titles of the tests. `npx tsx scripts/docs.ts` writes it. */
import { ERROR_ROWS, FORM_ROWS, IDENTIFIER_ROWS, VALUE_ROWS } from "./cbor-rows.ts";
import type { Rows } from "./row.ts";
import { type Area, byId, cell, DIFFERS, tableOf } from "./table.ts";
import { type Shown, shownByTests } from "./titles.ts";
import { LIMITS } from "./yang-limits.ts";
import { PRODUCT_ROWS, SID_ROWS } from "./yang-rows.ts";
import { SECTION_ROWS } from "./yang-sections.ts";

const YANG_ROWS: Rows = { ...SID_ROWS, ...PRODUCT_ROWS, ...SECTION_ROWS };

const where = (ids: RegExp): Rows => Object.fromEntries(Object.entries(YANG_ROWS).filter(([id]) => ids.test(id)));

/** In the order of the page. */
export const YANG_AREAS: readonly Area[] = [
  {
    title: "Modules and the compiler",
    rows: where(/^CC-(6020|6991|7950-([5-7]|12|14)|8040-8|8341|8791|parser)/),
  },
  { title: "Types", rows: where(/^CC-7950-9/) },
  { title: "Validation", rows: where(/^CC-7950-8/) },
  { title: "XPath 1.0 and the functions of YANG", rows: where(/^CC-(XPath|7950-10)/) },
  { title: "Values in YANG-CBOR", rows: { ...VALUE_ROWS, ...where(/^CC-vectors/) } },
  { title: "Instance-identifiers", rows: IDENTIFIER_ROWS },
  { title: "Content formats", rows: FORM_ROWS },
  { title: "JSON", rows: where(/^CC-(7951|7952|8040-3)/) },
  { title: "Errors", rows: ERROR_ROWS },
  { title: "SID files", rows: where(/^CC-(SID|9595)/) },
  { title: "Models folder and commands", rows: where(/^CC-(models|tools|8340)/) },
  { title: "Input of any kind", rows: where(/^CC-(limits|mutants)/) },
];

function differences(shown: readonly Shown[]): string {
  const here = new Set(YANG_AREAS.flatMap(({ rows }) => Object.keys(rows)));
  const lines = shown
    .filter(({ id, title }) => here.has(id) && DIFFERS.test(title))
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
title stands for what the cases of a table differ in. CORECONF has [a page of its own](coreconf-conformance.md).

- **yes**: as the document says, as far as the tests named show it.
- **yes, unlike others**: so, too, where yanglint, pyang or another document says otherwise; [below](#where-we-differ) is how.

${YANG_AREAS.map((area) => tableOf(area, shown, false)).join("\n\n")}

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
