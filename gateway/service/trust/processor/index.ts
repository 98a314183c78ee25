/** The SUIT processor: an abstract machine, a dry run of it, lint for authors, replay of reports. Wired by what uses it. */
export * from "./device.ts";
export { type Choice, MAX_COURSES, MAX_STEPS } from "./dry/choices.ts";
export type { PlannedFetch } from "./dry/device.ts";
export {
  type Alternative,
  type Course,
  type DryRunOptions,
  dryRun,
  type EndState,
  failureText,
  type Prognosis,
} from "./dry/run.ts";
export type * from "./dry/view.ts";
export { findingText, type LintFinding, lint } from "./lint.ts";
export { run } from "./machine/machine.ts";
export type { Outcome, Place, Step } from "./machine/outcome.ts";
export { reportOf } from "./machine/records.ts";
export { keyOf, PROCESSOR_LIMITS, type ProcessorLimits } from "./machine/state.ts";
export { finish, finishNow, type Steps } from "./machine/steps.ts";
export { placeText } from "./place.ts";
export {
  openDependency,
  PROCEDURES,
  type Procedure,
  type Program,
  programOf,
  SHARED_SECTION,
  sectionName,
  sectionOf,
} from "./program.ts";
export { type Dependencies, type Replay, replay } from "./replay.ts";
