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
  "site-key.moved": {
    blame: "store",
    text: "security.key-file names {file}, which is not there; the key that sealed the {count} credentials still lies in {usual}",
    hint: "Copy {usual} there first, with mode 600, then start again; afterwards remove it from the data folder.",
  },
  "sequence.missing": {
    blame: "store",
    text: "{file} is gone: nobody knows which sequence numbers the {count} credentials of this site have used",
    hint: "Restore it from the backup of the same moment as the data folder; without one 'sidgate run --new-site-key' voids all credentials and begins anew.",
  },
  "sequence.damaged": {
    blame: "store",
    text: "{file} is damaged: nobody knows which sequence numbers this site has used",
    hint: "Restore it from the backup of the same moment as the data folder; without one 'sidgate run --new-site-key' voids all credentials and begins anew.",
  },
  "keys.missing": {
    blame: "store",
    text: "the folder {folder} is gone, and with it what the credentials of this site need",
    hint: "Restore it whole (site.key, sequence.json) from the backup of the same moment as the data folder; without one 'sidgate run --new-site-key' voids all credentials and begins anew.",
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
