/** What the doctor says: sentences in sections, and for what is not right the error with its hint. */
import type { ErrorCode } from "../../base/index.ts";

/** `note`: nothing to mend, or nothing that can be seen from here. */
export type Verdict = "right" | "note" | "wrong";

export interface Finding {
  readonly verdict: Verdict;
  readonly text: string;
  /** Of what is wrong, from the one table of errors. */
  readonly code?: ErrorCode;
  readonly hint?: string;
}

export interface Section {
  readonly title: string;
  readonly findings: readonly Finding[];
}

export const right = (text: string): Finding => ({ verdict: "right", text });
export const note = (text: string): Finding => ({ verdict: "note", text });
export const wrong = ({
  message,
  code,
  hint,
}: Readonly<{ message: string; code: ErrorCode; hint: string }>): Finding => ({
  verdict: "wrong",
  text: message,
  code,
  hint,
});

export const faults = (sections: readonly Section[]): number =>
  sections.flatMap(({ findings }) => findings).filter(({ verdict }) => verdict === "wrong").length;
