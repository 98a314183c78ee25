/** docs/mqtt.md, "Versions" — the first number is the second level of every topic. */
export const CONTRACT_VERSION = "1.0.0";
