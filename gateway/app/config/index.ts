/** The configuration of the gateway. */
export { hearsUnprotected, isLoopback } from "./exposure.ts";
export { ConfigError, type Finding, formatFinding } from "./findings.ts";
export { formatHostPort } from "./kinds.ts";
export { configOf } from "./override.ts";
export { type PortableConfig, portableConfig } from "./portable.ts";
export { configCheck, configShow } from "./programs.ts";
export { examineConfig, readConfig } from "./read.ts";
export { type Config, SETTING_KEYS, SETTINGS } from "./settings.ts";
