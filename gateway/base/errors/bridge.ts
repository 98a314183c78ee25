/** Errors of the MQTT bridge: its configuration, its broker, its outbox. */
export const BRIDGE_ERRORS = {
  "mqtt.topic": {
    blame: "usage",
    text: "'{value}' cannot be the {part} of an MQTT topic",
    hint: "Use 3 to 64 of a-z, 0-9 and '-'; a whole topic has at most 256 bytes.",
  },
  "mqtt.alias": {
    blame: "usage",
    text: "mqtt.alias '{template}' {what}",
    hint: "docs/mqtt.md, Alias, lists the placeholders and has examples.",
  },
  "mqtt.url": {
    blame: "usage",
    text: "'{url}' is not the address of an MQTT broker",
    hint: "Set mqtt.url to mqtts://HOST:8883, or to mqtt://HOST:1883 for a line that needs no encryption.",
  },
  "mqtt.tls-file": {
    blame: "usage",
    text: "cannot read {path} for the TLS line to the MQTT broker: {reason}",
    hint: "Set mqtt.tls.ca, mqtt.tls.cert and mqtt.tls.key to PEM files that the gateway may read.",
  },
  "mqtt.unreachable": {
    blame: "store",
    text: "the MQTT broker at {url} does not answer: {reason}",
    hint: "Check mqtt.url, also whether its port speaks TLS (mqtts://) or not (mqtt://), and the network; the bridge keeps everything and tries again by itself.",
  },
  "mqtt.tls": {
    blame: "store",
    text: "no TLS line to the MQTT broker at {url} comes about: {reason}",
    hint: "Check mqtt.tls.ca, .cert and .key, that mqtt.url names the broker as its certificate does, and that no certificate of either side has expired; the bridge tries again by itself.",
  },
  "mqtt.port": {
    blame: "store",
    text: "no TLS line to the MQTT broker at {url} comes about, as if its port spoke no TLS: {reason}",
    hint: "Does this port speak TLS? mqtts:// is for one that does (8883 as a rule), mqtt:// for one that does not (1883).",
  },
  "mqtt.subscribe-refused": {
    blame: "store",
    text: "the MQTT broker at {url} does not let us listen for commands: {reason}",
    hint: "Allow this site 'readwrite sidgate/1/SITE/#'; until then commands do not come in by MQTT.",
  },
  "mqtt.sweep-refused": {
    blame: "store",
    text: "the MQTT broker at {url} does not show us what lies at {filter}: {reason}",
    hint: "Allow this site to read what it writes (docs/mqtt.md, The broker), and let a client have as many messages wait as the site has topics; until then topics of a history before a backup may lie there.",
  },
  "mqtt.protocol": {
    blame: "store",
    text: "the MQTT broker at {url} refuses MQTT version {protocol}",
    hint: "The bridge takes MQTT 5 and 3.1.1 in turns; a broker must know one of them, and a port with TLS needs mqtts:// in mqtt.url.",
  },
  "mqtt.denied": {
    blame: "store",
    text: "the MQTT broker at {url} denies access: {reason}",
    hint: "Check mqtt.username (by default the site's id, which the status page shows) and mqtt.password, and that the user may write below sidgate/1/SITE/.",
  },
  "mqtt.refused": {
    blame: "store",
    text: "the MQTT broker refused a message on {topic}: {reason}",
    hint: "Allow this site 'readwrite sidgate/1/SITE/#' and packets of at least 64 KiB.",
  },
  "mqtt.refused-elsewhere": {
    blame: "store",
    text: "the MQTT broker refused a message on {topic}: {reason}",
    hint: "A topic outside of sidgate/1/ needs a line of its own in the access list, such as 'readwrite {level}/#' for this site: docs/mqtt.md, Views, has them; answers elsewhere are those of mqtt.reply-prefixes.",
  },
  "mqtt.cut-short": {
    blame: "store",
    text: "the MQTT broker at {url} ended the connection soon after it was made: {reason}",
    hint: "Its log says why: a topic that this site may not write (docs/mqtt.md, The broker and Views), or somebody else with the same client id. The bridge tries again by itself, later and later, and says it again when a connection has lasted.",
  },
  "mqtt.sparkplug-cut-short": {
    blame: "store",
    text: "the MQTT broker at {url} ended the connection of the Sparkplug view soon after it was made: {reason}",
    hint: "Its access list may lack a line: allow this site 'pattern readwrite spBv1.0/+/+/%u/#' (docs/mqtt.md, Views). The view tries again by itself, later and later, and says it again when a connection has lasted.",
  },
  "mqtt.too-large": {
    blame: "store",
    text: "message {seq} for {topic} has {bytes} bytes, and is larger than the MQTT broker takes",
    hint: "Let the broker take packets of at least 64 KiB; then the command replay brings events and pushes, and the id of a command its answer.",
  },
  "bridge.bug": {
    blame: "bug",
    text: "the bridge part met a state that cannot be: {what}",
    hint: "Please report this with the log lines around it.",
  },
} as const;
