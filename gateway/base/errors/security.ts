/** Errors of security contexts and credentials. */
export const SECURITY_ERRORS = {
  "oscore.option": {
    blame: "wire",
    text: "the OSCORE option is malformed: {what}",
    hint: "Write the option as RFC 8613 §6.1 says.",
  },
} as const;
