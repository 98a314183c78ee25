/** What the doctor says: sentences in sections, and for what is not right the error with its hint. */
/** `note`: nothing to mend, or nothing that can be seen from here. */
export type Verdict = "right" | "note" | "wrong";

export interface Finding {
  readonly verdict: Verdict;
  readonly text: string;
  /** Of what is wrong, from the one table of errors: ours, or that of the gateway that runs. */
  readonly code?: string;
  readonly hint?: string;
}

export interface Section {
  readonly title: string;
  readonly findings: readonly Finding[];
}

export const right = (text: string): Finding => ({ verdict: "right", text });
export const note = (text: string): Finding => ({ verdict: "note", text });
export type Refusing = Readonly<Record<"message" | "code" | "hint", string>>;

export const wrong = ({ message, code, hint }: Refusing): Finding => ({
  verdict: "wrong",
  text: message,
  code,
  hint,
});

export const faults = (sections: readonly Section[]): number =>
  sections.flatMap(({ findings }) => findings).filter(({ verdict }) => verdict === "wrong").length;
