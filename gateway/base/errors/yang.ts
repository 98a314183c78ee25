/** Errors of the yang part. */
export const YANG_ERRORS = {
  "yang.bug": {
    blame: "bug",
    text: "the yang part met a state that cannot be: {what}",
    hint: "Please report this with the log lines around it.",
  },
} as const;
