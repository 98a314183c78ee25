/** suit-manifest-37 §8.4.7, suit-report — what a run tells: records, claims, and the whole report of a recipient. */
import {
  type Command,
  type Parameters,
  REPORTING,
  type Report,
  type ReportClaim,
  type ReportRecord,
  reasonNumber,
} from "../../../../wire/suit/index.ts";
import type { Program } from "../program.ts";
import type { Outcome, Place, Verdict } from "./outcome.ts";

const NOTHING: Parameters = new Map();

const placed = ({ manifestId, section, offset, componentIndex }: Place, parameters: Parameters): ReportRecord => ({
  kind: "record",
  manifestId,
  section,
  offset,
  componentIndex,
  parameters,
});

/** By the command's reporting policy; of what carries none nothing is told. */
export function recordOf(at: Place, { argument }: Command, verdict: Verdict): Array<ReportRecord | ReportClaim> {
  if (argument.kind !== "policy") return [];
  const failed = verdict.result === "failed" || verdict.result === "unknown";
  const measured = ("measured" in verdict ? verdict.measured : undefined) ?? NOTHING;
  const asked = (success: number, failure: number): boolean => (argument.policy & (failed ? failure : success)) !== 0;
  const told: Array<ReportRecord | ReportClaim> = [];
  if (asked(REPORTING.recordSuccess, REPORTING.recordFailure)) told.push(placed(at, measured));
  if (asked(REPORTING.sysinfoSuccess, REPORTING.sysinfoFailure) && measured.size > 0) {
    told.push({ kind: "claim", componentId: at.component, parameters: measured });
  }
  return told;
}

/** What a recipient sends after a run. Its own code for a failure is the reason's number. */
export function reportOf(outcome: Outcome, { digest, manifest }: Program, nonce?: Uint8Array): Report {
  return {
    reference: { uri: manifest.referenceUri, digest },
    nonce,
    records: outcome.records,
    result: resultOf(outcome),
    capabilities: undefined,
  };
}

function resultOf(outcome: Outcome): Report["result"] {
  if (outcome.result === "done" && outcome.reason === "ok") return true;
  const reason = reasonNumber(outcome.result === "unknown" ? "condition-failed" : outcome.reason);
  const measured = outcome.result === "failed" ? outcome.measured : undefined;
  return { code: BigInt(reason), record: placed(outcome.at, measured ?? NOTHING), reason };
}
