/** docs/campaign-conformance.md, made from the titles of the tests. `npx tsx scripts/docs.ts` writes it. */
import { type Area, tableOf } from "./table.ts";
import { shownByTests } from "./titles.ts";
import { PLAN_ROWS, SLEEP_ROWS, TRUTH_ROWS } from "./ux-rows.ts";

/** In the order of the page. */
export const CAMPAIGN_AREAS: readonly Area[] = [
  { title: "Nodes that sleep", rows: SLEEP_ROWS },
  { title: "Who takes part, and in what order", rows: PLAN_ROWS },
  { title: "What is true, and what is told", rows: TRUTH_ROWS },
];

export function campaignConformancePage(root: string, made: string): string {
  const shown = shownByTests(root);
  return `# Campaigns, complaint by complaint

${made}

No standard says how a campaign should behave, but the users of other gateways have. Each row is a rule that follows from such a complaint
(\`document\` names one of them), and the tests that show that it is kept: this page is made from their titles. How campaigns are used is told in
[campaigns.md](campaigns.md). "…" in a title stands for what the cases of a table differ in.

${CAMPAIGN_AREAS.map((area) => tableOf(area, shown, true)).join("\n\n")}
`;
}
