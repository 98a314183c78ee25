/** How a command, a sequence and a whole run end; every failure has a code of ours and a reason of suit-report. */
import { type CodedError, type TrustCode, TrustError } from "../../../../base/index.ts";
import type { ComponentId, Parameters, Reason, ReportClaim, ReportRecord } from "../../../../wire/suit/index.ts";
import type { Program } from "../program.ts";

/** Where a command stands: as a report names it. */
export interface Place {
  readonly program: Program;
  /** td: from the root manifest downward, which dependency. */
  readonly manifestId: readonly number[];
  /** Label of the sequence, or 3 for the shared one. */
  readonly section: number;
  /** 0 = the sequence as a whole: its first command begins one byte further on. */
  readonly offset: number;
  /** undefined = the sequence as a whole. */
  readonly code: number | undefined;
  readonly componentIndex: number;
  readonly component: ComponentId;
}

/** What one command came to. `measured` is what the device was found to be, in the form of parameters. */
export type Verdict = { readonly result: "done"; readonly measured?: Parameters; readonly arm?: number } | Stop;

/** What ends a sequence. `at` is the innermost command that it is about, where that is another one. */
export type Stop = { readonly at?: Place } & (
  | {
      readonly result: "failed";
      /** A directive that fails ends everything; a condition only the sequence it stands in (§6.4). */
      readonly hard: boolean;
      readonly error: CodedError;
      readonly measured?: Parameters;
    }
  | { readonly result: "unknown"; readonly error: CodedError }
  /** The device starts anew and goes on from there. */
  | { readonly result: "pending" }
);

/** How a sequence ended. */
export type Ending = { readonly result: "done" } | Stop;

export const DONE = { result: "done" } as const;
export const holds = (measured?: Parameters): Verdict => (measured === undefined ? DONE : { result: "done", measured });
/** Of a condition: an alternative may follow. */
export const miss = (error: CodedError, measured?: Parameters): Stop =>
  measured === undefined
    ? { result: "failed", hard: false, error }
    : { result: "failed", hard: false, error, measured };
export const abort = (error: CodedError): Stop => ({ result: "failed", hard: true, error });

/** One command that was run, for one component. */
export interface Step extends Place {
  readonly result: Verdict["result"];
  readonly error: CodedError | undefined;
  /** Of a try-each that is done: which alternative it was, from 1. */
  readonly arm: number | undefined;
}

interface Ran {
  readonly trail: readonly Step[];
  /** What its reporting policies ask for (§8.4.7). */
  readonly records: ReadonlyArray<ReportRecord | ReportClaim>;
}
export type Outcome = Ran &
  (
    | { readonly result: "done"; readonly reason: "ok" }
    | { readonly result: "done"; readonly reason: "invoke-pending"; readonly at: Place }
    | {
        readonly result: "failed";
        readonly at: Place;
        readonly reason: Reason;
        readonly error: CodedError;
        readonly measured: Parameters | undefined;
      }
    | { readonly result: "unknown"; readonly at: Place; readonly error: CodedError }
  );

type ProcessorCode = Extract<TrustCode, `processor.${string}`>;

/** suit-report, SUIT_Report_Reasons */
const REASON_OF: Readonly<Record<ProcessorCode, Reason>> = {
  "processor.mismatch": "condition-failed",
  "processor.parameter-missing": "condition-failed",
  "processor.abort": "condition-failed",
  "processor.no-arm": "condition-failed",
  "processor.unknown": "condition-failed",
  "processor.command-unsupported": "command-unsupported",
  "processor.parameter-unsupported": "parameter-unsupported",
  "processor.algorithm-unsupported": "alg-unsupported",
  "processor.component-unsupported": "component-unsupported",
  "processor.components": "component-unsupported",
  "processor.index": "component-unsupported",
  "processor.no-index": "cbor-parse",
  "processor.operation": "operation-failed",
  "processor.order": "operation-failed",
  "processor.soft-failure": "parameter-unsupported",
  "processor.dependency": "unauthorised",
  "processor.severed": "severing-unsupported",
  "processor.limit": "operation-failed",
};
const REASONS_BY_CODE: ReadonlyMap<string, Reason> = new Map(Object.entries(REASON_OF));

/** What a directive lacks is no condition that failed. */
export function reasonOfFailure({ code }: CodedError, hard: boolean): Reason {
  const reason = REASONS_BY_CODE.get(code) ?? "operation-failed";
  return hard && reason === "condition-failed" ? "operation-failed" : reason;
}

export const beyond = (what: string, limit: number): Stop => abort(new TrustError("processor.limit", { what, limit }));
