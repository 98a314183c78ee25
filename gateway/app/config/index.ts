/** The configuration of the gateway. */
export { hearsUnprotected } from "./exposure.ts";
export { ConfigError, type Finding, formatFinding } from "./findings.ts";
export { configOf } from "./override.ts";
export { configCheck, configShow } from "./programs.ts";
export { examineConfig, readConfig } from "./read.ts";
export { type Config, SETTING_KEYS, SETTINGS } from "./settings.ts";
