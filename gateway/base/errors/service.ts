/** Errors of the services: what the gateway knows and decides. */
export const SERVICE_ERRORS = {
  "node.unknown": {
    blame: "usage",
    text: "no node '{node}' is in the inventory",
    hint: "Add it with 'sidgate node add {node}'.",
  },
  "node.exists": {
    blame: "usage",
    text: "a node with the endpoint '{endpoint}' is in the inventory already",
    hint: "Endpoint names are unique; 'sidgate node list' shows them.",
  },
  "node.id": {
    blame: "usage",
    text: "'{node}' cannot be a node id",
    hint: "Use 3 to 64 of a-z, 0-9 and '-'.",
  },
  "node.unidentified": {
    blame: "trust",
    text: "the request does not say which node it comes from",
    hint: "In lab mode a node names its endpoint with the query ep=NAME; otherwise it needs credentials.",
  },
  "checkin.stale": {
    blame: "usage",
    text: "report {report} is older than the last one, {last}",
    hint: "Count reports upwards; start a new series with 0.",
  },
  "checkin.reply-size": {
    blame: "usage",
    text: "a reply of {size} bytes is too small for what must be said",
    hint: "Declare a max-reply of at least 64.",
  },
  "image.empty": {
    blame: "usage",
    text: "{name} is empty",
    hint: "Give the file of a firmware image.",
  },
  "image.too-large": {
    blame: "usage",
    text: "{name} is larger than {limit} bytes",
    hint: "Raise images.max-bytes if nodes of this site really take such an image.",
  },
  "image.digest": {
    blame: "trust",
    text: "the digest of {name} is {actual}, not {expected} as announced",
    hint: "The file was damaged or exchanged on its way; fetch it again.",
  },
  "image.short-id": {
    blame: "usage",
    text: "another image has the short id {id} already",
    hint: "Build the image again with another version string; its digest, and so its id, will differ.",
  },
  "image.exists": {
    blame: "usage",
    text: "this image is stored already as {model} {version}",
    hint: "'sidgate image list' shows it.",
  },
  "image.unknown": {
    blame: "usage",
    text: "no image '{image}' is stored",
    hint: "'sidgate image list' shows the images; add one with 'sidgate image add'.",
  },
  "image.unsigned": {
    blame: "trust",
    text: "{name} carries no signature that this gateway trusts",
    hint: "Only lab mode takes unsigned images: set trust.mode to lab to try things out.",
  },
  "campaign.unknown": {
    blame: "usage",
    text: "there is no campaign '{campaign}'",
    hint: "'sidgate campaign show' lists them.",
  },
  "campaign.no-targets": {
    blame: "usage",
    text: "no node is selected: {reasons}",
    hint: "Check the model of the image and of the nodes with 'sidgate node list'.",
  },
  "campaign.state": {
    blame: "usage",
    text: "campaign {campaign} is {state} and cannot {verb}",
    hint: "'sidgate campaign show {campaign}' tells where it stands.",
  },
  "campaign.busy": {
    blame: "usage",
    text: "{count} of the nodes are in campaign {campaign} already",
    hint: "Wait for it to end, or abort it first.",
  },
  "command.unknown": {
    blame: "usage",
    text: "there is no command '{op}'",
    hint: "See docs/cli.md.",
  },
  "command.argument": {
    blame: "usage",
    text: "command {op}: {what}",
    hint: "See 'sidgate {op} --help' or docs/cli.md.",
  },
  "command.repeated": {
    blame: "usage",
    text: "the command id {id} was used for another command",
    hint: "Give each command an id of its own.",
  },
  "service.bug": {
    blame: "bug",
    text: "a service met a state that cannot be: {what}",
    hint: "Please report this with the log lines around it.",
  },
} as const;
