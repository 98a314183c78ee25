/** Errors of the command line and the configuration. */
export const CONFIG_ERRORS = {
  "config.invalid": {
    blame: "usage",
    text: "the configuration has {count} error(s)",
    hint: "Each is printed above as file:line:column; 'sidgate config check' repeats them.",
  },
  "config.unreadable": {
    blame: "usage",
    text: "cannot read {path}: {reason}",
    hint: "Give the path of an existing YAML file with --config.",
  },
  "push.subscription": {
    blame: "usage",
    text: "the subscription cannot be read at character {position}: {what}",
    hint: "docs/mqtt.md, Push, shows what can stand there.",
  },
  "port.taken": {
    blame: "usage",
    text: "{what} cannot listen on {address}: the port is taken",
    hint: "Stop the other program, or set {key} in the configuration.",
  },
  "port.refused": {
    blame: "usage",
    text: "{what} cannot listen on {address}: {reason}",
    hint: "Set {key} to an address and port that this machine has.",
  },
  "cli.usage": {
    blame: "usage",
    text: "{what}",
    hint: "See 'sidgate --help'.",
  },
  "cli.no-gateway": {
    blame: "usage",
    text: "no gateway answers at {socket}",
    hint: "Start one with 'sidgate run', or name its folder with --data.",
  },
  "cli.not-permitted": {
    blame: "usage",
    text: "you may not speak to the gateway at {socket}",
    hint: "Only the user who started it may: be that user, e.g. with sudo -u sidgate, or name another folder with --data.",
  },
  "cli.gateway-lost": {
    blame: "usage",
    text: "the gateway went away in the middle of the request: {reason}",
    hint: "Look at its log, then ask again: a repeated command does no harm.",
  },
  "cli.file": {
    blame: "usage",
    text: "cannot read {path}: {reason}",
    hint: "Give the path of an existing file.",
  },
  "cli.too-large": {
    blame: "usage",
    text: "{path} holds more than {limit} bytes",
    hint: "Give it in parts.",
  },
  "cli.not-text": {
    blame: "usage",
    text: "{path} is not text in UTF-8",
    hint: "JSON, YANG and .sid files are; CBOR is read by 'sidgate yang decode' and 'sidgate yang validate'.",
  },
  "cli.json": {
    blame: "usage",
    text: "{path}:{line}:{column}: {what}",
    hint: "Write JSON as RFC 7951 has it, with each name once in an object.",
  },
  "cli.file-exists": {
    blame: "usage",
    text: "{path} is there already",
    hint: "Name another file, or replace it with --force.",
  },
  "cli.file-write": {
    blame: "usage",
    text: "cannot write {path}: {reason}",
    hint: "Give a path where you may make a file.",
  },
  "cli.credentials": {
    blame: "usage",
    text: "{path} holds no credentials that can be used: {reason}",
    hint: "'sidgate node credentials NODE --out {path}', or the same with manager, writes such a file.",
  },
  "admin.read-only": {
    blame: "usage",
    text: "commands are not taken over the network yet, since nobody can log in",
    hint: "Use 'sidgate' on the gateway itself; it talks through the data folder's socket.",
  },
  "admin.watchers": {
    blame: "usage",
    text: "{count} others watch the messages of the cloud link already",
    hint: "Close one of their pages, or watch at the broker with mosquitto_sub.",
  },
  "admin.host": {
    blame: "usage",
    text: "this address does not answer to the name {host}",
    hint: "Open the page by the address of admin.listen, e.g. http://127.0.0.1:8080.",
  },
  "admin.cut-off": {
    blame: "usage",
    text: "the bytes ended before the length that was announced, or their sender went away",
    hint: "Nothing of them was kept. Send them again.",
  },
  "admin.request": {
    blame: "usage",
    text: "the request cannot be understood: {what}",
    hint: "See docs/cli.md for the commands and their arguments.",
  },
  "admin.unknown-route": {
    blame: "usage",
    text: "there is nothing at {path}",
    hint: "The page is at /, the data is below /api.",
  },
  "admin.bug": {
    blame: "bug",
    text: "the request met a fault of the gateway",
    hint: "Please report this with the log lines around it.",
  },
} as const;
