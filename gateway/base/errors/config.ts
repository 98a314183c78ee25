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
    text: "no gateway runs on the data folder {data}",
    hint: "Start one with 'sidgate run', or name its folder with --data.",
  },
} as const;
