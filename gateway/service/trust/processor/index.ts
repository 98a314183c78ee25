/** The SUIT processor: an abstract machine, a dry run of it, lint for authors, replay of reports. Wired by what uses it. */
export * from "./device.ts";
export { run } from "./machine.ts";
export { type Outcome, type Place, reasonOfFailure, type Step } from "./outcome.ts";
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
export { reportOf } from "./records.ts";
export { keyOf, PROCESSOR_LIMITS, type ProcessorLimits } from "./state.ts";
export { finish, finishNow, type Steps } from "./steps.ts";
