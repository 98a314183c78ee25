/** docs/suit-conformance.md, made from the titles of the tests. `npx tsx scripts/docs.ts` writes it. */
import {
  COSE_ROWS,
  DOMAINS_ROWS,
  ENCRYPTION_ROWS,
  ENVELOPE_ROWS,
  MANAGEMENT_ROWS,
  MANIFEST_ROWS,
  MTI_ROWS,
  PROCESSOR_ROWS,
  REPORT_ROWS,
} from "./suit-rows.ts";
import { type Area, tableOf } from "./table.ts";
import { shownByTests } from "./titles.ts";

/** In the order of the page. */
export const SUIT_AREAS: readonly Area[] = [
  { title: "Envelope and authentication", rows: ENVELOPE_ROWS },
  { title: "Manifest", rows: MANIFEST_ROWS },
  { title: "Processing", rows: PROCESSOR_ROWS },
  { title: "Trust domains", rows: DOMAINS_ROWS },
  { title: "Update management", rows: MANAGEMENT_ROWS },
  { title: "Encrypted payloads", rows: ENCRYPTION_ROWS },
  { title: "Reports", rows: REPORT_ROWS },
  { title: "Profiles", rows: MTI_ROWS },
  { title: "COSE", rows: COSE_ROWS },
];

export function suitConformancePage(root: string, made: string): string {
  const shown = shownByTests(root);
  return `# SUIT and COSE, rule by rule

${made}

What draft-ietf-suit-manifest-37, its extensions and COSE ask, and the tests that show it: this page is made from their titles. Where a
document is silent or says two things, our decision stands beside the rule. What there is and how it is used is told in
[suit.md](suit.md), [trust.md](trust.md) and [releases.md](releases.md). "…" in a title stands for what the cases of a table differ in.

- **yes**: as the document says, or as decided, as far as the tests named show it.
- **partly**: so far, and why not further.
- **not there**: and why.

${SUIT_AREAS.map((area) => tableOf(area, shown, true)).join("\n\n")}
`;
}
