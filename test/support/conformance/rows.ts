/** All rows that a test's title may name, and what is wrong between rows and titles. */
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
import type { Rows } from "./row.ts";
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
import type { Shown } from "./titles.ts";
import { PLAN_ROWS, SLEEP_ROWS, TRUTH_ROWS } from "./ux-rows.ts";
import { PRODUCT_ROWS, SID_ROWS } from "./yang-rows.ts";
import { SECTION_ROWS } from "./yang-sections.ts";

export const ROWS: Rows = {
  ...VALUE_ROWS,
  ...IDENTIFIER_ROWS,
  ...FORM_ROWS,
  ...ERROR_ROWS,
  ...SID_ROWS,
  ...PRODUCT_ROWS,
  ...SECTION_ROWS,
  ...RESOURCE_ROWS,
  ...METHOD_ROWS,
  ...STREAM_ROWS,
  ...BLOCK_ROWS,
  ...SECURITY_ROWS,
  ...LIBRARY_ROWS,
  ...CONTRADICTION_ROWS,
  ...CODE_ROWS,
  ...ENVELOPE_ROWS,
  ...MANIFEST_ROWS,
  ...PROCESSOR_ROWS,
  ...DOMAINS_ROWS,
  ...MANAGEMENT_ROWS,
  ...ENCRYPTION_ROWS,
  ...REPORT_ROWS,
  ...MTI_ROWS,
  ...COSE_ROWS,
  ...SLEEP_ROWS,
  ...PLAN_ROWS,
  ...TRUTH_ROWS,
};

/** Rows that no test shows and that do not say why. */
export function missingRows(shown: readonly Shown[]): readonly string[] {
  const ids = new Set(shown.map(({ id }) => id));
  return Object.entries(ROWS).flatMap(([id, { notThere }]) => (ids.has(id) || notThere !== undefined ? [] : [id]));
}

/** Rows that tests name and the table does not know. */
export const unknownRows = (shown: readonly Shown[]): readonly string[] => [
  ...new Set(shown.map(({ id }) => id).filter((id) => ROWS[id] === undefined)),
];
