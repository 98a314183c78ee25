/** Errors of the resource directory. */
export const DIRECTORY_ERRORS = {
  "directory.parameter": {
    blame: "wire",
    text: "the parameter {name} is wrong: {what}",
    hint: "Register and look up as RFC 9176 §5 and §6 say.",
  },
  "directory.link": {
    blame: "wire",
    text: "the link <{target}> cannot be registered: {what}",
    hint: "Write links in Limited Link Format (RFC 9176, Appendix C).",
  },
  "directory.name": {
    blame: "trust",
    text: "the endpoint name '{endpoint}' is not this peer's to register",
    hint: "A node registers under its own endpoint name, or leaves ep out.",
  },
  "directory.owner": {
    blame: "trust",
    text: "the registration of '{endpoint}' was made by somebody else",
    hint: "It can be changed by whoever made it, by the node itself under its security context, or by a manager.",
  },
  "directory.unknown": {
    blame: "usage",
    text: "there is no registration /rd/{registration}",
    hint: "It has expired or was removed: register again.",
  },
  "directory.too-large": {
    blame: "usage",
    text: "a registration may have {limit} {what}",
    hint: "Register the resources that others look for, and leave the rest out.",
  },
  "directory.full": {
    blame: "usage",
    text: "the directory takes no more than {limit} {what}",
    hint: "Registrations that are no longer renewed make room when they expire.",
  },
  "directory.result": {
    blame: "usage",
    text: "more than {limit} bytes of links match",
    hint: "Ask with count and page, or with a narrower search.",
  },
  "directory.fetch": {
    blame: "usage",
    text: "the links of {path} were not to be had: {what}",
    hint: "A node that registers simply must answer GET /.well-known/core while it waits (RFC 9176 §5.1).",
  },
} as const;
