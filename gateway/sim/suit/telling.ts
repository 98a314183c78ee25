/** suit-report — what a simulated node says of a run: a SUIT_Report, and in one word why an update failed. */
import { type CodedError, isCoded } from "../../base/index.ts";
import { type Outcome, type Program, reportOf, SHARED_SECTION } from "../../service/trust/processor/index.ts";
import {
  COMMAND,
  encodeReport,
  type Report,
  readEnvelope,
  reasonNumber,
  reasonOfError,
} from "../../wire/suit/index.ts";

/** The words of sidgate-firmware for it. */
export type Trouble =
  | "digest-mismatch"
  | "no-space"
  | "wrong-model"
  | "battery-low"
  | "flash-error"
  | "boot-failed"
  | "refused";

/** By the condition that does not hold. */
const BY_CONDITION: ReadonlyMap<number | undefined, Trouble> = new Map([
  [COMMAND.imageMatch, "digest-mismatch"],
  [COMMAND.vendorIdentifier, "wrong-model"],
  [COMMAND.classIdentifier, "wrong-model"],
  [COMMAND.deviceIdentifier, "wrong-model"],
  [COMMAND.minimumBattery, "battery-low"],
]);

export const troubleOf = ({ at }: Extract<Outcome, { readonly result: "failed" | "unknown" }>): Trouble =>
  BY_CONDITION.get(at.code) ?? "refused";

/** sidgate-suit, `report`: more does not fit into a check-in. */
const MAX_REPORT = 1024;

/** Records are for those who are curious; without them a report still says what happened. */
export function writeReport(outcome: Outcome, program: Program): Uint8Array {
  const report = reportOf(outcome, program);
  const whole = encodeReport(report);
  return whole.length <= MAX_REPORT ? whole : encodeReport({ ...report, records: [] });
}

/** Of an envelope that was not believed: its digest is all that is known of it, and only as far as it can be read. */
export function writeRefusal(bytes: Uint8Array, { code }: CodedError): Uint8Array | undefined {
  const digest = digestIn(bytes);
  if (digest === undefined) return undefined;
  const reason = reasonNumber(reasonOfError(code) ?? "unauthorised");
  return encodeReport({
    reference: { uri: undefined, digest },
    nonce: undefined,
    records: [],
    result: {
      code: BigInt(reason),
      reason,
      record: {
        kind: "record",
        manifestId: [],
        section: SHARED_SECTION,
        offset: 0,
        componentIndex: 0,
        parameters: new Map(),
      },
    },
    capabilities: undefined,
  });
}

function digestIn(bytes: Uint8Array): Report["reference"]["digest"] | undefined {
  try {
    return readEnvelope(bytes).authentication.digest;
  } catch (error) {
    if (isCoded(error)) return undefined;
    throw error;
  }
}
