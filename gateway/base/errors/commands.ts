/** Errors of commands, whichever face they come through; those of MQTT have an error-tag of RFC 8040 §7 (cloud-bridge/mqtt/commands). */
export const COMMAND_ERRORS = {
  "command.unknown": {
    blame: "usage",
    text: "there is no command '{op}'",
    hint: "See docs/cli.md.",
  },
  "command.argument": {
    blame: "usage",
    text: "command {op}: {what}",
    hint: "docs/cli.md lists every command with its arguments.",
  },
  "command.repeated": {
    blame: "usage",
    text: "the command id {id} was used for another command",
    hint: "Give each command an id of its own.",
  },
  "command.retained": {
    blame: "usage",
    text: "a retained command on {topic} is not carried out",
    hint: "Publish commands without the retain flag, and clear the topic with an empty retained message.",
  },
  "command.malformed": {
    blame: "usage",
    text: "the command on {topic} cannot be read: {what}",
    hint: "Its payload is one JSON object; docs/mqtt.md, Commands, says its members.",
  },
  "command.too-large": {
    blame: "usage",
    text: "the command on {topic} has {bytes} bytes, and at most {max} are taken",
    hint: "Send large configurations in parts; images come by URL.",
  },
  "command.missing": {
    blame: "usage",
    text: "the command {op} needs the member '{member}'",
    hint: "docs/mqtt.md, Commands, says which members are needed.",
  },
  "command.late": {
    blame: "usage",
    text: "the deadline {deadline} of the command {op} has passed",
    hint: "Check the clock of who gives it; a node needs its wake interval and more.",
  },
  "command.stale": {
    blame: "usage",
    text: "{what} has version {version}, and the command expects {expected}",
    hint: "Read it again, and decide by what it is now.",
  },
  "command.forbidden": {
    blame: "trust",
    text: "{client} may not {op}",
    hint: "mqtt.rights says who may what.",
  },
  "command.identity": {
    blame: "trust",
    text: "the command on {topic} does not show whose it is",
    hint: "This gateway takes commands below sidgate/1/SITE/by/CLIENT/ only (mqtt.identity).",
  },
  "command.reply-topic": {
    blame: "trust",
    text: "no answer is told on {topic}",
    hint: "Answers go below sidgate/1/SITE/rsp/ and the prefixes of mqtt.reply-prefixes, without wildcards.",
  },
  "command.interrupted": {
    blame: "store",
    text: "the gateway was restarted while {op} ran, and nobody knows what became of it",
    hint: "Look how it stands, and give the command again under a new id.",
  },
  "command.not-kept": {
    blame: "store",
    text: "messages from {from} of epoch {epoch} are not kept any more",
    hint: "Ask from oldest-seq of the answer on; how long they are kept is mqtt.replay-days and mqtt.outbox-bytes.",
  },
  "command.cut-off": {
    blame: "store",
    text: "the line to the broker was lost while {op} ran",
    hint: "Give the command again.",
  },
  "command.crowded": {
    blame: "store",
    text: "{count} commands are open already",
    hint: "Wait until some have ended; a deadline that is near keeps the queue short.",
  },
} as const;
