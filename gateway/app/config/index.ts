/** The configuration of the gateway. */
export { isLoopback, refuseExposedLab } from "./exposure.ts";
export { ConfigError, type Finding, formatFinding } from "./findings.ts";
export { formatHostPort, type HostPort, parseHostPort } from "./kinds.ts";
export { configOf } from "./override.ts";
export { configCheck, configShow } from "./programs.ts";
export { type ConfigSource, examineConfig, readConfig } from "./read.ts";
export { Secret } from "./secret.ts";
export { type Config, SETTING_KEYS, SETTINGS, type SettingKey } from "./settings.ts";
