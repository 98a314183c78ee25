/** Errors of commands, whichever face they come through; those of MQTT have an error-tag of RFC 8040 §7 (cloud-bridge/mqtt/commands). */
export const COMMAND_ERRORS = {
  "command.unknown": {
    blame: "usage",
    text: "there is no command '{op}'",
    hint: "docs/mqtt.md, Commands, lists those over MQTT, docs/cli.md those of the command line.",
  },
  "command.level": {
    blame: "usage",
    text: "'{op}' is a command to {whom}: its topic ends in {start}/{op}",
    hint: "docs/mqtt.md, Commands, says to whom each is given.",
  },
  "command.argument": {
    blame: "usage",
    text: "command {op}: {what}",
    hint: "docs/cli.md, and docs/mqtt.md over MQTT, list every command with its arguments.",
  },
  "command.repeated": {
    blame: "usage",
    text: "the command id {id} was used for another command, or with other arguments",
    hint: "Give each command an id of its own; the answer of a former one comes again for the same command alone.",
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
  "command.rejected": {
    blame: "wire",
    text: "the node {node} will not have {path}: {reason}",
    hint: "What it has instead stands in its data; node-authors.md says what the reasons mean.",
  },
  "command.superseded": {
    blame: "usage",
    text: "a later edit of the node {node} took the place of revision {revision}",
    hint: "Who made it stands in the event edit.state and in `sidgate node show`.",
  },
  "command.device-replaced": {
    blame: "usage",
    text: "another device has the place of {node} since the edit was made",
    hint: "It gets the configuration as it was meant to be, this edit included; read the node to see what it has.",
  },
  "command.modules-changed": {
    blame: "usage",
    text: "the node {node} has other modules by now, and the edit does not fit them",
    hint: "What does not fit goes out no more: look at the node's module set, and give it anew.",
  },
  "command.update-ended": {
    blame: "usage",
    text: "the update of {node} in campaign {campaign} ended as {phase}: {reason}",
    hint: "sidgate campaign why {campaign} {node} says more.",
  },
  "command.node-gone": {
    blame: "usage",
    text: "the node {node} was removed while the command waited for it",
    hint: "Nothing of the command goes out any more.",
  },
  "command.image-gone": {
    blame: "usage",
    text: "the image {digest} was removed before its bytes were here",
    hint: "Add it again if it is still wanted.",
  },
  "answer.too-large": {
    blame: "store",
    text: "the command was answered '{status}' in {bytes} bytes, which is more than the MQTT broker takes",
    hint: "Ask for a part of it, or let the broker take packets of at least 64 KiB and give the same id again.",
  },
  "command.crowded": {
    blame: "store",
    text: "{count} commands are open already",
    hint: "Wait until some have ended; a deadline that is near keeps the queue short.",
  },
} as const;
