/** Errors of the resource directory. */
export const DIRECTORY_ERRORS = {
  "directory.parameter": {
    blame: "wire",
    text: "the registration parameter {name} is wrong: {what}",
    hint: "Register as RFC 9176 §5 says.",
  },
} as const;
