/** Errors of access rules (RFC 8341). */
export const ACCESS_ERRORS = {
  "access.denied": {
    blame: "trust",
    text: "'{user}' may not {verb} {path}",
    hint: "Ask whoever runs the gateway; 'sidgate access test' says which rule forbids it.",
  },
  "access.group-unknown": {
    blame: "usage",
    text: "there is no group '{group}'",
    hint: "The groups are {known}; 'sidgate access show' says what each may do.",
  },
  "access.rule-unknown": {
    blame: "usage",
    text: "there is no rule '{rule}' for '{group}'",
    hint: "'sidgate access show' lists the rules by their names.",
  },
  "access.target-unknown": {
    blame: "usage",
    text: "no module set has {target}",
    hint: "Give a path as /sidgate-building:room, the name of a module, rpc or notification, or * for everything.",
  },
} as const;
