/** Commands over MQTT: what may be said, by whom, and where it is answered. */
export { type CommandSettings, Commands, type CommandsOptions } from "./commands.ts";
export type { ReplaySource } from "./local.ts";
export { COMMAND_OPS, COMMON_MEMBERS, type CommandOp, RIGHTS, type Right } from "./ops.ts";
export { prefixProblem } from "./reply-address.ts";
export { namedTwice, parseRights } from "./rights.ts";
