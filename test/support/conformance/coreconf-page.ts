/** docs/coreconf-conformance.md, made from the titles of the tests. `npx tsx scripts/docs.ts` writes it. */
import { ERROR_ROWS, FORM_ROWS, IDENTIFIER_ROWS, VALUE_ROWS } from "./cbor-rows.ts";
import {
  BLOCK_ROWS,
  CODE_ROWS,
  CONTRADICTION_ROWS,
  LIBRARY_ROWS,
  METHOD_ROWS,
  RESOURCE_ROWS,
  SECURITY_ROWS,
  STREAM_ROWS,
} from "./coreconf-rows.ts";
import { type Area, tableOf } from "./table.ts";
import { shownByTests } from "./titles.ts";

/** In the order of the page. */
export const CORECONF_AREAS: readonly Area[] = [
  { title: "Resources and discovery", rows: RESOURCE_ROWS },
  { title: "Content formats", rows: FORM_ROWS },
  { title: "Methods", rows: METHOD_ROWS },
  { title: "Event streams", rows: STREAM_ROWS },
  { title: "Instance-identifiers", rows: IDENTIFIER_ROWS },
  { title: "Values", rows: VALUE_ROWS },
  { title: "Errors: tags in the body", rows: ERROR_ROWS },
  { title: "Errors: codes", rows: CODE_ROWS },
  { title: "Blocks and caches", rows: BLOCK_ROWS },
  { title: "Security and access", rows: SECURITY_ROWS },
  { title: "YANG library", rows: LIBRARY_ROWS },
  { title: "Where the draft contradicts itself", rows: CONTRADICTION_ROWS },
];

export function coreconfConformancePage(root: string, made: string): string {
  const shown = shownByTests(root);
  return `# CORECONF, rule by rule

${made}

What draft-ietf-core-comi-21 and the documents around it ask of a CORECONF server, and the tests that show it: this page is made
from their titles. Where the draft is silent or says two things, our decision stands beside the rule. What there is and how it is used is told
in [coreconf.md](coreconf.md); the rules of YANG itself have [a page of their own](yang-conformance.md). "…" in a title stands for what
the cases of a table differ in.

- **yes**: as the document says, or as decided, as far as the tests named show it.
- **yes, unlike others**: so, too, where another implementation does otherwise.

${CORECONF_AREAS.map((area) => tableOf(area, shown, true)).join("\n\n")}
`;
}
