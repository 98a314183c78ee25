/** Errors of the coap part. Ports that cannot be bound are `port.taken` and `port.refused` of the configuration. */
export const COAP_ERRORS = {
  "coap.bug": {
    blame: "bug",
    text: "the coap part met a state that cannot be: {what}",
    hint: "Please report this with the log lines around it.",
  },
} as const;
