/** Errors of backups: files that are none, or not whole, and folders that they do not belong into. */
export const BACKUP_ERRORS = {
  "backup.damaged": {
    blame: "store",
    text: "the backup {file} is not what was written: {reason}",
    hint: "It was cut off or changed on its way. Nothing of it was put back: fetch it again, or take another one.",
  },
  "backup.unknown": {
    blame: "usage",
    text: "{file} is no backup of a Sidgate: {reason}",
    hint: "'sidgate backup FILE' makes one.",
  },
  "backup.entry": {
    blame: "store",
    text: "the backup {file} has an entry that none may have, {entry}: {reason}",
    hint: "Sidgate did not write this file as it is. Nothing of it was put back; find out who gave it to you.",
  },
  "backup.newer": {
    blame: "usage",
    text: "the backup {file} was made by Sidgate {software}: its {what} is {found}, this program knows up to {known}",
    hint: "Restore it with that version, or a later one.",
  },
  "backup.occupied": {
    blame: "usage",
    text: "nothing is restored into {folder}: {entry} is there already",
    hint: "Name an empty folder, or one that is not there yet, with --data; what is there must not be mixed with a backup.",
  },
  "backup.nothing": {
    blame: "usage",
    text: "there is no site in the folder {folder}",
    hint: "Name the data folder of a gateway with --data.",
  },
  "backup.has-key": {
    blame: "usage",
    text: "the backup {file} has the site's key, and another one was given",
    hint: "Leave --site-key out: the key in a backup is the one that seals its credentials.",
  },
  "backup.other-site": {
    blame: "usage",
    text: "the backup is of site {site}, and store.site says {wanted}",
    hint: "A site keeps its name: set store.site to that of the backup, or leave it out.",
  },
  "backup.in-use": {
    blame: "usage",
    text: "nothing is restored into the Redis at {url}: it holds {site} already",
    hint: "Take another Redis, or another database of this one; beside other sites, say with store.site which one is meant.",
  },
  "backup.stage-lost": {
    blame: "store",
    text: "the Redis at {url} does not hold what was restored for site {site}",
    hint: "It lost that before this first start, or another site came first. Restore again into an empty folder.",
  },
  "backup.busy": {
    blame: "usage",
    text: "a backup of this site is being made already",
    hint: "Ask again when it is done.",
  },
} as const;
