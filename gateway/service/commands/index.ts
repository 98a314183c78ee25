/** Commands that end later than they are answered. */
export { type Awaited, type Surroundings, type Verdict, verdictOn } from "./verdict.ts";
export { awaitsReport, CommandWaits, type CommandWaitsOptions } from "./waits.ts";
