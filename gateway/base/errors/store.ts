/** Errors of the store: our backing failed, is damaged, or belongs to somebody else. */
export const STORE_ERRORS = {
  "store.write-failed": {
    blame: "store",
    text: "writing {what} failed: {reason}",
    hint: "Look at the disk (full, read-only, worn out?), then start again; nothing that was answered is lost.",
  },
  "store.no-space": {
    blame: "store",
    text: "the disk of {folder} has {free} bytes left where writing asks for {needed}",
    hint: "Free space on it. A running gateway tries again by itself, and nothing is lost: the journal has it.",
  },
  "store.read-failed": {
    blame: "store",
    text: "reading {what} failed: {reason}",
    hint: "Look at the disk and at the owner of the file, then start again.",
  },
  "store.damaged": {
    blame: "store",
    text: "{file} is damaged at byte {offset}",
    hint: "The disk changed what was written. Restore the data folder from a backup; keep the file for a diagnosis.",
  },
  "store.gap": {
    blame: "store",
    text: "the journal holds the facts {first} to {last}, but the state was built up to {applied}",
    hint: "Journal and state come from different moments: restore both from the same backup.",
  },
  "store.image-missing": {
    blame: "store",
    text: "the bytes of image {digest} are gone from the data folder",
    hint: "Add the image again with 'sidgate image add'; it continues where it was.",
  },
  "clock.not-synchronised": {
    blame: "store",
    text: "a copy cannot be put back while this machine's clock is not known to be right: {why}",
    hint: "The new epoch is made from the time. Wait for the time service, or set the clock and say so: clock.synchronised: yes (docs/clock.md).",
  },
  "store.closed": {
    blame: "store",
    text: "{what} is closed",
    hint: "The gateway is stopping; ask again when it runs.",
  },
  "store.folder": {
    blame: "store",
    text: "the data folder {folder} cannot be used: {reason}",
    hint: "Be the user that the gateway runs as, or name a folder that this user may write with --data.",
  },
  "store.owned": {
    blame: "store",
    text: "another gateway runs on the data folder {folder}",
    hint: "Stop it first, or give this one its own folder with --data.",
  },
  "store.newer": {
    blame: "store",
    text: "the data folder {folder} has version {found}, this program knows versions up to {known}",
    hint: "Run the newer program again, or restore a backup made with this one.",
  },
  "store.migration": {
    blame: "store",
    text: "no step leads the data folder {folder} from version {found} to {known}",
    hint: "Upgrade through the releases in between.",
  },
  "store.redis": {
    blame: "store",
    text: "Redis at {url} does not answer: {reason}",
    hint: "Check that Redis runs and that the configured URL reaches it.",
  },
  "gateway.waits": {
    blame: "store",
    text: "the gateway is starting, and waits for {what}: {reason}",
    hint: "It goes on by itself as soon as that is there; ask again then.",
  },
  "store.away": {
    blame: "store",
    text: "{what} cannot be reached for {seconds} s: {reason}",
    hint: "Nothing is lost; it goes on by itself once it is back. Check that Redis runs and that store.redis reaches it.",
  },
  "store.lost": {
    blame: "store",
    text: "Redis at {url} lost data: it holds facts up to {last}, and {acknowledged} were acknowledged",
    hint: "Nothing was written. Put Redis back from its copy, or go on with what it has under a new epoch: docs/redis.md, When Redis lost data.",
  },
  "store.other-site": {
    blame: "store",
    text: "Redis at {url} no longer holds the site {site} in epoch {epoch}: it was emptied, exchanged, or put back from a copy",
    hint: "Start again, to go on with what it holds; docs/redis.md, When Redis lost data.",
  },
  "store.claimed": {
    blame: "store",
    text: "another {role} of the site {site} runs: {holder}",
    hint: "Stop it first. One that was killed is taken over by itself some seconds later.",
  },
  "store.fenced": {
    blame: "store",
    text: "another process took over what this one did in Redis at {url}",
    hint: "This one was cut off, or stood still, for too long; it may be started again as soon as the other one stops.",
  },
  "store.sites": {
    blame: "usage",
    text: "the Redis at {url} holds no site {site} (there: {sites})",
    hint: "Say with store.site which one it is; a 'sidgate gateway' makes one that is not there yet.",
  },
  "store.redis-needed": {
    blame: "usage",
    text: "`sidgate {program}` needs store.redis: it runs beside another process, over a Redis that both reach",
    hint: "Set store.redis, or use `sidgate run`, which is everything in one process.",
  },
  "store.in-redis": {
    blame: "usage",
    text: "the site of the data folder {folder} is in a Redis, and store.redis names none",
    hint: "Set store.redis, and store.site, as they were when it was restored or ran last; for a site of its own take another folder.",
  },
  "store.bug": {
    blame: "bug",
    text: "the store part met a state that cannot be: {what}",
    hint: "Please report this with the log lines around it.",
  },
} as const;
