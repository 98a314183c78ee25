/** Errors of the bridge part. */
export const BRIDGE_ERRORS = {
  "bridge.bug": {
    blame: "bug",
    text: "the bridge part met a state that cannot be: {what}",
    hint: "Please report this with the log lines around it.",
  },
} as const;
