/**
 * suit-manifest-37 §6.4, §6.5 — the update and the invocation procedure of a simulated node. Each begins anew from what the
 * flash holds, so that a reset at any moment loses nothing; what is not there yet is wanted, and the next run goes further.
 */
import { BugError, type CodedError, isCoded } from "../../base/index.ts";
import {
  finishNow,
  type Outcome,
  PROCEDURES,
  type Procedure,
  type Program,
  run,
} from "../../service/trust/processor/index.ts";
import { SEQUENCES, type SequenceName } from "../../wire/suit/index.ts";
import { FlashDevice, type Surroundings, type Want } from "./flash-device.ts";
import { cleared, installed, type Memory } from "./memory.ts";
import { authenticated, type Recipient } from "./recipient.ts";
import { type Trouble, troubleOf, writeRefusal, writeReport } from "./telling.ts";

/** An encoded SUIT_Report; undefined where there is nothing that one could be about. */
type Told = Uint8Array | undefined;

export type Failure = {
  readonly state: "failed";
  readonly memory: Memory;
  readonly trouble: Trouble;
  readonly report: Told;
  /** For whoever watches the node. */
  readonly why: string;
};
export type Updated =
  | { readonly state: "wants"; readonly want: Want }
  /** For an event: the same run again at the next wake. */
  | { readonly state: "waits" }
  /** A restart, and the new image runs. */
  | { readonly state: "ready"; readonly memory: Memory; readonly report: Told }
  | Failure;
export type Started = { readonly state: "started"; readonly memory: Memory; readonly report: Told } | Failure;

/** From the stored envelope as far as what was fetched allows. */
export function update(recipient: Recipient, memory: Memory, around: Surroundings): Updated {
  const program = believed(recipient, memory);
  if ("state" in program) return program;
  const device = new FlashDevice({ ...around, recipient, memory, program, invoke: () => "pending" });
  const outcome = procedure("update", program, recipient, device);
  if (device.want !== undefined) return { state: "wants", want: device.want };
  if (outcome.result !== "done") return failed(memory, program, outcome, device);
  if (outcome.reason === "invoke-pending") return { state: "waits" };
  return rehearse(recipient, { ...memory, candidate: device.draft }, around, program, outcome);
}

/** Would it start? What it leaves in memory is gone with the restart. */
function rehearse(
  recipient: Recipient,
  memory: Memory,
  around: Surroundings,
  program: Program,
  updated: Outcome,
): Updated {
  const device = new FlashDevice({
    ...around,
    recipient,
    memory,
    program,
    draft: memory.candidate,
    invoke: () => "pending",
  });
  const outcome = procedure("invocation", program, recipient, device);
  if (outcome.result !== "done") return failed(memory, program, outcome, device);
  const records = [...updated.records, ...outcome.records];
  // Without an invoke of its own nothing is pending yet: the boot loader tells how it went.
  const report = outcome.reason === "ok" ? undefined : writeReport({ ...outcome, records }, program);
  return { state: "ready", memory, report };
}

/** The boot loader: the candidate runs when it is whole and comes up; otherwise all stays as it was. */
export function start(recipient: Recipient, memory: Memory, around: Surroundings): Started {
  const program = believed(recipient, memory);
  if ("state" in program) return program;
  const why = "the new image does not come up";
  const invoke = () => (around.defects.bootFails ? ({ failed: why } as const) : "done");
  const device = new FlashDevice({ ...around, recipient, memory, program, draft: memory.candidate, invoke });
  const outcome = procedure("invocation", program, recipient, device);
  if (outcome.result !== "done") return failed(memory, program, outcome, device);
  // A manifest that invokes nothing has no step to blame.
  if (around.defects.bootFails) {
    return { state: "failed", memory: cleared(memory), trouble: "boot-failed", report: undefined, why };
  }
  const done = { sequence: program.manifest.sequenceNumber, digest: program.digest.bytes };
  return {
    state: "started",
    memory: installed(memory, device.draft, done),
    report: writeReport(outcome, program),
  };
}

function believed(recipient: Recipient, memory: Memory): Program | Failure {
  const { envelope } = memory;
  if (envelope === undefined) throw new BugError("service.bug", { what: "a node has no envelope to process" });
  try {
    return authenticated(recipient, envelope, memory);
  } catch (error) {
    if (!isCoded(error)) throw error;
    return refused(memory, envelope, error);
  }
}

const refused = (memory: Memory, envelope: Uint8Array, error: CodedError): Failure => ({
  state: "failed",
  memory: cleared(memory),
  trouble: "refused",
  report: writeRefusal(envelope, error),
  why: error.message,
});

/** Sections that the node does not know are not run: whoever needs them must say so (suit-report, capabilities). */
function procedure(name: Procedure, program: Program, { abilities }: Recipient, device: FlashDevice): Outcome {
  const known = PROCEDURES[name].filter((section: SequenceName) =>
    abilities.capabilities.manifest.includes(SEQUENCES[section]),
  );
  return finishNow(run(program, known, device));
}

function failed(
  memory: Memory,
  program: Program,
  outcome: Exclude<Outcome, { readonly result: "done" }>,
  { trouble }: FlashDevice,
): Failure {
  return {
    state: "failed",
    memory: cleared(memory),
    trouble: trouble ?? troubleOf(outcome),
    report: writeReport(outcome, program),
    why: outcome.error.message,
  };
}
