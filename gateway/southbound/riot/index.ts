/** Nodes that run RIOT: told where their manifest is. */
export { triggerOf } from "./place.ts";
export { RiotTriggers, type RiotTriggersOptions } from "./triggers.ts";
