/** Rows of a conformance page with the tests that show them, as Markdown. */
import type { ConformanceRow, Rows } from "./row.ts";
import type { Shown } from "./titles.ts";

/** A heading of a page and its rows. */
export interface Area {
  readonly title: string;
  readonly rows: Rows;
}

export const DIFFERS = /^differs: /;

/** Numbers inside ids count as numbers: 7.9 before 7.10. */
export const byId = new Intl.Collator("en", { numeric: true });

export const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

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

function stateOf(shown: readonly Shown[], { notThere = "", partly }: ConformanceRow): string {
  if (shown.length === 0) return `not there: ${notThere}`;
  if (partly !== undefined) return `partly: ${partly}`;
  return shown.some(({ title }) => DIFFERS.test(title)) ? "yes, unlike others" : "yes";
}

/** One area as a table; `decisions` adds the column of what we decided. */
export function tableOf({ title, rows }: Area, shown: readonly Shown[], decisions: boolean): string {
  const head = ["row", "rule", "document", ...(decisions ? ["our decision"] : []), "state", "tests"];
  const lines = Object.entries(rows)
    .sort(([a], [b]) => byId.compare(a, b))
    .map(([id, row]) => {
      const { rule, document, decision = "" } = row;
      const here = shown.filter((each) => each.id === id);
      const decided = decisions ? [cell(decision)] : [];
      return `| ${[id, cell(rule), document, ...decided, cell(stateOf(here, row)), testsOf(here)].join(" | ")} |`;
    });
  return `## ${title}\n\n| ${head.join(" | ")} |\n|${"---|".repeat(head.length)}\n${lines.join("\n")}`;
}
