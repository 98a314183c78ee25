/** Errors of security contexts and credentials. */
export const SECURITY_ERRORS = {
  "oscore.option": {
    blame: "wire",
    text: "the OSCORE option is malformed: {what}",
    hint: "Write the option as RFC 8613 §6.1 says.",
  },
  "site-key.missing": {
    blame: "store",
    text: "the site's key {file} is gone, and {count} credentials are sealed with it",
    hint: "Restore the file from a backup, or name its place with security.key-file; docs/security.md says what to do without one.",
  },
  "site-key.wrong": {
    blame: "store",
    text: "the key in {file} is not the one that sealed the {count} credentials of this site",
    hint: "Put the key of the same backup there as the data folder's; see docs/security.md.",
  },
  "site-key.unreadable": {
    blame: "store",
    text: "the site's key {file} cannot be used: {reason}",
    hint: "The file must be one that this user may read and write; its content is never repaired, only restored.",
  },
} as const;
