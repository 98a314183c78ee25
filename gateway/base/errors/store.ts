/** Errors of the store part. */
export const STORE_ERRORS = {
  "store.bug": {
    blame: "bug",
    text: "the store part met a state that cannot be: {what}",
    hint: "Please report this with the log lines around it.",
  },
} as const;
