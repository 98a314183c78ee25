/** suit-report, SUIT_Report_Reasons — one vocabulary for why processing ended: a node's report and our own errors. */
import type { ErrorCode } from "../../../base/index.ts";
import { REASONS, type Reason } from "../labels.ts";
import type { Report } from "./report.ts";

/** undefined = a number that this version of the document does not have. */
export const reasonNamed = (number: number): Reason | undefined => REASONS[number];
export const reasonNumber = (reason: Reason): number => REASONS.indexOf(reason);

/** Why the recipient stopped. */
export const reasonOf = ({ result }: Pick<Report, "result">): Reason | undefined =>
  result === true ? "ok" : reasonNamed(result.reason);

/** By code first, then by what stands before the dot. */
const BY_CODE: Partial<Record<ErrorCode, Reason>> = {
  "suit.no-authentication": "unauthorised",
  "suit.manifest-digest": "unauthorised",
  "suit.severed-digest": "unauthorised",
  "suit.orphan": "unauthorised",
  "suit.integrated": "unauthorised",
  "suit.delegation": "unauthorised",
  "suit.digest-algorithm": "alg-unsupported",
  "suit.command": "command-unsupported",
  "suit.shared-command": "command-unsupported",
  "suit.shared-custom": "command-unsupported",
  "suit.parameter": "parameter-unsupported",
  "suit.index": "component-unsupported",
  "suit.fetch-without-uri": "operation-failed",
  "release.rights": "component-unauthorised",
  "release.expired": "condition-failed",
  "release.clock": "condition-failed",
  "release.limit": "operation-failed",
  "cose.algorithm": "alg-unsupported",
  "cose.malformed": "cose-unsupported",
  "cose.critical": "cose-unsupported",
  "cose.content": "cose-unsupported",
};
const BY_FAMILY: Readonly<Record<string, Reason>> = {
  cbor: "cbor-parse",
  suit: "cbor-parse",
  cose: "unauthorised",
  release: "unauthorised",
};

/** What we would report had we refused with this error; undefined for errors that are not about an envelope. */
export const reasonOfError = (code: ErrorCode): Reason | undefined =>
  BY_CODE[code] ?? BY_FAMILY[code.slice(0, code.indexOf("."))];
