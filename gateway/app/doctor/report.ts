/** The findings for people, a line each, and for programs. */
import { explanation } from "../../base/index.ts";
import type { JsonObject } from "../../yang/api.ts";
import { type Finding, faults, type Section, type Verdict } from "./finding.ts";

const MARKS: Readonly<Record<Verdict, string>> = { right: "ok", note: "note", wrong: "WRONG" };
const WIDTH = Math.max(...Object.values(MARKS).map(({ length }) => length));

export function reportText(sections: readonly Section[]): string {
  const count = faults(sections);
  const last = count === 0 ? "All is well." : `${count} ${count === 1 ? "thing is" : "things are"} not right.`;
  const parts = sections.map(({ title, findings }) => [title, ...findings.map(line)].join("\n"));
  return [...parts, last].join("\n\n");
}

const line = (finding: Finding): string => `  ${MARKS[finding.verdict].padEnd(WIDTH)}  ${sentence(finding)}`;

function sentence({ text, code, hint }: Finding): string {
  if (code === undefined || hint === undefined) return text;
  return explanation({ message: text.slice(0, 1).toUpperCase() + text.slice(1), hint, code });
}

export const reportJson = (sections: readonly Section[]): JsonObject => ({
  wrong: faults(sections),
  sections: sections.map(({ title, findings }) => ({ title, findings: findings.map((finding) => ({ ...finding })) })),
});
