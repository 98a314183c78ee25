/** A row of a conformance page: what a document asks, and what we decided where it does not say. */

export interface ConformanceRow {
  readonly rule: string;
  readonly document: string;
  /** Where the document is silent or says two things. */
  readonly decision?: string;
  /** Why nothing shows it: it is not there. */
  readonly notThere?: string;
  /** How far it goes, where that is not the whole. */
  readonly partly?: string;
}

export type Rows = Readonly<Record<string, ConformanceRow>>;

export const row = (
  rule: string,
  document: string,
  more: Pick<ConformanceRow, "decision" | "notThere" | "partly"> = {},
): ConformanceRow => ({ rule, document, ...more });
